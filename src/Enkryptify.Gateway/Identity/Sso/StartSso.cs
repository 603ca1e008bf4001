using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>
/// GET /auth/sso/start: sends the browser to the provider. With <c>?link=true</c>, from the dashboard, what comes back is linked to the account
/// that is signed in there.
/// </summary>
internal sealed class StartSso(Provider provider, OpenSignIns open, SsoCookie browser, SessionCookie session, SsoEnd end)
{
    private const string Path = "/auth/sso/start";

    public void Map(RouteTable routes) => routes.Get(Path, RouteAccess.Anonymous("begins a sign-in; the provider is to prove who it is"), Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        Guid? linkTo = null;
        if (call.Flag("link").Refused(out var malformed, out var link))
        {
            return Reply.Refused(malformed);
        }

        if (link)
        {
            // Only the dashboard's own page links: another site's could link its visitor's account to somebody else's identity.
            if (CrossSite.Refuses(call.Context.Request) is not null || await session.Caller(call) is not { } person)
            {
                return await end.Refuse(call, SsoRefusal.SignInFirst);
            }

            linkTo = person.Session.Id;
        }

        if ((await provider.Metadata()).Refused(out var refusal, out var metadata))
        {
            return await end.Refuse(call, refusal);
        }

        if (open.Open(call.Network, linkTo) is not var (state, cookie, signIn))
        {
            return await end.Refuse(call, SsoRefusal.Busy);
        }

        browser.Set(call.Context.Response, cookie);
        return new ToProvider(provider.AuthorizationUrl(metadata, state, signIn));
    }
}

/// <summary>
/// Binds a sign-in to the browser that started it. <c>SameSite=Lax</c>, since it has to come along when the provider's site sends the browser back;
/// it opens nothing.
/// </summary>
internal sealed class SsoCookie(string publicUrl)
{
    private readonly bool secure = publicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    public string Name => secure ? "__Host-ekgw-sso" : "ekgw-sso";

    public void Set(HttpResponse response, Sensitive value) => response.Cookies.Append(Name, value.Reveal(), Options(OpenSignIns.Lifetime));

    public string? Take(Call call)
    {
        var value = call.Context.Request.Cookies[Name];
        if (value is not null)
        {
            call.Context.Response.Cookies.Delete(Name, Options(null));
        }

        return value;
    }

    private CookieOptions Options(TimeSpan? lifetime) => new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = secure, Path = "/", MaxAge = lifetime };
}
