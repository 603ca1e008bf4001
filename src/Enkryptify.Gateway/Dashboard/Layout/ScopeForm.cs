using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;
using Microsoft.Extensions.Primitives;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>
/// A scope as a form has it: <c>access</c> is <c>all</c> or <c>chosen</c>, and <c>team</c>, <c>project</c>, <c>environment</c> are the ids of the boxes that were
/// ticked. The tree is <see cref="Parts.ScopeTree"/>. Only what the person may lend is offered; the store judges what is sent all the same.
/// </summary>
internal static class ScopeForm
{
    /// <summary>The name under which complaints are shown; a store's message about <c>scope…</c> arrives there too.</summary>
    public const string Field = "scope";

    /// <summary>What a form begins with that shows this scope.</summary>
    public static IEnumerable<(string Name, StringValues Values)> Of(Scope scope) =>
    [
        ("access", scope.All ? "all" : "chosen"), ("team", Texts(scope.Teams)), ("project", Texts(scope.Projects)), ("environment", Texts(scope.Environments)),
    ];

    /// <summary>
    /// The least scope that says what was ticked: what lies under something ticked is left out. Nothing is ever joined to its parent: a parent also
    /// means what will be made there later. <see cref="Scope.Nothing"/> after a complaint.
    /// </summary>
    public static Scope Read(FormFields form, WorkspaceView lender)
    {
        if (form["access"] == "all")
        {
            return Scope.Everything;
        }

        var (teams, projects, environments) = (Ids(form, "team"), Ids(form, "project"), Ids(form, "environment"));
        var tree = lender.Tree;
        projects.RemoveAll(id => tree.Project(id) is { } project && teams.Contains(project.TeamId));
        environments.RemoveAll(id => tree.Environment(id) is { } environment && (teams.Contains(environment.TeamId) || projects.Contains(environment.ProjectId)));
        var count = teams.Count + projects.Count + environments.Count;
        if (form["access"] is not ("chosen" or ""))
        {
            form.Complain(Field, "Choose what it may reach");
        }
        else if (count == 0)
        {
            form.Complain(Field, "Tick at least one team, project or environment");
        }
        else if (count > Scope.MaxIds)
        {
            form.Complain(Field, $"These are {count} places: at most {Scope.MaxIds} can be listed. Tick the project or team that holds them instead.");
        }

        return form.ProblemOf(Field) is null ? Scope.Of(teams, projects, environments) : Scope.Nothing;
    }

    /// <summary>Whether somebody can lend this place whole.</summary>
    public static bool MayLend(WorkspaceView lender, Place place) => lender.Right.MemberScope.Covers(place);

    private static List<Guid> Ids(FormFields form, string name)
    {
        var ids = new List<Guid>();
        foreach (var text in form.All(name))
        {
            if (Enkryptify.Gateway.Ids.TryParse(text, out var id))
            {
                ids.Add(id);
            }
            else
            {
                form.Complain(Field, "The form holds something that is no id: load the page again");
            }
        }

        return [.. ids.Distinct()];
    }

    private static StringValues Texts(IReadOnlyList<Guid> ids) => ids.Select(id => id.ToString("D")).ToArray();
}
