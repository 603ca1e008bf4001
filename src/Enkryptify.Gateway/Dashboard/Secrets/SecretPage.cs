using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>One secret: its values environment by environment, masked; its name and note; deleting it everywhere.</summary>
internal sealed class SecretPage(ProjectPlaces places, Vault vault)
{
    private const string One = "/w/{ws}/projects/{prj}/secrets/{secret}";

    public void Map(RouteTable routes)
    {
        routes.Get(One, RouteAccess.Page, Show);
        routes.Get(One + "/edit", RouteAccess.Page, call => ShowEdit(call, null, 200));
        routes.Post(One + "/edit", RouteAccess.Page, Change);
        routes.Get(One + "/delete", RouteAccess.Page, AskDelete);
        routes.Post(One + "/delete", RouteAccess.Page, Delete);
    }

    private async ValueTask<Reply> Show(Call call) => Reply.Of(await Find(call), found => new PageReply(
        new Slices.Dashboard_Secrets_SecretView { Shell = found.Place.Shell with { Title = found.Secret.Name }, Model = found }));

    private async ValueTask<Reply> ShowEdit(Call call, FormFields? form, int status)
    {
        if ((await Find(call)).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        if (!found.MayChange)
        {
            return Reply.Refused(found.Place.NotWritten);
        }

        var (place, secret) = (found.Place, found.Secret);
        form ??= FormFields.With(("name", secret.Name), ("note", secret.Note));
        return new StructureForm(
            "Name and note", [.. place.Crumbs(), (secret.Name, place.Path($"secrets/{secret.Id:D}"))], AddSecret.NameAndNote(form), "Save", place.Path($"secrets/{secret.Id:D}"))
        {
            Form = form, Lead = "Programs and references name a secret by its name: what uses the old one must be changed with it.",
        }.Shown(place.Shell with { Title = secret.Name }, status);
    }

    private async ValueTask<Reply> Change(Call call)
    {
        var (form, name, note) = (call.Form, call.Form.Line("name"), call.Form.Lines("note").Trim());
        AddSecret.Check(form, name, note);
        if (form.HasProblems)
        {
            return await ShowEdit(call, form, 400);
        }

        var change = new SecretChange(name, null, null, note, []);
        if ((await vault.Update(call.Person, call.Segment("ws"), call.Segment("prj"), call.Segment("secret"), change)).Refused(out var refusal, out _))
        {
            return await SecretForms.Again(refusal, form, status => ShowEdit(call, form, status));
        }

        call.Visit.Tell($"Saved {name}");
        return new SeeOther($"/w/{call.Segment("ws")}/projects/{call.Segment("prj")}/secrets/{call.Segment("secret")}");
    }

    private async ValueTask<Reply> AskDelete(Call call)
    {
        if ((await Find(call)).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        if (!found.MayChange)
        {
            return Reply.Refused(found.Place.NotWritten);
        }

        var (place, secret) = (found.Place, found.Secret);
        var where = Markup.Join(secret.Values.Where(value => !value.IsPersonal).Select(value => Markup.Of($"<b><bdi>{value.Environment.Name}</bdi></b>")), ", ");
        return Confirmation.Ask(place.Shell with { Title = $"Delete {secret.Name}" }, new Confirmation(
            "Delete this secret?",
            Markup.Of($"<p><b><bdi>{secret.Name}</bdi></b> is deleted for everybody, with all of its values ({where}) and everybody’s own ones. Whatever reads it stops getting it at once. This cannot be undone.</p>"),
            place.Path($"secrets/{secret.Id:D}/delete"), "Delete secret", place.Path($"secrets/{secret.Id:D}")));
    }

    private async ValueTask<Reply> Delete(Call call)
    {
        if ((await Find(call)).Refused(out var refusal, out var found)
            || (await vault.Delete(call.Person, call.Segment("ws"), call.Segment("prj"), call.Segment("secret"), null, personal: false)).Refused(out refusal, out _))
        {
            return Reply.Refused(refusal);
        }

        call.Visit.Tell($"Deleted {found.Secret.Name}");
        return new SeeOther(found.Place.Path());
    }

    private async ValueTask<Outcome<SecretModel>> Find(Call call)
    {
        if ((await places.Find(call)).Refused(out var refusal, out var place)
            || (await vault.Outline(call.Person, call.Segment("ws"), call.Segment("prj"), call.Segment("secret"))).Refused(out refusal, out var outline))
        {
            return refusal;
        }

        return new SecretModel(place, outline.Secret);
    }
}

internal sealed record SecretModel(ProjectPlace Place, SecretOutline Secret)
{
    /// <summary>What belongs to the secret as a whole needs the right to write wherever it has a value; of values out of sight only the vault knows.</summary>
    public bool MayChange => Secret.Values.Where(value => !value.IsPersonal).All(value => Place.MayWrite(value.Environment)) && Place.MayWriteSome;
}
