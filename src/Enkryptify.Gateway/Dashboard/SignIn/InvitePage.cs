using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.SignIn;

/// <summary>GET /invite/{code}: what one is invited to. POST …/accept: as the account that is signed in, or as a new one. GET, POST …/decline.</summary>
internal sealed class InvitePage(Shells shells, Invitations invitations, DashboardSession session)
{
    public const string Pattern = "/invite/{code}";

    public void Map(RouteTable routes)
    {
        var why = RouteAccess.OpenPage("the code in the path is the proof of being invited, checked by the store");
        routes.Get(Pattern, why, Show);
        routes.Post(Pattern, why, Accept);
        routes.Get(Pattern + "/decline", why, AskDecline);
        routes.Post(Pattern + "/decline", why, Decline);
    }

    private ValueTask<Reply> Show(Call call) => View(call, FormFields.Empty(), 200);

    private async ValueTask<Reply> Accept(Call call)
    {
        var form = call.Form;
        string? name = null;
        Sensitive? password = null;
        if (call.Visitor is null)
        {
            (name, password) = (form.Line("name"), form.Secret("password"));
            form.Complain("name", Names.Problem(name));
            form.Complain("password", NewPassword.Problem(form.Secret("password")));
            if (form.HasProblems)
            {
                return await View(call, form, 400);
            }
        }

        var accepted = await invitations.Accept(Code(call), call.Visitor, name, password, call.Address, call.RequestId);
        if (accepted.Refused(out var refusal, out var invitation))
        {
            form.Complain(refusal, "name", "password");
            return refusal.Kind == RefusalKind.NotFound ? Gone(call) : await View(call, form, RefusalReply.StatusOf(refusal.Kind), refusal.Code == "sign_in_first");
        }

        if (password is { } chosen)
        {
            // The new account is made; if its session is not, signing in by hand remains.
            var (began, _) = await session.Begin(call, "POST " + Pattern, invitation.Email, chosen);
            if (began.Refusal is not null)
            {
                return new SeeOther("/sign-in");
            }
        }

        return new SeeOther($"/w/{invitation.WorkspaceSlug}/projects");
    }

    private async ValueTask<Reply> AskDecline(Call call) =>
        (await invitations.Show(Code(call), call.Address, call.RequestId)).Refused(out _, out var invitation)
            ? Gone(call)
            : Confirmation.Ask(shells.Plain(call, "Decline"), new Confirmation(
                "Decline this invitation?", Markup.Of($"<p>The link ends. To join {Parts.Name(invitation.WorkspaceName)} later, you would have to be invited again.</p>"),
                $"/invite/{call.Segment("code")}/decline", "Decline", $"/invite/{call.Segment("code")}"));

    private async ValueTask<Reply> Decline(Call call) => (await invitations.Decline(Code(call), call.Address, call.RequestId)).Refusal is null
        ? Message(call, 200, "Declined", "You will not join. Nobody needs to do anything more.")
        : Gone(call);

    private async ValueTask<Reply> View(Call call, FormFields form, int status, bool mustSignIn = false) =>
        (await invitations.Show(Code(call), call.Address, call.RequestId)).Refused(out _, out var invitation)
            ? Gone(call)
            : new PageReply(
                new Slices.Dashboard_SignIn_InviteView
                {
                    Shell = shells.Plain(call, "Invitation"),
                    Model = new InviteModel(invitation, $"/invite/{call.Segment("code")}", form, call.Visitor, mustSignIn),
                },
                status);

    /// <summary>Used, declined, expired, withdrawn and never given are one answer.</summary>
    private PageReply Gone(Call call) =>
        Message(call, 404, "This invitation cannot be opened", "It was used, declined or withdrawn, or it has expired. Ask whoever invited you for a new link.");

    private PageReply Message(Call call, int status, string title, string text) =>
        new(new Slices.Dashboard_Layout_MessageView { Shell = shells.Plain(call, title), Model = new Message(title, text) }, status);

    private static Sensitive Code(Call call) => new(call.Segment("code"));
}

/// <param name="Path">Of this page: it holds the code.</param>
/// <param name="MustSignIn">There is an account with this e-mail, so accepting needs its sign-in.</param>
internal sealed record InviteModel(Invitation Invitation, string Path, FormFields Form, LoginCaller? Visitor, bool MustSignIn)
{
    public bool IsForVisitor => Visitor is not null && string.Equals(Visitor.User.Email, Invitation.Email, StringComparison.Ordinal);

    public string SignInPath => "/sign-in?next=" + Uri.EscapeDataString(Path);
}
