using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>
/// One value of a secret: revealed (POST, so that nothing opens it by following a link, and audited), set, deleted. <c>{kind}</c> is <c>shared</c> or
/// <c>own</c>.
/// </summary>
internal sealed class ValuePages(ProjectPlaces places, Vault vault)
{
    private const string Value = "/w/{ws}/projects/{prj}/secrets/{secret}/{env}/{kind}";

    public void Map(RouteTable routes)
    {
        routes.Post(Value + "/reveal", RouteAccess.Page, Reveal);
        routes.Get(Value + "/edit", RouteAccess.Page, call => ShowEdit(call, FormFields.Empty(), 200));
        routes.Post(Value + "/edit", RouteAccess.Page, Save);
        routes.Get(Value + "/delete", RouteAccess.Page, AskDelete);
        routes.Post(Value + "/delete", RouteAccess.Page, Delete);
    }

    private async ValueTask<Reply> Reveal(Call call)
    {
        if ((await Find(call)).Refused(out var refusal, out var found)
            || (await vault.Reveal(call.Person, Ws(call), Prj(call), call.Segment("secret"), call.Segment("env"), found.IsPersonal)).Refused(out refusal, out var revealed))
        {
            return Reply.Refused(refusal);
        }

        var text = revealed.Stored.Reveal();
        var editable = LineEnds.CanBeEdited(text);
        return View(
            found with
            {
                Form = FormFields.With(("value", text), ("ends", LineEnds.Of(text))),
                Revealed = revealed,
                IsRevealed = true,
                MayEdit = found.MayEdit && editable,
                Remark = found.MayEdit && !editable ? "It mixes line ends, which a browser would change. Set it through the API or the command line, or delete it and add it again." : null,
            },
            $"{found.Secret.Name} in {found.Environment.Name}", 200);
    }

    private async ValueTask<Reply> ShowEdit(Call call, FormFields form, int status)
    {
        if ((await Find(call)).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        if (found.IsPersonal && !found.Environment.HasPersonalOverrides)
        {
            return Reply.Refused(Lookup.NoSecret);
        }

        var isSet = found.Secret.In(found.Environment, found.IsPersonal) is not null;
        return !found.MayEdit ? Reply.Refused(Lookup.NotAllowed) : View(
            found with
            {
                Form = form,
                Remark = isSet && !form.WasSent ? "The value that is there now is not shown; reveal it first to change a part of it." : null,
            },
            $"Set {found.Secret.Name} in {found.Environment.Name}", status);
    }

    private async ValueTask<Reply> Save(Call call)
    {
        if ((await Find(call)).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var form = call.Form;
        var text = LineEnds.Restore(form.Lines("value"), form["ends"]);
        form.Complain("value", SecretFields.ValueProblem(text));
        if (form.HasProblems)
        {
            return await ShowEdit(call, form, 400);
        }

        var change = new SecretChange(null, null, null, null, [new ValueChange(call.Segment("env"), new Sensitive(text), found.IsPersonal)]);
        if ((await vault.Update(call.Person, Ws(call), Prj(call), call.Segment("secret"), change)).Refused(out refusal, out _))
        {
            return await SecretForms.Again(refusal, form, status => ShowEdit(call, form, status));
        }

        call.Visit.Tell($"Saved {(found.IsPersonal ? "your own value of " : "")}{found.Secret.Name} in {found.Environment.Name}");
        return new SeeOther(SecretForms.Back(form, found.Place, $"secrets/{found.Secret.Id:D}"));
    }

    private async ValueTask<Reply> AskDelete(Call call)
    {
        if ((await Find(call)).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var (secret, environment) = (found.Secret, found.Environment);
        if (secret.In(environment, found.IsPersonal) is null)
        {
            return Reply.Refused(Lookup.NoSecret);
        }

        if (!found.MayEdit)
        {
            return Reply.Refused(Lookup.NotAllowed);
        }

        var text = found.IsPersonal
            ? Markup.Of($"<p>Your own value of <b><bdi>{secret.Name}</bdi></b> in <b><bdi>{environment.Name}</bdi></b> is deleted, and you get the shared one again.</p>")
            : Markup.Of($"<p>The value of <b><bdi>{secret.Name}</bdi></b> in <b><bdi>{environment.Name}</bdi></b> is deleted for everybody. Whatever reads it there stops getting it at once. Other environments keep theirs.</p>");
        return Confirmation.Ask(found.Place.Shell with { Title = $"Delete {secret.Name}" }, new Confirmation(
            found.IsPersonal ? "Delete your own value?" : "Delete this value?", text, SecretParts.PathOf(found.Place, secret.Id, environment, found.IsPersonal, "delete"),
            "Delete value", found.Place.Path($"secrets/{secret.Id:D}")));
    }

    private async ValueTask<Reply> Delete(Call call)
    {
        if ((await Find(call)).Refused(out var refusal, out var found)
            || (await vault.Delete(call.Person, Ws(call), Prj(call), call.Segment("secret"), call.Segment("env"), found.IsPersonal)).Refused(out refusal, out _))
        {
            return Reply.Refused(refusal);
        }

        call.Visit.Tell($"Deleted {(found.IsPersonal ? "your own value" : "the value")} of {found.Secret.Name} in {found.Environment.Name}");
        var others = found.Secret.Values.Count(value => value != found.Secret.In(found.Environment, found.IsPersonal));
        return new SeeOther(found.Place.Path(others > 0 ? $"secrets/{found.Secret.Id:D}" : ""));
    }

    /// <summary>The value's place; a secret or an environment out of sight is missing.</summary>
    private async ValueTask<Outcome<OpenValue>> Find(Call call)
    {
        if (call.Segment("kind") is not ("shared" or "own"))
        {
            return Lookup.NoSecret;
        }

        if ((await places.Find(call)).Refused(out var refusal, out var place)
            || (await vault.Outline(call.Person, Ws(call), Prj(call), call.Segment("secret"))).Refused(out refusal, out var outline))
        {
            return refusal;
        }

        var isPersonal = call.Segment("kind") == "own";
        return place.View.Environment(place.Project, call.Segment("env")) is not { } environment
            ? Lookup.NoEnvironment
            : new OpenValue(place, outline.Secret, environment, isPersonal, FormFields.Empty()) { MayEdit = isPersonal ? environment.HasPersonalOverrides : place.MayWrite(environment) };
    }

    private static PageReply View(OpenValue open, string title, int status) => new(
        new Slices.Dashboard_Secrets_ValueView { Shell = open.Place.Shell with { Title = title }, Model = open }, status);

    private static string Ws(Call call) => call.Segment("ws");

    private static string Prj(Call call) => call.Segment("prj");
}
