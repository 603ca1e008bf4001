using System.Net;
using System.Security.Cryptography;
using Enkryptify.Gateway.NativeTests.Harness;
using Enkryptify.Gateway.Tests.Identity.Sso;
using Microsoft.IdentityModel.Tokens;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>Sign-in through an identity provider, by the published executable: what checks the provider's tokens has been compiled ahead of time too.</summary>
public class SsoTests
{
    [Fact]
    public async Task A_newcomer_is_signed_in_and_a_forged_token_is_not()
    {
        await using var provider = await OidcProvider.Start();
        await using var gateway = await NativeGateway.StartAsync(new GatewayStart
        {
            Environment = new Dictionary<string, string>
            {
                ["ENKRYPTIFY_SSO_ISSUER"] = provider.Issuer,
                ["ENKRYPTIFY_SSO_CLIENT_ID"] = OidcProvider.ClientId,
                ["ENKRYPTIFY_SSO_CLIENT_SECRET"] = "env:IDENTITY_PROVIDER_SECRET",
                ["IDENTITY_PROVIDER_SECRET"] = OidcProvider.ClientSecret,
                ["ENKRYPTIFY_SSO_ALLOWED_DOMAINS"] = "acme.test",
                ["ENKRYPTIFY_SSO_WORKSPACE"] = "acme",
            },
        });
        provider.RedirectUri = new Uri(gateway.Url, "/auth/sso/callback").AbsoluteUri;

        // Both families of algorithms, by keys that stand in one key set.
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        provider.Rotate(new ECDsaSecurityKey(curve) { KeyId = "second" }, SecurityAlgorithms.EcdsaSha256);
        Assert.Equal((HttpStatusCode.OK, "ann@acme.test"), await SignInAsync(gateway));
        provider.Reform();
        Assert.Equal((HttpStatusCode.OK, "ann@acme.test"), await SignInAsync(gateway));

        provider.Tamper = token => token[..^8] + (token[^8] == 'A' ? 'B' : 'A') + token[^7..];
        Assert.Equal((HttpStatusCode.Forbidden, null), await SignInAsync(gateway));
    }

    /// <summary>As a browser goes: to the provider and back, with cookies. The status of the last page, and who is signed in then.</summary>
    private static async Task<(HttpStatusCode Status, string? Email)> SignInAsync(NativeGateway gateway)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer() });
        using var page = await browser.GetAsync(new Uri(gateway.Url, "/auth/sso/start"));
        using var session = await browser.GetAsync(new Uri(gateway.Url, "/auth/session"));
        using var me = System.Text.Json.JsonDocument.Parse(await session.Content.ReadAsStringAsync());
        return (page.StatusCode, session.IsSuccessStatusCode ? me.RootElement.GetProperty("email").GetString() : null);
    }
}
