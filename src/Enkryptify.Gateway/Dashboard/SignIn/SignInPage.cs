using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Dashboard.SignIn;

/// <summary>GET, POST /sign-in: e-mail and password, or the company's identity provider where there is one. Afterwards back to <c>next</c>, if it is a path of ours.</summary>
/// <param name="provider">The host of the company's identity provider; null where there is none.</param>
internal sealed class SignInPage(Shells shells, DashboardSession session, Accounts accounts, FirstOwner first, string? provider)
{
    private const string Pattern = "/sign-in";

    public void Map(RouteTable routes)
    {
        var why = RouteAccess.OpenPage("whoever is not signed in signs in here");
        routes.Get(Pattern, why, Show);
        routes.Post(Pattern, why, Post);
    }

    private ValueTask<Reply> Show(Call call)
    {
        var next = OwnPath.Of(call.Context.Request.Query["next"].ToString()) ?? "/";
        if (call.Visitor is not null)
        {
            return ValueTask.FromResult<Reply>(new SeeOther(next));
        }

        if (first.IsOpen && !accounts.Any())
        {
            return ValueTask.FromResult<Reply>(new SeeOther("/first-owner"));
        }

        return ValueTask.FromResult<Reply>(View(call, FormFields.With(("next", next)), 200, ended: call.Context.Request.Query.ContainsKey("ended")));
    }

    private async ValueTask<Reply> Post(Call call)
    {
        var form = call.Form;
        var (email, password) = (form.Line("email").ToLowerInvariant(), form.Secret("password"));
        form.Complain("email", email.Length is 0 ? "Type your e-mail address" : email.Length > 254 ? "This is too long for an e-mail address" : null);
        form.Complain("password", password.Reveal().Length is 0 ? "Type your password" : password.Reveal().Length > Passwords.MaxLength ? "This is too long for a password" : null);
        if (form.HasProblems)
        {
            return View(call, form, 400);
        }

        var (outcome, wait) = await session.Begin(call, "POST " + Pattern, email, password);
        if (outcome.Refusal is not { } refusal)
        {
            return new SeeOther(OwnPath.Of(form["next"]) ?? "/");
        }

        if (wait > TimeSpan.Zero)
        {
            Login.RetryAfter(call, wait);
        }

        form.Complain(refusal.Kind == RefusalKind.RateLimited
            ? $"Too many attempts. Wait {Waiting.Words(wait)}, then try again."
            : "E-mail or password is wrong.");
        return View(call, form, RefusalReply.StatusOf(refusal.Kind));
    }

    private PageReply View(Call call, FormFields form, int status, bool ended = false) => new(
        new Slices.Dashboard_SignIn_SignInView { Shell = shells.Plain(call, "Sign in"), Model = new SignInModel(form, provider, ended) }, status);
}

/// <param name="Provider">The host of the identity provider; null where there is none.</param>
/// <param name="Ended">The browser came with a session that is over.</param>
internal sealed record SignInModel(FormFields Form, string? Provider, bool Ended);
