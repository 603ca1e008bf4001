using System.Net;
using System.Text.Json;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>
/// Sign-in through an identity provider: the published executable and OpenIddict, each a process of its own, and a browser's part played by an
/// HTTP client with cookies. Every clause in the small is in the tests of Identity/Sso.
/// </summary>
public class SsoTests
{
    [Theory]
    [InlineData("one-key")]
    [InlineData("two-keys")]
    public async Task A_newcomer_is_signed_in_and_lies_are_not(string keys)
    {
        await using var provider = await IdentityProvider.StartAsync(keys);
        await using var gateway = await GatewayAsync(provider);
        var back = new Uri(gateway.Url, "/auth/sso/callback").AbsoluteUri;
        provider.Tell(back, "");
        Assert.Equal((HttpStatusCode.OK, "ann@acme.test"), await SignInAsync(gateway));
        foreach (var lie in new[] { "nonce", "audience", "expired", "signature" })
        {
            provider.Tell(back, lie);
            var (status, email) = await SignInAsync(gateway);
            Assert.Equal((lie, HttpStatusCode.Forbidden, null), (lie, status, email));
        }

        provider.Tell(back, "");
        Assert.Equal((HttpStatusCode.OK, "ann@acme.test"), await SignInAsync(gateway));
    }

    [Fact]
    public async Task A_wrong_state_is_refused_and_a_provider_that_is_down_leaves_the_owners_own_sign_in()
    {
        await using var provider = await IdentityProvider.StartAsync();
        await using var gateway = await GatewayAsync(provider);
        provider.Tell(new Uri(gateway.Url, "/auth/sso/callback").AbsoluteUri, "");

        // A state that this browser never had; and its own state with a letter changed.
        using (var browser = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, CookieContainer = new CookieContainer() }))
        {
            using var start = await browser.GetAsync(new Uri(gateway.Url, "/auth/sso/start"));
            using var callback = await browser.GetAsync(start.Headers.Location);
            var returned = callback.Headers.Location!.OriginalString;
            var state = returned.IndexOf("state=", StringComparison.Ordinal) + 6;
            using var wrong = await browser.GetAsync(returned[..state] + (returned[state] == 'A' ? 'B' : 'A') + returned[(state + 1)..]);
            Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
            using var session = await browser.GetAsync(new Uri(gateway.Url, "/auth/session"));
            Assert.Equal(HttpStatusCode.Unauthorized, session.StatusCode);

            // A good answer of the provider, which is gone when its code is to be redeemed.
            using var again = await browser.GetAsync(new Uri(gateway.Url, "/auth/sso/start"));
            using var good = await browser.GetAsync(again.Headers.Location);
            await provider.KillAsync();
            using var unredeemed = await browser.GetAsync(good.Headers.Location);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, unredeemed.StatusCode);
            using var nobody = await browser.GetAsync(new Uri(gateway.Url, "/auth/session"));
            Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        }

        var owner = QuickStart.Read(gateway);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var login = await http.PostAsync(
            new Uri(gateway.Url, "/v1/auth/login"),
            new StringContent($$"""{"email":"{{owner.Email}}","password":"{{owner.Password}}"}""", null, "application/json"));
        Assert.Equal(HttpStatusCode.OK, login.StatusCode);

        await provider.RunAsync();
        Assert.Equal((HttpStatusCode.OK, "ann@acme.test"), await SignInAsync(gateway));
    }

    private static Task<NativeGateway> GatewayAsync(IdentityProvider provider) => NativeGateway.StartAsync(new GatewayStart
    {
        Environment = new Dictionary<string, string>
        {
            ["ENKRYPTIFY_SSO_ISSUER"] = provider.Issuer,
            ["ENKRYPTIFY_SSO_CLIENT_ID"] = IdentityProvider.ClientId,
            ["ENKRYPTIFY_SSO_CLIENT_SECRET"] = "env:IDENTITY_PROVIDER_SECRET",
            ["IDENTITY_PROVIDER_SECRET"] = IdentityProvider.ClientSecret,
            ["ENKRYPTIFY_SSO_ALLOWED_DOMAINS"] = "acme.test",
            ["ENKRYPTIFY_SSO_WORKSPACE"] = "acme",
        },
    });

    /// <summary>As a browser goes: to the provider and back, with cookies. The status of the last page, and who is signed in then.</summary>
    private static async Task<(HttpStatusCode Status, string? Email)> SignInAsync(NativeGateway gateway)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer() });
        using var page = await browser.GetAsync(new Uri(gateway.Url, "/auth/sso/start"));
        using var session = await browser.GetAsync(new Uri(gateway.Url, "/auth/session"));
        using var me = JsonDocument.Parse(await session.Content.ReadAsStringAsync());
        return (page.StatusCode, session.IsSuccessStatusCode ? me.RootElement.GetProperty("email").GetString() : null);
    }
}
