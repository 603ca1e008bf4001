using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>A person with a local account makes the provider another way into it.</summary>
public class SsoLinkTests(SsoWorld world) : IClassFixture<SsoWorld>
{
    [Fact]
    public async Task A_linked_account_is_entered_through_the_provider_and_counts_as_verified()
    {
        var id = await world.LocalAccount("link@acme.test");
        var browser = world.Browser(Visitor.Of("link@acme.test"));
        await browser.SignInLocally("link@acme.test");
        var login = await Login("link@acme.test");
        Assert.False((bool)(await login.Get("/v1/me")).Json["verified"]!);
        var session = browser.Cookies[SsoBrowser.Session];

        var answer = await browser.Link();
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Contains("Your account is linked", answer.Body, StringComparison.Ordinal);
        Assert.Equal(session, browser.Cookies[SsoBrowser.Session]);
        Assert.True((bool)(await browser.Me()).Json["verified"]!);
        Assert.True((bool)(await login.Get("/v1/me")).Json["verified"]!);
        var entry = AuditTail.Entries(world.Gateway).Last(entry => (string?)entry["data"]?["fields"] == "identity");
        Assert.Equal(("link@acme.test", "sub-link@acme.test", true), ((string)entry["actor"]!["name"]!, (string)entry["data"]!["subject"]!, (bool)entry["data"]!["verified"]!));

        var later = new SsoBrowser(world.Gateway);
        Assert.Equal(200, (await later.SignIn()).Status);
        Assert.Equal(id.ToString("D"), (string)(await later.Me()).Json["id"]!);

        // Linking is no way into a workspace, and done twice it is done once.
        Assert.Null(await world.Member("link@acme.test"));
        Assert.Equal(200, (await browser.Link()).Status);
    }

    [Fact]
    public async Task Another_address_at_the_provider_proves_nothing_about_this_one()
    {
        await world.LocalAccount("here@elsewhere.test");
        var browser = world.Browser(Visitor.Of("there@other.test"));
        await browser.SignInLocally("here@elsewhere.test");

        Assert.Equal(200, (await browser.Link()).Status);
        Assert.False((bool)(await browser.Me()).Json["verified"]!);
    }

    [Fact]
    public async Task An_identity_belongs_to_one_account()
    {
        Assert.Equal(200, (await world.Browser(Visitor.Of("taken@acme.test")).SignIn()).Status);
        await world.LocalAccount("greedy@acme.test");
        var browser = world.Browser(Visitor.Of("taken@acme.test"));
        await browser.SignInLocally("greedy@acme.test");
        await Refused(browser, () => browser.Link(), 409, "sso_linked_elsewhere");
    }

    [Fact]
    public async Task An_unverified_address_links_nothing()
    {
        await world.LocalAccount("unproven@acme.test");
        var browser = world.Browser(Visitor.Of("unproven@acme.test") with { EmailVerified = false });
        await browser.SignInLocally("unproven@acme.test");
        await Refused(browser, () => browser.Link(), 403, "sso_email_unverified");
    }

    [Theory]
    [InlineData("signed out", "same-origin")]
    [InlineData("a link on another site", "cross-site")]
    [InlineData("another host of ours", "same-site")]
    public async Task Only_the_dashboard_of_a_signed_in_person_links(string what, string site)
    {
        await world.LocalAccount($"{site}@acme.test");
        var browser = world.Browser(Visitor.Of("evil@acme.test"));
        await browser.SignInLocally($"{site}@acme.test");

        // The cookie comes along even from elsewhere: not every browser keeps SameSite.
        var session = what == "signed out" ? "none" : browser.Cookies[SsoBrowser.Session];
        var answer = await world.Gateway.Anonymous.Send(HttpMethod.Get, "/auth/sso/start?link=true", null, request =>
        {
            request.Headers.Add("Sec-Fetch-Site", site);
            request.Headers.Add("Cookie", $"{SsoBrowser.Session}={session}");
        });
        Assert.Equal(401, answer.Status);
        Assert.Equal("sso_link_signed_out", world.LastReason);
        Assert.DoesNotContain("Set-Cookie", answer.Headers.Keys);
    }

    [Fact]
    public async Task Whoever_signed_out_meanwhile_links_nothing()
    {
        await world.LocalAccount("gone@acme.test");
        var browser = world.Browser(Visitor.Of("gone@acme.test"));
        await browser.SignInLocally("gone@acme.test");
        var callback = await browser.ThroughProvider(link: true);
        var signedOut = await world.Gateway.Anonymous.Send(
            HttpMethod.Delete, "/auth/session", null, request => request.Headers.Add("Cookie", $"{SsoBrowser.Session}={browser.Cookies[SsoBrowser.Session]}"));
        Assert.Equal(200, signedOut.Status);

        await Refused(browser, () => browser.Return(callback), 401, "sso_link_signed_out");
    }

    /// <summary>Sent to a victim, the attacker's own answer must not link the attacker's identity to the victim's account.</summary>
    [Fact]
    public async Task An_answer_to_somebody_elses_link_is_of_no_use()
    {
        await world.LocalAccount("victim@acme.test");
        await world.LocalAccount("attacker@acme.test");
        var attacker = world.Browser(Visitor.Of("attacker@acme.test"));
        await attacker.SignInLocally("attacker@acme.test");
        var callback = await attacker.ThroughProvider(link: true);
        var victim = new SsoBrowser(world.Gateway);
        await victim.SignInLocally("victim@acme.test");

        await Refused(victim, () => victim.Get(callback), 400, "sso_state");
    }

    [Fact]
    public async Task A_misspelt_flag_is_a_mistake() => Assert.Equal(400, (await world.Browser(Visitor.Of("x@acme.test")).Get("/auth/sso/start?link=yes")).Status);

    private async Task Refused(SsoBrowser browser, Func<Task<Answer>> act, int status, string reason)
    {
        var before = world.Rows;
        var answer = await act();
        Assert.True(status == answer.Status, answer.Body);
        Assert.Equal(reason, world.LastReason);
        Assert.Equal(before, world.Rows);
        Assert.DoesNotContain(SsoBrowser.Binding, browser.Cookies.Keys);
    }

    private async Task<Api> Login(string email)
    {
        var answer = await world.Gateway.Anonymous.Post("/v1/auth/login", Json.Of(("email", email), ("password", SsoWorld.Password)));
        Assert.Equal(200, answer.Status);
        return world.Gateway.Bearer((string)answer.Json["accessToken"]!);
    }
}
