using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>Reads workspace trees from the database: all at start, one after a change, on the connection that made the change.</summary>
internal static class TreeLoader
{
    public static IEnumerable<WorkspaceTree> LoadAll(Sql sql) =>
        sql.Query("SELECT id FROM workspace", row => row.Id(0)).Select(id => Load(sql, id)!);

    public static WorkspaceTree? Load(Sql sql, Guid id)
    {
        var workspace = sql.First(
            "SELECT id, slug, name, owner_id, created_at FROM workspace WHERE id = ?1",
            row => new Workspace(row.Id(0), row.GetString(1), row.GetString(2), row.Id(3), row.Time(4)),
            id);
        if (workspace is null)
        {
            return null;
        }

        var environments = sql.Query(
            """
            SELECT e.id, p.team_id, e.project_id, e.name, e.has_personal_overrides, e.created_at
            FROM environment e JOIN project p ON p.id = e.project_id WHERE p.workspace_id = ?1 ORDER BY e.created_at, e.id
            """,
            row => new Env(row.Id(0), row.Id(1), row.Id(2), row.GetString(3), row.Truth(4), row.Time(5)),
            id).ToLookup(environment => environment.ProjectId);
        var projects = sql.Query(
            "SELECT id, team_id, slug, name, created_at, updated_at FROM project WHERE workspace_id = ?1 ORDER BY created_at, id",
            row => new Project(row.Id(0), row.Id(1), row.GetString(2), row.GetString(3), row.Time(4), row.Time(5), [.. environments[row.Id(0)]]),
            id).ToLookup(project => project.TeamId);
        var teams = sql.Query(
            "SELECT id, name, created_at FROM team WHERE workspace_id = ?1 ORDER BY created_at, id",
            row => new Team(row.Id(0), row.GetString(1), row.Time(2), [.. projects[row.Id(0)]]),
            id);
        var members = sql.Query(
            "SELECT id, user_id, role, scope FROM member WHERE workspace_id = ?1",
            row => new Member(row.Id(0), row.Id(1), AccessNames.ParseRole(row.GetString(2))!.Value, Scope.FromJson(row.GetString(3))),
            id);
        return new WorkspaceTree(workspace, teams, members);
    }
}
