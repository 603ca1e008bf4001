using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Dashboard.Account;

/// <summary>GET /account: who you are here, your password, and where you are signed in.</summary>
internal sealed class AccountPage(Shells shells, Sessions sessions)
{
    public void Map(RouteTable routes) => routes.Get("/account", RouteAccess.Page, Show);

    private ValueTask<Reply> Show(Call call) => View(call, FormFields.Empty(), 200);

    private async ValueTask<Reply> View(Call call, FormFields password, int status) => Reply.Of(await sessions.List(call.Person), list => new PageReply(
        new Slices.Dashboard_Account_AccountView
        {
            Shell = shells.Plain(call, "Your account", Section.Account),
            Model = new AccountModel(call.Person, password, list),
        },
        status));
}

internal sealed record AccountModel(LoginCaller Person, FormFields Password, IReadOnlyList<Session> Sessions);
