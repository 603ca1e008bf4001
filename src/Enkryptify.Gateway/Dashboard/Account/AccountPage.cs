using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.SignIn;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Account;

/// <summary>GET /account: who you are here, your password, where you are signed in. POST /account/name and /account/password change the first two.</summary>
/// <param name="provider">The host of the company's identity provider; null where there is none.</param>
internal sealed class AccountPage(Shells shells, Accounts accounts, Sessions sessions, OwnPassword own, string? provider)
{
    public const string Pattern = "/account";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, call => View(call, NameOf(call), FormFields.Empty(), 200));
        routes.Post(Pattern + "/name", RouteAccess.Page, Rename);
        routes.Post(Pattern + "/password", RouteAccess.Page, ChangePassword);
    }

    private async ValueTask<Reply> Rename(Call call)
    {
        var form = call.Form;
        form.Complain("name", Names.Problem(form.Line("name")));
        if (!form.HasProblems)
        {
            var renamed = await accounts.Rename(call.Person, sessions, form.Line("name"));
            if (renamed.Refusal is not { } refusal)
            {
                call.Visit.Tell("Your name is changed.");
                return new SeeOther(Pattern);
            }

            form.Complain(refusal);
        }

        return await View(call, form, FormFields.Empty(), 400);
    }

    private async ValueTask<Reply> ChangePassword(Call call)
    {
        var form = call.Form;
        form.Complain("current", form["current"].Length is 0 or > Passwords.MaxLength ? "Type the password that you have now" : null);
        form.Complain("new", NewPassword.Problem(form.Secret("new")));
        form.Complain("again", form["again"] == form["new"] ? null : "This is not the same as the new password");
        if (form.HasProblems)
        {
            return await View(call, NameOf(call), form, 400);
        }

        var (outcome, wait) = await own.Change(call.Person, form.Secret("current"), form.Secret("new"));
        if (outcome.Refused(out var refusal, out _))
        {
            if (refusal.Kind == RefusalKind.RateLimited)
            {
                form.Complain($"Too many attempts. Wait {Waiting.Words(wait > TimeSpan.Zero ? wait : TimeSpan.FromSeconds(1))}, then try again.");
                Login.RetryAfter(call, wait > TimeSpan.Zero ? wait : TimeSpan.FromSeconds(1));
            }

            form.Complain(refusal, "current");
            return await View(call, NameOf(call), form, RefusalReply.StatusOf(refusal.Kind));
        }

        call.Visit.Tell("Your password is changed. Everywhere else you are signed out.");
        return new SeeOther(Pattern);
    }

    private static FormFields NameOf(Call call) => FormFields.With(("name", call.Person.User.Name));

    private async ValueTask<Reply> View(Call call, FormFields name, FormFields password, int status) => Reply.Of(await sessions.List(call.Person), list => new PageReply(
        new Slices.Dashboard_Account_AccountView
        {
            Shell = shells.Plain(call, "Your account", Section.Account),
            Model = new AccountModel(call.Person, name, password, accounts.WithHash(call.Person.User.Email).Hash is not null, list, provider),
        },
        status));
}

/// <param name="HasPassword">Who only comes through the identity provider has none.</param>
internal sealed record AccountModel(LoginCaller Person, FormFields Name, FormFields Password, bool HasPassword, IReadOnlyList<Session> Sessions, string? Provider);
