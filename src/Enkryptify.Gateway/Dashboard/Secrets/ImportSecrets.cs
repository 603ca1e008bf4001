using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>
/// /w/{ws}/projects/{prj}/import: a .env file into one environment. Sent once it shows what would change and changes nothing; sent again with that plan's
/// fingerprint (<c>plan</c>) it does it, all or nothing. If the text or what is stored is another by then, the new plan is shown instead.
/// </summary>
internal sealed class ImportSecrets(ProjectPlaces places, Vault vault)
{
    private const string Import = "/w/{ws}/projects/{prj}/import";

    public void Map(RouteTable routes)
    {
        routes.Get(Import, RouteAccess.Page, call => Show(call, FormFields.With(("environment", call.QueryText("environment"))), null, null, 200));
        routes.Post(Import, RouteAccess.Upload, Send);
    }

    private async ValueTask<Reply> Show(Call call, FormFields form, ImportText? text, ImportPlan? plan, int status)
    {
        if ((await places.Find(call, "Import")).Refused(out var refusal, out var place))
        {
            return Reply.Refused(refusal);
        }

        return !place.MayImport
            ? Reply.Refused(place.View.Tree.Remote is null ? Lookup.NotAllowed : Lookup.ReadOnly)
            : new PageReply(new Slices.Dashboard_Secrets_ImportView { Shell = place.Shell, Model = new ImportModel(place, form, text, plan) }, status);
    }

    private async ValueTask<Reply> Send(Call call)
    {
        var form = call.Form;
        var (ws, prj, environment) = (call.Segment("ws"), call.Segment("prj"), form["environment"]);
        form.Complain("environment", environment.Length == 0 ? "Choose the environment that it goes into" : null);
        var text = ImportText.Read(form);
        if (text is null || form.HasProblems)
        {
            return await Show(call, form, null, null, 400);
        }

        // From here on the form shows the text, wherever it came from.
        var shown = FormFields.With(("environment", environment), ("text", text.Text));
        if (text.Errors.Count == 0 && form["plan"].Length > 0)
        {
            var done = await vault.Import(call.Person, ws, prj, environment, text.Entries, form["plan"]);
            if (!done.Refused(out var refused, out var did))
            {
                call.Visit.Tell($"Imported into {did.Environment.Name}: {did.Count(ImportStep.New)} new, {did.Count(ImportStep.Changed)} changed, {did.Count(ImportStep.Unchanged)} unchanged");
                return new SeeOther($"/w/{ws}/projects/{did.Project.Slug}");
            }

            if (refused.Code != Vault.PlanChanged.Code)
            {
                return Reply.Refused(refused);
            }

            shown.Complain("This is no longer what you were shown: the text or what is stored has changed. Nothing was imported. Look again.");
        }

        IReadOnlyList<DotEnvEntry> readable = text.Errors.Count == 0 ? text.Entries : [.. text.Entries.Where(entry => Names.IsSecretName(entry.Name)).Take(CreateSecrets.MaxValues)];
        return (await vault.PlanImport(call.Person, ws, prj, environment, readable)).Refused(out var refusal, out var plan)
            ? Reply.Refused(refusal)
            : await Show(call, shown, text, plan, shown.HasProblems ? 409 : text.Errors.Count > 0 ? 400 : 200);
    }
}

/// <param name="Text">Null until it was sent and could be read.</param>
internal sealed record ImportModel(ProjectPlace Place, FormFields Form, ImportText? Text, ImportPlan? Plan)
{
    /// <summary>Rows of a list that the page shows; it says how many there are.</summary>
    public const int MaxRows = 500;

    public IReadOnlyList<Env> Writable { get; } = [.. Place.Environments.Where(Place.MayWrite)];

    public bool CanBeApplied => Plan is not null && Text is { Errors.Count: 0 } && Plan.Count(ImportStep.Refused) == 0 && Plan.Count(ImportStep.New) + Plan.Count(ImportStep.Changed) > 0;
}
