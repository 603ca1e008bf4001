using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>GET /v1/workspace/{ws}/project: an array of teams, each with its projects (contract section 5).</summary>
internal sealed class ListProjects(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/project", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => Reply.Of(
        await structure.View(call.Caller, call.Segment("ws"), "project"),
        view => Reply.Ok(
            [.. view.Teams.Select(team => new TeamProjectsBody(team.Id, team.Name, [.. view.ProjectsOf(team).Select(ProjectBody.Of)]))],
            WorkspaceJson.Default.IReadOnlyListTeamProjectsBody));
}

internal sealed record TeamProjectsBody(Guid Id, string Name, IReadOnlyList<ProjectBody> Projects);

internal sealed record ProjectBody(Guid Id, string Name, string Slug, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static ProjectBody Of(Project project) =>
        new(project.Id, project.Name, project.Slug, project.CreatedAt.UtcDateTime, project.UpdatedAt.UtcDateTime);
}
