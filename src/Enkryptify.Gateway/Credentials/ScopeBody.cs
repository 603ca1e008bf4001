using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Credentials;

/// <summary>Reads a scope from a request, and judges it against the workspace and the one who lends it.</summary>
internal static class ScopeBody
{
    public static Scope Read(JsonFields body, string name = "scope")
    {
        var fields = body.Object(name);
        if (body.Problem is not null)
        {
            return Scope.Nothing;
        }

        var all = fields.Truth("all", absent: false);
        var (teams, projects, environments) = (Ids("teams"), Ids("projects"), Ids("environments"));
        var count = teams.Count + projects.Count + environments.Count;
        if (!all && count == 0)
        {
            body.Complain(fields.Name("all"), "must be true, or at least one of teams, projects, environments must be given");
        }
        else if (count > Scope.MaxIds)
        {
            body.Complain(body.Name(name), $"must contain at most {Scope.MaxIds} ids");
        }

        return all ? Scope.Everything : Scope.Of(teams, projects, environments);

        IReadOnlyList<Guid> Ids(string list) => fields.IdList(list, Scope.MaxIds, optional: true);
    }

    public static Permission ReadPermission(JsonFields body)
    {
        var text = body.Text("permission");
        if (AccessNames.ParsePermission(text) is { } permission)
        {
            return permission;
        }

        body.Complain("permission", "must be read or read-write");
        return Permission.Read;
    }

    /// <summary>
    /// Null when the lender may lend this. Someone with the whole workspace in view learns which id does not exist (400); someone with less
    /// gets the same 403 for an id that does not exist and one they do not see.
    /// </summary>
    public static Refusal? Judge(WorkspaceView lender, Permission permission, Scope scope)
    {
        if (Ceiling.Lacking(lender.Right, permission, scope, lender.Tree.PlaceOf) is { } lacking)
        {
            return Refusal.Forbidden(lacking);
        }

        return Unknown(lender.Tree, scope.Teams, ScopeLevel.Team, "teams")
            ?? Unknown(lender.Tree, scope.Projects, ScopeLevel.Project, "projects")
            ?? Unknown(lender.Tree, scope.Environments, ScopeLevel.Environment, "environments");
    }

    private static Refusal? Unknown(WorkspaceTree tree, IReadOnlyList<Guid> ids, ScopeLevel level, string kind)
    {
        for (var i = 0; i < ids.Count; i++)
        {
            if (tree.PlaceOf(level, ids[i]) is null)
            {
                return Refusal.Invalid($"scope.{kind}[{i}]", $"no such {level.ToString().ToLowerInvariant()} in this workspace");
            }
        }

        return null;
    }
}
