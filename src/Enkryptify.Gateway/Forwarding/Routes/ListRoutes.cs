using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>GET /v1/workspace/{ws}/routes: the legacy routes of this workspace. They are made in the configuration file and nowhere else.</summary>
internal sealed class ListRoutes(WorkspaceRoutes routes)
{
    public void Map(RouteTable table) => table.Get("/v1/workspace/{ws}/routes", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) =>
        Reply.Of(await routes.List(call.Caller, call.Segment("ws")), list => Reply.Ok(list, RouteJson.Default.IReadOnlyListRouteBody));
}

/// <param name="Problem">The stable reason why it refuses requests, or null.</param>
internal sealed record RouteBody(
    string Name, IReadOnlyList<string> Hosts, string Path, string Project, string Environment, RouteCredentialBody? Credential, string Users, IReadOnlyList<string> Injects,
    DateTime? ValuesReadAt, string? Problem, string Cluster, IReadOnlyList<DestinationStatus> Destinations)
{
    public static RouteBody Of(RouteStatus route, ClusterStatus cluster) => new(
        route.Name, route.Hosts, route.Path, route.Project, route.Environment,
        route.Credential is { } credential ? new RouteCredentialBody(credential.Id, credential.Name, credential.ExpiresAt?.UtcDateTime) : null,
        route.Users, route.Injects, route.ValuesReadAt?.UtcDateTime, route.Problem, cluster.Name, cluster.Destinations);
}

internal sealed record RouteCredentialBody(Guid Id, string Name, DateTime? ExpiresAt);
