using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>Making, changing, moving and deleting a project.</summary>
internal sealed class ProjectPages(Shells shells, ProjectPlaces places, StructureStore structure, StructureEdits edits, Vault vault)
{
    private const string New = "/w/{ws}/teams/{team}/projects/new";
    private const string Edit = "/w/{ws}/projects/{prj}/edit";
    private const string Delete = "/w/{ws}/projects/{prj}/delete";

    public void Map(RouteTable routes)
    {
        routes.Get(New, RouteAccess.Page, call => ShowNew(call, FormFields.Empty(), 200));
        routes.Post(New, RouteAccess.Page, Create);
        routes.Get(Edit, RouteAccess.Page, call => ShowEdit(call, null, 200));
        routes.Post(Edit, RouteAccess.Page, Change);
        routes.Get(Delete, RouteAccess.Page, call => Removing(call, (removal, shell, counts) => ValueTask.FromResult(removal.Ask(shell, counts))));
        routes.Post(Delete, RouteAccess.Page, call => Removing(call, (removal, shell, counts) => removal.Do(
            shell, call.Form, counts, force => edits.DeleteProject(call.Person, call.Segment("ws"), call.Segment("prj"), force))));
    }

    private async ValueTask<Reply> ShowNew(Call call, FormFields form, int status)
    {
        if ((await shells.InWorkspace(call, "New project", Section.Projects)).Refused(out var refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        var team = Ids.TryParse(call.Segment("team"), out var id) ? shell.Workspace!.Team(id) : null;
        if (team is null || !shell.Workspace!.Right.May(Act.ManageStructure, team.Place))
        {
            return Reply.Refused(team is null ? Lookup.NoTeam : Lookup.NotAllowed);
        }

        return new StructureForm("New project", [("Projects", shell.Path("projects"))], Fields(form, slugRequired: false), "Create project", shell.Path("projects"))
        {
            Form = form, Lead = $"In the team {team.Name}.",
        }.Shown(shell, status);
    }

    private async ValueTask<Reply> Create(Call call)
    {
        var (form, name, slug) = (call.Form, call.Form.Line("name"), call.Form.Line("slug"));
        form.Complain("name", Names.Problem(name));
        if (slug.Length == 0)
        {
            slug = Slugs.Of(name);
            form.Complain("slug", Names.SlugProblem(slug) is null ? null : "The name gives no slug: choose one");
        }

        form.Complain("slug", Names.SlugProblem(slug));
        if (!Ids.TryParse(call.Segment("team"), out var team))
        {
            return Reply.Refused(Lookup.NoTeam);
        }

        if (form.HasProblems)
        {
            return await ShowNew(call, form, 400);
        }

        if ((await structure.CreateProject(call.Person, call.Segment("ws"), name, slug, team)).Refused(out var refusal, out var made))
        {
            return await StructureForm.Again(refusal, form, status => ShowNew(call, form, status), "name", "slug");
        }

        call.Visit.Tell($"Created the project {name}");
        return new SeeOther($"/w/{call.Segment("ws")}/projects/{made.Slug}");
    }

    private async ValueTask<Reply> ShowEdit(Call call, FormFields? form, int status)
    {
        if ((await places.Managed(call, "Settings")).Refused(out var refusal, out var place))
        {
            return Reply.Refused(refusal);
        }

        var project = place.Project;
        form ??= FormFields.With(("name", project.Name), ("slug", project.Slug), ("team", project.TeamId.ToString("D")));
        var teams = place.View.Teams.Where(team => place.View.Right.May(Act.ManageStructure, team.Place)).ToList();
        var moves = teams.Exists(team => team.Id == project.TeamId) && teams.Count > 1;
        var team = moves
            ? Parts.Select(form, new Field("team", "Team") { Hint = "Who reaches the project through its team follows from this." }, teams.Select(one => (one.Id.ToString("D"), one.Name)))
            : Markup.None;
        return new StructureForm("Settings", place.Crumbs(inside: false), Markup.Join([Fields(form, slugRequired: true), team]), "Save", place.Path())
        {
            Form = form,
            Tabs = place.Head("edit"),
            Below = Markup.Of(
                $"""
                <section class="card form danger" aria-labelledby="delete"><h2 id="delete">Delete this project</h2><p>With its environments and all of their secrets. This cannot be undone.</p><a class="button danger" data-confirm href="{place.Path("delete")}">Delete project</a></section>
                """),
        }.Shown(place.Shell, status);
    }

    private async ValueTask<Reply> Change(Call call)
    {
        var (form, name, slug) = (call.Form, call.Form.Line("name"), call.Form.Line("slug"));
        form.Complain("name", Names.Problem(name));
        form.Complain("slug", Names.SlugProblem(slug));
        Guid? team = null;
        if (form.Has("team"))
        {
            form.Complain("team", Ids.TryParse(form["team"], out var id) ? null : "Choose a team");
            team = id;
        }

        if (form.HasProblems)
        {
            return await ShowEdit(call, form, 400);
        }

        if ((await edits.ChangeProject(call.Person, call.Segment("ws"), call.Segment("prj"), name, slug, team)).Refused(out var refusal, out var changed))
        {
            return await StructureForm.Again(refusal, form, status => ShowEdit(call, form, status), "name", "slug", "team");
        }

        call.Visit.Tell($"Saved the project {name}");
        return new SeeOther($"/w/{call.Segment("ws")}/projects/{changed.Slug}");
    }

    private async ValueTask<Reply> Removing(Call call, Func<Removal, Shell, IReadOnlyDictionary<Guid, int>, ValueTask<Reply>> then)
    {
        if ((await places.Managed(call, "Delete")).Refused(out var refusal, out var place)
            || (await vault.Counts(call.Person, call.Segment("ws"))).Refused(out refusal, out var counts))
        {
            return Reply.Refused(refusal);
        }

        return await then(
            new Removal("project", place.Project.Name, place.Project.Environments, place.Path("delete"), place.Path("edit"), place.Shell.Path("projects")), place.Shell, counts);
    }

    private static Markup Fields(FormFields form, bool slugRequired) => Markup.Join(
    [
        Parts.Input(form, new Field("name", "Name") { MaxLength = 64, Autofocus = true, Autocomplete = "off" }),
        Parts.Input(form, new Field("slug", "Slug")
        {
            MaxLength = 48, Mono = true, Autocomplete = "off", Required = slugRequired,
            Hint = slugRequired
                ? "Stands in the paths of the API and in references to the project’s secrets: what uses the old slug must be changed with it."
                : "Stands in the paths of the API: 2 to 48 of a-z, 0-9 and -. Left empty, it is made of the name.",
        }),
    ]);
}
