using System.Globalization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>The environments of a project: their list, making, changing and deleting one.</summary>
internal sealed class EnvironmentPages(ProjectPlaces places, StructureStore structure, StructureEdits edits, Vault vault)
{
    private const string All = "/w/{ws}/projects/{prj}/environments";
    private const string New = All + "/new";
    private const string Edit = All + "/{env}/edit";
    private const string Delete = All + "/{env}/delete";

    public void Map(RouteTable routes)
    {
        routes.Get(All, RouteAccess.Page, List);
        routes.Get(New, RouteAccess.Page, call => ShowNew(call, FormFields.Empty(), 200));
        routes.Post(New, RouteAccess.Page, Create);
        routes.Get(Edit, RouteAccess.Page, call => ShowEdit(call, null, 200));
        routes.Post(Edit, RouteAccess.Page, Change);
        routes.Get(Delete, RouteAccess.Page, call => Removing(call, (removal, shell, counts) => ValueTask.FromResult(removal.Ask(shell, counts))));
        routes.Post(Delete, RouteAccess.Page, call => Removing(call, (removal, shell, counts) => removal.Do(
            shell, call.Form, counts, force => edits.DeleteEnvironment(call.Person, call.Segment("ws"), call.Segment("prj"), call.Segment("env"), force))));
    }

    private async ValueTask<Reply> List(Call call)
    {
        if ((await places.Find(call, "Environments")).Refused(out var refusal, out var place)
            || (await vault.Counts(call.Person, call.Segment("ws"))).Refused(out refusal, out var counts))
        {
            return Reply.Refused(refusal);
        }

        return new PageReply(new Slices.Dashboard_Projects_EnvironmentsView { Shell = place.Shell, Model = new EnvironmentsModel(place, counts) });
    }

    private async ValueTask<Reply> ShowNew(Call call, FormFields form, int status)
    {
        if ((await places.Managed(call, "New environment")).Refused(out var refusal, out var place))
        {
            return Reply.Refused(refusal);
        }

        return new StructureForm("New environment", place.Crumbs(), Fields(form), "Create environment", place.Path("environments"))
        {
            Form = form, Lead = "A place where each secret has a value of its own, such as development or production.",
        }.Shown(place.Shell, status);
    }

    private async ValueTask<Reply> Create(Call call)
    {
        var (form, name) = (call.Form, call.Form.Line("name"));
        form.Complain("name", Names.Problem(name));
        if (form.HasProblems)
        {
            return await ShowNew(call, form, 400);
        }

        if ((await structure.CreateEnvironment(call.Person, call.Segment("ws"), call.Segment("prj"), name, form.Ticked("overrides"))).Refused(out var refusal, out _))
        {
            return await StructureForm.Again(refusal, form, status => ShowNew(call, form, status), "name");
        }

        call.Visit.Tell($"Created the environment {name}");
        return new SeeOther($"/w/{call.Segment("ws")}/projects/{call.Segment("prj")}/environments");
    }

    private async ValueTask<Reply> ShowEdit(Call call, FormFields? form, int status)
    {
        if ((await Found(call, "Change environment")).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var (place, environment) = found;
        form ??= environment.HasPersonalOverrides ? FormFields.With(("name", environment.Name), ("overrides", "true")) : FormFields.With(("name", environment.Name));
        return new StructureForm("Change environment", place.Crumbs(), Fields(form), "Save", place.Path("environments"))
        {
            Form = form, Lead = "References name an environment by its name: what refers to it must be changed with it.",
        }.Shown(place.Shell, status);
    }

    private async ValueTask<Reply> Change(Call call)
    {
        var (form, name) = (call.Form, call.Form.Line("name"));
        form.Complain("name", Names.Problem(name));
        if (form.HasProblems)
        {
            return await ShowEdit(call, form, 400);
        }

        if ((await edits.ChangeEnvironment(call.Person, call.Segment("ws"), call.Segment("prj"), call.Segment("env"), name, form.Ticked("overrides")))
            .Refused(out var refusal, out _))
        {
            return await StructureForm.Again(refusal, form, status => ShowEdit(call, form, status), "name");
        }

        call.Visit.Tell($"Saved the environment {name}");
        return new SeeOther($"/w/{call.Segment("ws")}/projects/{call.Segment("prj")}/environments");
    }

    private async ValueTask<Reply> Removing(Call call, Func<Removal, Shell, IReadOnlyDictionary<Guid, int>, ValueTask<Reply>> then)
    {
        if ((await Found(call, "Delete")).Refused(out var refusal, out var found)
            || (await vault.Counts(call.Person, call.Segment("ws"))).Refused(out refusal, out var counts))
        {
            return Reply.Refused(refusal);
        }

        var (place, environment) = found;
        return await then(
            new Removal("environment", environment.Name, [environment], place.Path($"environments/{environment.Id:D}/delete"), place.Path("environments"), place.Path("environments")),
            place.Shell, counts);
    }

    /// <summary>The environment of the path, for who may change it; out of sight it is missing.</summary>
    private async ValueTask<Outcome<(ProjectPlace Place, Env Environment)>> Found(Call call, string title)
    {
        if ((await places.Find(call, title)).Refused(out var refusal, out var place))
        {
            return refusal;
        }

        return place.View.Environment(place.Project, call.Segment("env")) is not { } environment ? Lookup.NoEnvironment
            : !place.View.Right.May(Act.ManageStructure, environment.Place) ? Lookup.NotAllowed
            : (place, environment);
    }

    private static Markup Fields(FormFields form) => Markup.Join(
    [
        Parts.Input(form, new Field("name", "Name") { MaxLength = 64, Autofocus = true, Autocomplete = "off", Placeholder = "development" }),
        Parts.Checkbox(form, "overrides", "Personal values", "Each person may set a value of their own for themselves alone, such as for their own machine. Machines always get the shared value."),
    ]);
}

/// <param name="Counts">Secrets by environment.</param>
internal sealed record EnvironmentsModel(ProjectPlace Place, IReadOnlyDictionary<Guid, int> Counts)
{
    /// <summary>Secrets of a backend are not counted: that would take reading them.</summary>
    public string Count(Env environment) => Place.View.Tree.Remote is not null ? "\u2013" : Counts.GetValueOrDefault(environment.Id).ToString("N0", CultureInfo.InvariantCulture);

    public bool MayManage(Env environment) => Place.View.Tree.TakesStructure && Place.View.Right.May(Act.ManageStructure, environment.Place);
}
