using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Dashboard.Account;

/// <summary>POST /account/sessions/{id}/end ends one of one's own sessions; GET, POST /account/sign-out-everywhere ends them all.</summary>
internal sealed class SessionPages(Shells shells, Sessions sessions, SessionCookie cookie)
{
    private const string Everywhere = AccountPage.Pattern + "/sign-out-everywhere";

    public void Map(RouteTable routes)
    {
        routes.Post(AccountPage.Pattern + "/sessions/{id}/end", RouteAccess.Page, End);
        routes.Get(Everywhere, RouteAccess.Page, Ask);
        routes.Post(Everywhere, RouteAccess.Page, EndAll);
    }

    private async ValueTask<Reply> End(Call call)
    {
        if (!Ids.TryParse(call.Segment("id"), out var id))
        {
            return Reply.Refused(Refusal.NotFound("Session"));
        }

        return Reply.Of(await sessions.End(call.Person, id), _ =>
        {
            call.Visit.Tell("That session has ended.");
            return new SeeOther(AccountPage.Pattern);
        });
    }

    private ValueTask<Reply> Ask(Call call) => ValueTask.FromResult(Confirmation.Ask(shells.Plain(call, "Sign out everywhere", Section.Account), new Confirmation(
        "Sign out everywhere?", Markup.Of($"<p>All your sessions end, here and at the command line, and so do the tokens that the command line made for you. API tokens that you created go on working.</p>"),
        Everywhere, "Sign out everywhere", AccountPage.Pattern)));

    private async ValueTask<Reply> EndAll(Call call) => Reply.Of(await sessions.EndEverywhere(call.Person), _ =>
    {
        cookie.Clear(call.Context.Response);
        return new SeeOther("/sign-in");
    });
}
