using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>A scope as words, and as a tree to choose from.</summary>
internal static partial class Parts
{
    /// <summary>How many places are named before the rest is a number; all that can be named are in the title.</summary>
    private const int PlacesNamed = 2;

    /// <summary>A scope in the words of whoever looks: <c>Team red, shop / dev and 3 more</c>. What they do not see, or what is gone, is only counted.</summary>
    public static Markup ScopeWords(Scope scope, WorkspaceView viewer)
    {
        if (scope.All)
        {
            return Markup.Of($"Full workspace");
        }

        List<string> places =
        [
            .. scope.Teams.Select(viewer.Team).OfType<Team>().Select(team => $"Team {team.Name}"),
            .. scope.Projects.Select(id => viewer.Tree.Project(id)).OfType<Project>().Where(viewer.Sees).Select(project => $"Project {project.Name}"),
            .. scope.Environments.Select(id => viewer.Tree.Environment(id)).OfType<Env>().Where(viewer.Sees)
                .Select(environment => $"{viewer.Tree.Project(environment.ProjectId)!.Name} / {environment.Name}"),
        ];
        var others = scope.Teams.Count + scope.Projects.Count + scope.Environments.Count - places.Count;
        if (others > 0)
        {
            places.Add(others == 1 ? "1 other place" : $"{others} other places");
        }

        if (places.Count == 0)
        {
            return Markup.Of($"""<span class="sub">Nothing</span>""");
        }

        var named = Markup.Join(places.Take(PlacesNamed).Select(place => Markup.Of($"<bdi>{place}</bdi>")), ", ");
        var rest = places.Count > PlacesNamed ? Markup.Of($" <span class=\"sub\">and {places.Count - PlacesNamed} more</span>") : Markup.None;
        return Markup.Of($"""<span class="trim" title="{string.Join("\n", places)}">{named}{rest}</span>""");
    }

    public static string RoleWords(Role role) => role switch
    {
        Role.Admin => "Admin",
        Role.Developer => "Developer",
        _ => "Member",
    };

    /// <summary>
    /// Whole workspace or a tree of teams, projects and environments. Without script these are plain boxes, and the server takes their union; with script a
    /// box includes what lies beneath.
    /// </summary>
    public static Markup ScopeTree(FormFields form, WorkspaceView lender, string legend = "What it may reach")
    {
        var whole = lender.Right.MemberScope.All;
        var all = whole && form["access"] != "chosen";
        return Markup.Of(
            $"""
            <fieldset class="choices" id="f-scope" tabindex="-1"{Markup.Attribute("aria-describedby", form.ProblemOf(ScopeForm.Field) is null ? null : "e-scope")}><legend>{legend}</legend>
            {(whole ? Choice("all", "Full workspace access", "Everything that is there now, and whatever is made later.", all) : Markup.None)}
            {(whole ? Choice("chosen", "Chosen places", "A team or project includes what is made in it later.", !all) : Markup.Of($"<input type=\"hidden\" name=\"access\" value=\"chosen\">"))}
            <div class="tree" data-scope><ul>{Markup.Join(lender.Teams.Select(team => TeamItem(form, lender, team)))}</ul></div>
            {Complaint(form, ScopeForm.Field)}</fieldset>
            """);
    }

    private static Markup Choice(string value, string label, string hint, bool isChosen) => Markup.Of(
        $"""<label class="choice"><input type="radio" name="access" value="{value}"{Markup.Flag("checked", isChosen)}><span><b>{label}</b><small>{hint}</small></span></label>""");

    private static Markup TeamItem(FormFields form, WorkspaceView lender, Team team) => Markup.Of(
        $"""<li>{Box(form, "team", team.Id, team.Name, "team", ScopeForm.MayLend(lender, team.Place))}<ul>{Markup.Join(lender.ProjectsOf(team).Select(project => Markup.Of(
            $"<li>{Box(form, "project", project.Id, project.Name, "project", ScopeForm.MayLend(lender, project.Place))}<ul>{Markup.Join(lender.EnvironmentsOf(project).Select(environment => Markup.Of(
                $"<li>{Box(form, "environment", environment.Id, environment.Name, "environment", true)}</li>")))}</ul></li>")))}</ul></li>""");

    private static Markup Box(FormFields form, string name, Guid id, string label, string kind, bool lent) => lent
        ? Markup.Of($"""<label class="choice"><input type="checkbox" name="{name}" value="{id}"{Markup.Flag("checked", form.Holds(name, id.ToString("D")))}>{Name(label)}<small>{kind}</small></label>""")
        : Markup.Of($"""<span class="choice">{Name(label)}<small>{kind}</small></span>""");
}
