using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>/w/{ws}/projects/{prj}/secrets/new: a name, a note, and one value into the environments that are ticked; all of them or none.</summary>
internal sealed class AddSecret(ProjectPlaces places, Vault vault)
{
    private const string New = "/w/{ws}/projects/{prj}/secrets/new";

    public void Map(RouteTable routes)
    {
        routes.Get(New, RouteAccess.Page, call => Show(call, null, 200));
        routes.Post(New, RouteAccess.Page, Create);
    }

    /// <summary>The fields that a secret has as a whole.</summary>
    public static Markup NameAndNote(FormFields form) => Markup.Join(
    [
        Parts.Input(form, new Field("name", "Name")
        {
            MaxLength = 128, Mono = true, Autofocus = true, Autocomplete = "off", Placeholder = "DATABASE_URL", Hint = "Letters, digits, _ and -. Programs ask for it by this name.",
        }),
        Parts.TextArea(form, new Field("note", "Note") { Required = false, MaxLength = SecretFields.MaxNote, Rows = 2, Autocomplete = "off", Hint = "What it is for, and where a new one comes from. Not secret." }),
    ]);

    public static void Check(FormFields form, string name, string note)
    {
        form.Complain("name", Names.IsSecretName(name) ? null : Names.SecretNameRule);
        form.Complain("note", SecretFields.NoteProblem(note));
    }

    private async ValueTask<Reply> Show(Call call, FormFields? form, int status)
    {
        if ((await places.Find(call, "Add secret")).Refused(out var refusal, out var place))
        {
            return Reply.Refused(refusal);
        }

        if (!place.MayWriteSome)
        {
            return Reply.Refused(place.NotWritten);
        }

        var writable = place.Environments.Where(place.MayWrite).ToList();
        form ??= FormFields.With(("environment", writable.Count == 1 ? writable[0].Id.ToString("D") : ""));
        return new PageReply(new Slices.Dashboard_Secrets_AddSecretView { Shell = place.Shell, Model = new AddSecretModel(place, writable, form) }, status);
    }

    private async ValueTask<Reply> Create(Call call)
    {
        var form = call.Form;
        var (name, note, value, environments) = (form.Line("name"), form.Lines("note").Trim(), form.Lines("value"), form.All("environment"));
        Check(form, name, note);
        form.Complain("value", SecretFields.ValueProblem(value));
        form.Complain("environment", environments.Count switch
        {
            0 => "Tick at least one environment",
            > CreateSecrets.MaxEnvironments => $"At most {CreateSecrets.MaxEnvironments} at once",
            _ => null,
        });
        if (form.HasProblems)
        {
            return await Show(call, form, 400);
        }

        var secret = new NewSecret(name, new Sensitive(value), NewSecret.DefaultType, NewSecret.DefaultDataType, note);
        if ((await vault.Create(call.Person, call.Segment("ws"), call.Segment("prj"), environments, [secret])).Refused(out var refusal, out _))
        {
            return await SecretForms.Again(refusal, form, status => Show(call, form, status));
        }

        call.Visit.Tell($"Added {name}");
        return new SeeOther($"/w/{call.Segment("ws")}/projects/{call.Segment("prj")}");
    }
}

/// <param name="Writable">The environments that the person may write.</param>
internal sealed record AddSecretModel(ProjectPlace Place, IReadOnlyList<Env> Writable, FormFields Form);
