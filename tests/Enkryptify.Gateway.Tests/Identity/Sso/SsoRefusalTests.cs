using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>Everything that must not sign anybody in. Each row: a page that reflects nothing, the reason in the audit log, and nothing made.</summary>
public class SsoRefusalTests(SsoWorld world) : IClassFixture<SsoWorld>
{
    /// <summary>What the provider is made to say, and what it leads to.</summary>
    public static readonly TheoryData<string, int, string> Lies = new()
    {
        { "wrong nonce", 403, "sso_nonce" },
        { "no nonce", 403, "sso_nonce" },
        { "wrong audience", 403, "sso_audience" },
        { "made for another party", 403, "sso_audience" },
        { "several audiences, no party", 403, "sso_audience" },
        { "expired", 403, "sso_expired" },
        { "not yet valid", 403, "sso_expired" },
        { "wrong issuer", 403, "sso_issuer" },
        { "bad signature", 403, "sso_signature" },
        { "payload exchanged", 403, "sso_signature" },
        { "unknown key", 403, "sso_unknown_key" },
        { "no signature", 403, "sso_token" },
        { "HMAC with the public key", 403, "sso_algorithm" },
        { "PSS", 403, "sso_algorithm" },
        { "short key", 403, "sso_unknown_key" },
        { "not a token", 403, "sso_token" },
        { "no token", 503, "sso_unreachable" },
        { "unverified", 403, "sso_email_unverified" },
        { "verified not said", 403, "sso_email_unverified" },
        { "verified as another word", 403, "sso_email_unverified" },
        { "no e-mail", 403, "sso_email_missing" },
        { "two e-mails in one", 403, "sso_email_missing" },
        { "an address that only looks ASCII in lower case", 403, "sso_email_missing" },
        { "another domain", 403, "sso_not_allowed" },
        { "a subdomain", 403, "sso_not_allowed" },
        { "the domain as a local part", 403, "sso_not_allowed" },
        { "the domain's end", 403, "sso_not_allowed" },
        { "denied", 403, "sso_denied" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task What_the_provider_says_is_judged(string lie, int status, string reason)
    {
        var browser = world.Browser(Visitor.Of("liar@acme.test"));
        Tell(lie);
        var callback = await browser.ThroughProvider();
        await Refused(() => browser.Return(callback), status, reason);

        // The state is used up, whatever came of it.
        world.Gateway.Clock.Advance(TimeSpan.FromMinutes(1));
        await Refused(() => browser.Return(callback), 400, "sso_state");
    }

    [Fact]
    public async Task Just_within_the_skew_is_not_expired()
    {
        var browser = world.Browser(Visitor.Of("late@acme.test"));
        world.Provider.Alter = token => token.SetExpirationDate(world.Gateway.Clock.GetUtcNow() - TimeSpan.FromSeconds(59));
        Assert.Equal(200, (await browser.SignIn()).Status);
    }

    [Theory]
    [InlineData("no state")]
    [InlineData("another state")]
    [InlineData("state twice")]
    [InlineData("no cookie")]
    [InlineData("another browser")]
    [InlineData("too late")]
    public async Task A_sign_in_comes_back_to_the_browser_that_started_it(string what)
    {
        var browser = world.Browser(Visitor.Of("state@acme.test"));
        var callback = await browser.ThroughProvider();
        var state = Parameter(callback, "state");
        switch (what)
        {
            case "no state":
                callback = callback.Replace($"state={state}", "x=y", StringComparison.Ordinal);
                break;
            case "another state":
                callback = callback.Replace(state, new string('A', 43), StringComparison.Ordinal);
                break;
            case "state twice":
                callback += $"&state={state}";
                break;
            case "no cookie":
                browser.Cookies.Clear();
                break;
            case "another browser":
                browser = new SsoBrowser(world.Gateway);
                await browser.Get("/auth/sso/start");
                break;
            default:
                world.Gateway.Clock.Advance(TimeSpan.FromMinutes(10));
                break;
        }

        await Refused(() => browser.Return(callback), 400, "sso_state");
    }

    [Fact]
    public async Task An_answer_works_once()
    {
        var browser = world.Browser(Visitor.Of("once@acme.test"));
        var callback = await browser.ThroughProvider();
        var binding = browser.Cookies[SsoBrowser.Binding];
        Assert.Equal(200, (await browser.Return(callback)).Status);

        browser.Cookies[SsoBrowser.Binding] = binding;
        await Refused(() => browser.Return(callback), 400, "sso_state");
    }

    [Theory]
    [InlineData("another code", 403, "sso_code")]
    [InlineData("no code", 403, "sso_code")]
    [InlineData("another issuer", 403, "sso_issuer")]
    [InlineData("no issuer", 403, "sso_issuer")]
    [InlineData("issuer twice", 403, "sso_issuer")]
    [InlineData("a code of another sign-in", 403, "sso_code")]
    public async Task An_answer_that_was_changed_on_the_way_is_refused(string what, int status, string reason)
    {
        var browser = world.Browser(Visitor.Of("way@acme.test"));
        var callback = await browser.ThroughProvider();
        var (code, issuer) = ("code=" + Parameter(callback, "code"), "iss=" + Parameter(callback, "iss"));
        callback = what switch
        {
            "another code" => callback.Replace(code, "code=<script>alert(1)</script>", StringComparison.Ordinal),
            "no code" => callback.Replace(code, "x=y", StringComparison.Ordinal),
            "another issuer" => callback.Replace(issuer, "iss=https://evil.test/", StringComparison.Ordinal),
            "no issuer" => callback.Replace(issuer, "x=y", StringComparison.Ordinal),
            "issuer twice" => $"{callback}&{issuer}",

            // Injected by an attacker: it was bound to the verifier of their own sign-in (PKCE).
            _ => callback.Replace(code, "code=" + Parameter(await new SsoBrowser(world.Gateway).ThroughProvider(), "code"), StringComparison.Ordinal),
        };
        await Refused(() => browser.Return(callback), status, reason);
    }

    [Fact]
    public async Task A_local_account_is_never_taken_over()
    {
        var id = await world.LocalAccount("local@acme.test");
        var browser = world.Browser(Visitor.Of("LOCAL@acme.test"));
        var callback = await browser.ThroughProvider();
        var page = await Refused(() => browser.Return(callback), 409, "sso_account_exists");
        Assert.Contains("Sign in to it with its password, then link it", page.Body, StringComparison.Ordinal);

        await browser.SignInLocally("local@acme.test");
        var me = (await browser.Me()).Json;
        Assert.Equal((id.ToString("D"), false), ((string)me["id"]!, (bool)me["verified"]!));
    }

    /// <summary>An address that was given to somebody else: they are not the person who had it before.</summary>
    [Fact]
    public async Task Another_subject_with_the_same_address_is_another_person()
    {
        var browser = world.Browser(new Visitor("first", "reused@acme.test", true, null));
        Assert.Equal(200, (await browser.SignIn()).Status);
        var other = world.Browser(new Visitor("second", "reused@acme.test", true, null));
        var callback = await other.ThroughProvider();
        await Refused(() => other.Return(callback), 409, "sso_account_exists");
    }

    [Fact]
    public async Task Who_is_known_still_needs_a_verified_address()
    {
        Assert.Equal(200, (await world.Browser(new Visitor("sub-known", "known@acme.test", true, null)).SignIn()).Status);
        var browser = world.Browser(new Visitor("sub-known", "known@acme.test", false, null));
        var callback = await browser.ThroughProvider();
        await Refused(() => browser.Return(callback), 403, "sso_email_unverified");
    }

    [Fact]
    public async Task A_key_that_is_nowhere_is_asked_for_only_so_often()
    {
        var browser = world.Browser(Visitor.Of("often@acme.test"));
        Tell("unknown key");
        var fetched = world.Provider.KeySets;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(403, (await browser.SignIn()).Status);
        }

        Assert.Equal(fetched + 1, world.Provider.KeySets);
        world.Gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(403, (await browser.SignIn()).Status);
        Assert.Equal(fetched + 2, world.Provider.KeySets);
    }

    private async Task<Answer> Refused(Func<Task<Answer>> act, int status, string reason)
    {
        var before = world.Rows;
        var answer = await act();

        Assert.True(status == answer.Status, answer.Body);
        Assert.Equal(reason, world.LastReason);
        Assert.Equal(before, world.Rows);
        Assert.DoesNotContain("ekgw-session", answer.Headers.GetValueOrDefault("Set-Cookie", ""), StringComparison.Ordinal);
        Assert.Equal(("text/html; charset=utf-8", "no-store", "no-referrer"), (answer.Headers["Content-Type"], answer.Headers["Cache-Control"], answer.Headers["Referrer-Policy"]));
        Assert.Equal(
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", answer.Headers["Content-Security-Policy"]);
        Assert.Matches("<link rel=\"stylesheet\" href=\"/assets/[0-9A-Za-z_-]+/app.css\">", answer.Body);
        Assert.DoesNotContain("script", answer.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("acme.test", answer.Body, StringComparison.OrdinalIgnoreCase);
        return answer;
    }

    private static string Parameter(string callback, string name) =>
        callback.Split('?', '&').Single(part => part.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    private void Tell(string lie)
    {
        var (provider, now) = (world.Provider, world.Gateway.Clock.GetUtcNow());
        Visitor visitor = Visitor.Of("liar@acme.test");
        switch (lie)
        {
            case "wrong nonce":
                provider.Alter = token => token.SetClaim(Claims.Nonce, new string('A', 43)).SetClaim(Claims.Private.Nonce, new string('A', 43));
                break;
            case "no nonce":
                provider.Alter = token => token.RemoveClaims(Claims.Nonce).RemoveClaims(Claims.Private.Nonce);
                break;
            case "wrong audience":
                provider.Alter = token => token.SetAudiences("another").RemoveClaims(Claims.AuthorizedParty);
                break;
            case "made for another party":
                provider.Alter = token => token.SetClaim(Claims.AuthorizedParty, "another");
                break;
            case "several audiences, no party":
                provider.Alter = token => token.SetAudiences(OidcProvider.ClientId, "another").RemoveClaims(Claims.AuthorizedParty);
                break;
            case "expired":
                provider.Alter = token => token.SetCreationDate(now - TimeSpan.FromHours(1)).SetExpirationDate(now - TimeSpan.FromSeconds(60));
                break;
            case "not yet valid":
                provider.Tamper = _ => provider.Sign(new() { ["nbf"] = now.ToUnixTimeSeconds() + 61 });
                break;
            case "wrong issuer":
                provider.Alter = token => token.SetClaim(Claims.Private.Issuer, provider.Issuer.TrimEnd('/'));
                break;
            case "bad signature":
                provider.Tamper = token => token[..^8] + (token[^8] == 'A' ? 'B' : 'A') + token[^7..];
                break;
            case "payload exchanged":
                provider.Tamper = token => $"{token.Split('.')[0]}.{provider.Sign([]).Split('.')[1]}.{token.Split('.')[2]}";
                break;
            case "unknown key":
                provider.Rotate(new RsaSecurityKey(RSA.Create(2048)) { KeyId = "nowhere" }, SecurityAlgorithms.RsaSha256, hidden: true);
                break;
            case "no signature":
                provider.Tamper = token => $"{Encoded("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";
                break;
            case "HMAC with the public key":
                provider.Tamper = token =>
                {
                    var signed = $"{Encoded("""{"alg":"HS256","typ":"JWT","kid":"first"}""")}.{token.Split('.')[1]}";
                    return $"{signed}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(provider.PublicKey, Encoding.ASCII.GetBytes(signed)))}";
                };
                break;
            case "PSS":
                provider.Tamper = token => $"{Encoded("""{"alg":"PS256","typ":"JWT","kid":"first"}""")}.{token.Split('.')[1]}.{token.Split('.')[2]}";
                break;
            case "short key":
                var small = RSA.Create(1024);
                provider.AlsoShown = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(small.ExportParameters(false)) { KeyId = "short" });
                provider.Tamper = _ => provider.Sign([], small, "short");
                break;
            case "not a token":
                provider.Tamper = _ => "<script>.x.y";
                break;
            case "no token":
                provider.Tamper = _ => null;
                break;
            case "denied":
                provider.Denies = true;
                break;
            default:
                visitor = lie switch
                {
                    "unverified" => visitor with { EmailVerified = false },
                    "verified not said" => visitor with { EmailVerified = null },
                    "verified as another word" => visitor with { EmailVerified = "yes" },
                    "no e-mail" => visitor with { Email = null },
                    "two e-mails in one" => visitor with { Email = "a@evil.test@acme.test" },
                    "an address that only looks ASCII in lower case" => visitor with { Email = "boo\u212A@acme.test" },
                    "another domain" => visitor with { Email = "liar@evil.test" },
                    "a subdomain" => visitor with { Email = "liar@evil.acme.test" },
                    "the domain as a local part" => visitor with { Email = "acme.test@evil.test" },
                    "the domain's end" => visitor with { Email = "liar@evilacme.test" },
                    _ => throw new ArgumentException(lie),
                };
                provider.Visitor = visitor;
                break;
        }
    }

    private static string Encoded(string json) => Base64UrlEncoder.Encode(json);
}
