using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>Making, renaming and deleting a team.</summary>
internal sealed class TeamPages(Shells shells, StructureStore structure, StructureEdits edits, Vault vault)
{
    private const string New = "/w/{ws}/teams/new";
    private const string Edit = "/w/{ws}/teams/{team}/edit";
    private const string Delete = "/w/{ws}/teams/{team}/delete";

    public void Map(RouteTable routes)
    {
        routes.Get(New, RouteAccess.Page, call => ShowNew(call, FormFields.Empty(), 200));
        routes.Post(New, RouteAccess.Page, Create);
        routes.Get(Edit, RouteAccess.Page, call => ShowEdit(call, null, 200));
        routes.Post(Edit, RouteAccess.Page, Rename);
        routes.Get(Delete, RouteAccess.Page, call => Removing(call, (removal, shell, counts) => ValueTask.FromResult(removal.Ask(shell, counts))));
        routes.Post(Delete, RouteAccess.Page, call => Removing(call, (removal, shell, counts) => removal.Do(
            shell, call.Form, counts, force => edits.DeleteTeam(call.Person, call.Segment("ws"), call.Segment("team"), force))));
    }

    private async ValueTask<Reply> ShowNew(Call call, FormFields form, int status)
    {
        if ((await shells.InWorkspace(call, "New team", Section.Projects)).Refused(out var refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        return !shell.Workspace!.Right.May(Act.ManageStructure, Place.Workspace) ? Reply.Refused(Lookup.NotAllowed)
            : new StructureForm("New team", [("Projects", shell.Path("projects"))], Fields(form), "Create team", shell.Path("projects"))
            {
                Form = form, Lead = "A team holds projects. People and credentials can be given a whole team.",
            }.Shown(shell, status);
    }

    private async ValueTask<Reply> Create(Call call)
    {
        var (form, name) = (call.Form, call.Form.Line("name"));
        form.Complain("name", Names.Problem(name));
        if (form.HasProblems)
        {
            return await ShowNew(call, form, 400);
        }

        if ((await structure.CreateTeam(call.Person, call.Segment("ws"), name)).Refused(out var refusal, out _))
        {
            return await Again(refusal, form, status => ShowNew(call, form, status));
        }

        call.Visit.Tell($"Created the team {name}");
        return new SeeOther($"/w/{call.Segment("ws")}/projects");
    }

    private async ValueTask<Reply> ShowEdit(Call call, FormFields? form, int status)
    {
        if ((await Found(call)).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var (shell, team) = found;
        form ??= FormFields.With(("name", team.Name));
        return new StructureForm("Rename team", [("Projects", shell.Path("projects"))], Fields(form), "Save", shell.Path("projects")) { Form = form }
            .Shown(shell with { Title = $"Rename {team.Name}" }, status);
    }

    private async ValueTask<Reply> Rename(Call call)
    {
        var (form, name) = (call.Form, call.Form.Line("name"));
        form.Complain("name", Names.Problem(name));
        if (form.HasProblems)
        {
            return await ShowEdit(call, form, 400);
        }

        if ((await edits.ChangeTeam(call.Person, call.Segment("ws"), call.Segment("team"), name)).Refused(out var refusal, out _))
        {
            return await Again(refusal, form, status => ShowEdit(call, form, status));
        }

        call.Visit.Tell($"Renamed the team to {name}");
        return new SeeOther($"/w/{call.Segment("ws")}/projects");
    }

    private async ValueTask<Reply> Removing(Call call, Func<Removal, Shell, IReadOnlyDictionary<Guid, int>, ValueTask<Reply>> then)
    {
        if ((await Found(call)).Refused(out var refusal, out var found)
            || (await vault.Counts(call.Person, call.Segment("ws"))).Refused(out refusal, out var counts))
        {
            return Reply.Refused(refusal);
        }

        var (shell, team) = found;
        return await then(
            new Removal(
                "team", team.Name, [.. team.Projects.SelectMany(project => project.Environments)], shell.Path($"teams/{team.Id:D}/delete"), shell.Path("projects"), shell.Path("projects")),
            shell, counts);
    }

    /// <summary>The team of the path, for who may change it; out of sight it is missing.</summary>
    private async ValueTask<Outcome<(Shell Shell, Team Team)>> Found(Call call)
    {
        if ((await shells.InWorkspace(call, "Team", Section.Projects)).Refused(out var refusal, out var shell))
        {
            return refusal;
        }

        return !Ids.TryParse(call.Segment("team"), out var id) || shell.Workspace!.Team(id) is not { } team ? Lookup.NoTeam
            : !shell.Workspace.Right.May(Act.ManageStructure, team.Place) ? Lookup.NotAllowed
            : (shell, team);
    }

    private static Markup Fields(FormFields form) => Parts.Input(form, new Field("name", "Name") { MaxLength = 64, Autofocus = true, Autocomplete = "off" });

    private static ValueTask<Reply> Again(Refusal refusal, FormFields form, Func<int, ValueTask<Reply>> show) => StructureForm.Again(refusal, form, show, "name");
}
