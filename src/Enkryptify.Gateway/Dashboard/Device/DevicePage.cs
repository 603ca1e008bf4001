using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Dashboard.Device;

/// <summary>
/// GET /oauth/device?user_code=…, where a command line sends its user: who asks to be signed in, from where, since when. POST …/approve, …/deny decide,
/// once. The code alone does nothing: a person who is signed in presses the button, on a form of their own session.
/// </summary>
internal sealed class DevicePage(Shells shells, DeviceDecisions decisions)
{
    private const string Pattern = "/oauth/device";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, Show);
        routes.Post(Pattern + "/approve", RouteAccess.Page, call => Decide(call, approved: true));
        routes.Post(Pattern + "/deny", RouteAccess.Page, call => Decide(call, approved: false));
        routes.Get(Pattern + "/approved", RouteAccess.Page, call => Done(call, "Approved", "The command line is signed in as you. You can close this page. Under “Your account” you see where you are signed in, and can end it there."));
        routes.Get(Pattern + "/denied", RouteAccess.Page, call => Done(call, "Denied", "Nothing was signed in. If it was not you who asked, somebody may have sent you their code: be careful with the next one."));
    }

    private async ValueTask<Reply> Show(Call call)
    {
        var code = call.QueryText("user_code");
        var form = FormFields.With(("user_code", code));
        return code.Length == 0 ? Enter(call, form, 200) : await View(call, form, code);
    }

    private async ValueTask<Reply> Decide(Call call, bool approved)
    {
        var code = call.Form.Line("user_code");
        return (await decisions.Decide(call, code, approved)).Refused(out var refusal, out _)
            ? Problem(call, call.Form, refusal)
            : new SeeOther(approved ? Pattern + "/approved" : Pattern + "/denied");
    }

    private async ValueTask<Reply> View(Call call, FormFields form, string code) => (await decisions.Find(call, code)).Refused(out var refusal, out var asked)
        ? Problem(call, form, refusal)
        : new PageReply(new Slices.Dashboard_Device_DeviceView
        {
            Shell = shells.Plain(call, "Sign in a command line"),
            Model = new DeviceModel(code.ToUpperInvariant(), asked, asked.Address is not null && asked.Address == call.Address),
        });

    private PageReply Problem(Call call, FormFields form, Refusal refusal)
    {
        form.Complain("user_code", refusal.Kind == RefusalKind.RateLimited
            ? "Too many wrong codes. Wait a little, then try again."
            : "No request with this code is open. Codes last five minutes and are used once: start again at the command line.");
        return Enter(call, form, RefusalReply.StatusOf(refusal.Kind));
    }

    private PageReply Enter(Call call, FormFields form, int status) =>
        new(new Slices.Dashboard_Device_EnterCodeView { Shell = shells.Plain(call, "Sign in a command line"), Model = form }, status);

    private ValueTask<Reply> Done(Call call, string title, string text) => ValueTask.FromResult<Reply>(
        new PageReply(new Slices.Dashboard_Layout_MessageView { Shell = shells.Plain(call, title), Model = new Message(title, text) }));
}

/// <param name="IsFromHere">Whether the command line asked from the address that this browser has.</param>
internal sealed record DeviceModel(string Code, DeviceLogin Asked, bool IsFromHere);
