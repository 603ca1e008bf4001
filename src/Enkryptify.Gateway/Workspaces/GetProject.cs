using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>GET /v1/workspace/{ws}/project/{prj}.</summary>
internal sealed class GetProject(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/project/{prj}", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => Reply.Of(
        await structure.Project(call.Caller, call.Segment("ws"), call.Segment("prj"), "project"),
        seen => Reply.Ok(
            new ProjectDetailBody(
                seen.Project.Id, seen.Project.Name, seen.Project.Slug,
                [.. seen.View.EnvironmentsOf(seen.Project).Select(environment => new EnvironmentNameBody(environment.Id, environment.Name))]),
            WorkspaceJson.Default.ProjectDetailBody));
}

internal sealed record ProjectDetailBody(Guid Id, string Name, string Slug, IReadOnlyList<EnvironmentNameBody> Environments);

internal sealed record EnvironmentNameBody(Guid Id, string Name);
