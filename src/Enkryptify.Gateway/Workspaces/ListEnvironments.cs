using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>GET /v1/workspace/{ws}/project/{prj}/environment: those the caller sees.</summary>
internal sealed class ListEnvironments(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/project/{prj}/environment", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => Reply.Of(
        await structure.Project(call.Caller, call.Segment("ws"), call.Segment("prj"), "environment"),
        seen => Reply.Ok([.. seen.View.EnvironmentsOf(seen.Project).Select(EnvironmentBody.Of)], WorkspaceJson.Default.IReadOnlyListEnvironmentBody));
}

internal sealed record EnvironmentBody(Guid Id, string Name, bool HasPersonalOverrides)
{
    public static EnvironmentBody Of(Env environment) => new(environment.Id, environment.Name, environment.HasPersonalOverrides);
}
