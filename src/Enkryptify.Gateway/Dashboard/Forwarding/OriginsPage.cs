using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Forwarding.Proxy;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Forwarding;

/// <summary>
/// GET, POST /w/{ws}/forwarding/origins: where the proxy endpoint may send requests for this workspace, and one more. GET, POST …/remove with
/// <c>origin</c>: one less. For admins of the whole workspace, as the store has it.
/// </summary>
internal sealed class OriginsPage(Shells shells, AllowLists lists, ProxyConfig proxy)
{
    private const string Pattern = "/w/{ws}/forwarding/origins";
    private const string Field = "origin";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, Show);
        routes.Post(Pattern, RouteAccess.Page, Add);
        routes.Get(Pattern + "/remove", RouteAccess.Page, AskRemove);
        routes.Post(Pattern + "/remove", RouteAccess.Page, Remove);
    }

    private ValueTask<Reply> Show(Call call) => Shown(call, FormFields.Empty(), 200);

    private async ValueTask<Reply> Add(Call call)
    {
        var (form, text) = (call.Form, call.Form.Line(Field));
        var outcome = await lists.Add(call.Person, call.Segment("ws"), Field, Origin.ParseEntry(Field, text));
        if (outcome.Refusal is { Kind: RefusalKind.Invalid or RefusalKind.Conflict } wrong)
        {
            form.Complain(wrong, Field);
            return await Shown(call, form, RefusalReply.StatusOf(wrong.Kind));
        }

        return await Done(call, outcome, $"{text} is allowed.");
    }

    private async ValueTask<Reply> AskRemove(Call call)
    {
        var origin = call.Query(Field).Refused(out _, out var asked) ? null : asked;
        if ((await shells.InWorkspace(call, "Remove", Section.Forwarding)).Refused(out var refusal, out var shell)
            || (await lists.Read(call.Person, call.Segment("ws"))).Refused(out refusal, out var listed))
        {
            return Reply.Refused(refusal);
        }

        var here = shell.Path("forwarding/origins");
        return origin is null || !listed.Contains(origin) ? Reply.Refused(Refusal.NotFound("Origin")) : Confirmation.Ask(shell, new Confirmation(
            "Remove this origin?", Markup.Of($"<p>The proxy endpoint sends nothing more to <b><bdi class=\"mono\">{origin}</bdi></b> for this workspace. Requests under way are finished.</p>"),
            here + "/remove", "Remove", here) { Hidden = [(Field, origin)] });
    }

    private async ValueTask<Reply> Remove(Call call) =>
        await Done(call, await lists.Remove(call.Person, call.Segment("ws"), call.Form[Field]), $"{call.Form[Field]} is removed.");

    private async ValueTask<Reply> Done(Call call, Outcome<IReadOnlyList<string>> outcome, string told)
    {
        if (outcome.Refused(out var refusal, out _) || (await shells.InWorkspace(call, "Allowed origins", Section.Forwarding)).Refused(out refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        call.Visit.Tell(told);
        return new SeeOther(shell.Path("forwarding/origins"));
    }

    private async ValueTask<Reply> Shown(Call call, FormFields form, int status)
    {
        if ((await shells.InWorkspace(call, "Allowed origins", Section.Forwarding)).Refused(out var refusal, out var shell)
            || (await lists.Read(call.Person, call.Segment("ws"))).Refused(out refusal, out var all))
        {
            return Reply.Refused(refusal);
        }

        var text = call.QueryText("q");
        var found = all.Where(origin => origin.Contains(text, StringComparison.OrdinalIgnoreCase)).ToList();
        return new PageReply(
            new Slices.Dashboard_Forwarding_OriginsView { Shell = shell, Model = new OriginsModel(form, Paged<string>.Of(found, call, "q"), all.Count, text, proxy.Enabled) }, status);
    }
}

/// <param name="All">How many there are without the filter.</param>
/// <param name="Enabled">Whether the operator has the proxy endpoint switched on.</param>
internal sealed record OriginsModel(FormFields Form, Paged<string> List, int All, string Text, bool Enabled);
