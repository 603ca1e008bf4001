using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>Sign-in through the company's identity provider, put together. Without <c>[sso]</c> there is none, and its routes do not exist.</summary>
internal sealed class SsoSignIn : IDisposable
{
    private readonly Provider provider;
    private readonly StartSso start;
    private readonly SsoCallback callback;

    /// <exception cref="UnusableSettingException">The client secret or the CA file cannot be read.</exception>
    public SsoSignIn(
        SsoConfig config, string publicUrl, Database database, Sessions sessions, SessionCookie session, AuditTrail audit, SsoEnd end,
        TimeProvider time, ILogger<SsoSignIn> log)
    {
        provider = new Provider(config, publicUrl, time, log);
        var (open, browser) = (new OpenSignIns(time), new SsoCookie(publicUrl));
        start = new StartSso(provider, open, browser, session, end);
        callback = new SsoCallback(
            provider, new IdToken(config, provider, time), open, new SsoAccounts(config, database, sessions, audit, time), sessions, browser, session,
            config.Issuer, end);
    }

    public void Map(RouteTable routes)
    {
        start.Map(routes);
        callback.Map(routes);
    }

    public void Dispose() => provider.Dispose();
}
