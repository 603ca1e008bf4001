using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// The dashboard's sign-in, outside <c>/v1</c>, which never looks at cookies: POST /auth/session signs in, GET says who is signed in, DELETE signs
/// out. The cookie is opaque, <c>HttpOnly</c>, <c>SameSite=Strict</c>, and <c>Secure</c> with the <c>__Host-</c> prefix where the public URL is HTTPS.
/// </summary>
internal sealed class DashboardSession(SignIn signIn, Sessions sessions, SessionCookie cookie)
{
    private const string Pattern = "/auth/session";

    public void Map(RouteTable routes)
    {
        var why = RouteAccess.Anonymous("e-mail and password, or the session's own cookie, are the proof, checked here");
        routes.Post(Pattern, why, SignInHandler);
        routes.Get(Pattern, why, Show);
        routes.Delete(Pattern, why, SignOut);
    }

    private async ValueTask<Reply> SignInHandler(Call call)
    {
        if (CrossSite.Refuses(call.Context.Request) is { } foreign)
        {
            return Reply.Refused(foreign);
        }

        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (email, password) = Login.Credentials(body);
        if (body.Problem is { } problem)
        {
            return Reply.Refused(problem);
        }

        var (outcome, wait) = await Begin(call, "POST " + Pattern, email, password);
        return outcome.Refused(out var refusal, out var account)
            ? Login.Refused(call, refusal, wait)
            : Reply.Ok(MeBody.Of(account, null), IdentityJson.Default.MeBody);
    }

    /// <summary>Signs in with e-mail and password and gives the browser its cookie, or says why not and how long to wait.</summary>
    public async ValueTask<(Outcome<Account> Outcome, TimeSpan Wait)> Begin(Call call, string route, string email, Sensitive password)
    {
        var result = await signIn.Prove(route, email, password, call);
        return result.Refusal is { } refusal ? (refusal, result.Wait) : (await Begin(call, result.Proof!), default);
    }

    /// <summary>Gives the browser the session of a proof.</summary>
    public async ValueTask<Outcome<Account>> Begin(Call call, SignInProof proof)
    {
        // What the browser held before ends with this sign-in, and is never taken over.
        if (await cookie.Caller(call) is { } before)
        {
            await sessions.End(before, before.Session.Id);
        }

        if ((await sessions.StartDashboard(proof, call.Address, call.Agent, call.RequestId)).Refused(out var ended, out var value))
        {
            return ended;
        }

        cookie.Set(call.Context.Response, value);
        return proof.Account;
    }

    private async ValueTask<Reply> Show(Call call) => await cookie.Caller(call) is { } caller
        ? Reply.Ok(MeBody.Of(caller.User, null), IdentityJson.Default.MeBody)
        : Reply.Refused(Refusal.Unauthenticated("no_session"));

    private async ValueTask<Reply> SignOut(Call call)
    {
        if (CrossSite.Refuses(call.Context.Request) is { } foreign)
        {
            return Reply.Refused(foreign);
        }

        if (await cookie.Caller(call) is not { } caller)
        {
            return Reply.Refused(Refusal.Unauthenticated("no_session"));
        }

        cookie.Clear(call.Context.Response);
        return Reply.Of(await sessions.End(caller, caller.Session.Id), _ => Reply.Success());
    }
}

/// <summary>The cookie of a dashboard session.</summary>
internal sealed class SessionCookie(Sessions sessions, string publicUrl)
{
    private readonly bool secure = publicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    public string Name => secure ? "__Host-ekgw-session" : "ekgw-session";

    public void Set(HttpResponse response, Sensitive value) => response.Cookies.Append(Name, value.Reveal(), Options());

    public void Clear(HttpResponse response) => response.Cookies.Delete(Name, Options());

    /// <summary>What the browser sent, whether it opens anything or not.</summary>
    public Sensitive? ValueOf(HttpRequest request) => request.Cookies[Name] is { Length: > 0 and < 128 } value ? new Sensitive(value) : null;

    /// <summary>Who holds the request's cookie, while its session is open.</summary>
    public async ValueTask<LoginCaller?> Caller(Call call) =>
        ValueOf(call.Context.Request) is { } value && await sessions.FindByCookie(value) is { } session
            ? new LoginCaller(session, call.Address, call.RequestId)
            : null;

    /// <summary>No expiry: it ends with the browser, and the session's own limits end it before.</summary>
    private CookieOptions Options() => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = secure, Path = "/" };
}

/// <summary>
/// Refuses a change that another site's page sends with the browser's cookie. Browsers that send <c>Sec-Fetch-Site</c> are believed; from others
/// <c>Origin</c> must name this host. A request with neither comes from no page.
/// </summary>
internal static class CrossSite
{
    public static Refusal? Refuses(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        var own = site.Length > 0
            ? site is "same-origin" or "none"
            : origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
        return own ? null : new Refusal(RefusalKind.Forbidden, "cross_site", "A page of another site may not do this");
    }
}
