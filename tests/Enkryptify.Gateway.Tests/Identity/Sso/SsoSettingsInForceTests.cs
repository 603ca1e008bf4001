using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Tests.TestKit;
using OpenIddict.Abstractions;

namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>What each key of [sso] does to a gateway that runs.</summary>
public class SsoSettingsInForceTests
{
    [Fact]
    public async Task Without_the_section_there_is_no_such_route()
    {
        await using var gateway = await TestGateway.Start();
        Assert.Equal((404, "route_not_found"), Of(await gateway.Anonymous.Get("/auth/sso/start")));
        Assert.Equal((404, "route_not_found"), Of(await gateway.Anonymous.Get("/auth/sso/callback?state=x&code=y")));

        static (int, string) Of(Answer answer) => (answer.Status, answer.Code);
    }

    [Fact]
    public async Task Nobody_new_is_let_in_when_nobody_is_allowed()
    {
        await using var world = await SsoWorld.Start(null, ("sso.allowed_domains", ""), ("sso.allowed_emails", ""));
        var answer = await world.Browser(Visitor.Of("ann@acme.test")).SignIn();
        Assert.Equal((403, "sso_not_allowed"), (answer.Status, world.LastReason));
    }

    [Fact]
    public async Task Without_a_workspace_a_newcomer_joins_none()
    {
        await using var world = await SsoWorld.Start(null, ("sso.workspace", ""));
        var before = world.Rows.Members;
        Assert.Equal(200, (await world.Browser(Visitor.Of("ann@acme.test")).SignIn()).Status);
        Assert.Equal(before, world.Rows.Members);
    }

    [Fact]
    public async Task A_workspace_that_is_not_there_makes_no_account()
    {
        await using var world = await SsoWorld.Start(null, ("sso.workspace", "nowhere"));
        var before = world.Rows;
        var answer = await world.Browser(Visitor.Of("ann@acme.test")).SignIn();
        Assert.Equal((409, "sso_workspace_missing"), (answer.Status, world.LastReason));
        Assert.Equal(before, world.Rows);
    }

    [Fact]
    public async Task Other_claims_are_the_address_and_its_proof()
    {
        await using var world = await SsoWorld.Start(null, ("sso.email_claim", "mail"), ("sso.name_claim", "nick"), ("sso.role", "member"));
        world.Browser(Visitor.Of("ignored@acme.test"));
        world.Provider.Tamper = _ => world.Provider.Sign(new() { ["mail"] = "ann@acme.test", ["nick"] = "Annie" });
        Assert.Equal(403, (await new SsoBrowser(world.Gateway).SignIn()).Status);
        Assert.Equal("sso_email_unverified", world.LastReason);

        world.Provider.Tamper = _ => world.Provider.Sign(new() { ["mail"] = "ann@acme.test", ["nick"] = "Annie", ["mail_verified"] = true });
        var browser = new SsoBrowser(world.Gateway);
        Assert.Equal(200, (await browser.SignIn()).Status);
        var me = (await browser.Me()).Json;
        Assert.Equal(("ann@acme.test", "Annie"), ((string)me["email"]!, (string)me["name"]!));
        Assert.Equal("member", (string)(await world.Member("ann@acme.test"))!["role"]!);
    }

    [Fact]
    public async Task A_provider_with_a_ca_of_its_own_is_trusted_by_that_ca_alone()
    {
        using var ca = Authority("The company");
        using var stranger = Authority("Somebody");
        var (own, other) = (WritePem(ca), WritePem(stranger));
        await using (var world = await SsoWorld.Start(await OidcProvider.Start(Server(ca)), ("sso.ca_file", own)))
        {
            Assert.StartsWith("https://127.0.0.1:", world.Provider.Issuer, StringComparison.Ordinal);
            Assert.Equal(200, (await world.Browser(Visitor.Of("ann@acme.test")).SignIn()).Status);
        }

        foreach (var file in (string[])[other, ""])
        {
            await using var world = await SsoWorld.Start(await OidcProvider.Start(Server(ca)), ("sso.ca_file", file));
            var answer = await world.Browser(Visitor.Of("ann@acme.test")).Get("/auth/sso/start");
            Assert.Equal((503, "sso_unreachable"), (answer.Status, world.LastReason));
        }

        File.Delete(own);
        File.Delete(other);
    }

    [Theory]
    [InlineData("sso.client_secret", "file:/nowhere/secret", "client secret cannot be read")]
    [InlineData("sso.client_secret", "env:ENKRYPTIFY_TEST_NOT_SET", "ENKRYPTIFY_TEST_NOT_SET")]
    [InlineData("sso.ca_file", "/nowhere/ca.pem", "sso.ca_file")]
    [InlineData("sso.ca_file", "/dev/null", "holds no PEM certificate")]
    public async Task A_gateway_that_cannot_use_a_setting_does_not_start(string key, string value, string message)
    {
        await using var provider = await OidcProvider.Start();
        var error = await Assert.ThrowsAsync<UnusableSettingException>(() => SsoWorld.Start(provider, (key, value)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_secret_that_others_can_read_is_refused()
    {
        var file = Path.GetTempFileName();
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        await using var provider = await OidcProvider.Start();
        var error = await Assert.ThrowsAsync<UnusableSettingException>(() => SsoWorld.Start(provider, ("sso.client_secret", $"file:{file}")));
        Assert.Contains("chmod 600", error.Message, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task Both_routes_count_against_the_limit_of_an_address()
    {
        await using var world = await SsoWorld.Start(null, ("rate_limits.requests_per_minute_per_address", "2"));
        var browser = new SsoBrowser(world.Gateway);
        Assert.Equal(302, (await browser.Get("/auth/sso/start")).Status);
        Assert.Equal(400, (await browser.Return("/auth/sso/callback")).Status);
        foreach (var path in (string[])["/auth/sso/start", "/auth/sso/callback"])
        {
            var answer = await browser.Get(path);
            Assert.Equal(429, answer.Status);
            Assert.True(answer.Headers.ContainsKey("Retry-After"));
        }
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 Server(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=provider", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var issued = request.Create(authority, now.AddHours(-1), now.AddHours(1), [1, 2, 3]);
        using var whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    private static string WritePem(X509Certificate2 certificate)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return file;
    }
}
