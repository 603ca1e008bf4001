using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// GET /v1/workspace/{ws}/routes: the legacy routes that inject this workspace's secrets, with their upstreams' health, for admins. They are made in the
/// configuration file and nowhere else. An admin of narrower scope sees those of environments in sight.
/// </summary>
internal sealed class ListRoutes(LegacyRoutes routes, Database database, AuditTrail audit)
{
    public void Map(RouteTable table) => table.Get("/v1/workspace/{ws}/routes", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) =>
        Reply.Of(await List(call.Caller, call.Segment("ws")), list => Reply.Ok(list, RouteJson.Default.IReadOnlyListRouteBody));

    private ValueTask<Outcome<IReadOnlyList<RouteBody>>> List(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("route"));
        return audit.Read<IReadOnlyList<RouteBody>>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ManageAllowList, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var status = routes.Status();
            List<RouteBody> listed = [.. status.Routes
                .Where(route => route.WorkspaceId == view.Tree.Id && view.Project(route.Project) is { } project && view.Environment(project, route.Environment) is not null)
                .Select(route => RouteBody.Of(route, status.Clusters.First(cluster => cluster.Name == route.Cluster)))];
            draft.Add("count", listed.Count);
            return listed;
        });
    }
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
