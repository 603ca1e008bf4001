using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>GET /v1/workspace/{ws}/team: counts count only what the caller sees.</summary>
internal sealed class ListTeams(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/team", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => Reply.Of(
        await structure.View(call.Caller, call.Segment("ws"), "team"),
        view => Reply.Ok([.. view.Teams.Select(team => TeamBody.Of(team, view.ProjectsOf(team).Count()))], WorkspaceJson.Default.IReadOnlyListTeamBody));
}

internal sealed record TeamBody(Guid Id, string Name, int ProjectCount, DateTime CreatedAt)
{
    public static TeamBody Of(Team team, int projects) => new(team.Id, team.Name, projects, team.CreatedAt.UtcDateTime);
}
