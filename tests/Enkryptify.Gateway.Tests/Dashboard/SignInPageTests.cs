using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

public class SignInPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Session = "__Host-ekgw-session";
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task A_person_signs_in_and_comes_to_where_they_wanted()
    {
        var person = await gateway.People.Join("member");
        var browser = new PageBrowser(gateway);
        await browser.Get("/account?tab=1");
        await browser.Follow();
        Assert.Equal(200, browser.Page.Status);
        await browser.Post("/sign-in", ("next", "/account?tab=1"), ("email", person.Email.ToUpperInvariant()), ("password", People.Password));
        Assert.Equal((303, "/account?tab=1"), (browser.Page.Status, browser.Location));
        Assert.Contains(person.Email, (await browser.Follow()).Body, StringComparison.Ordinal);
        Assert.Equal("/", (await browser.Get("/sign-in")).Headers["Location"]);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/\n/evil.example")]
    [InlineData(" //evil.example")]
    [InlineData("evil")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\u2028/x")]
    public async Task Where_to_go_next_is_a_path_of_our_own_or_the_start(string next)
    {
        var person = await gateway.People.Join("member");
        var browser = new PageBrowser(gateway);
        await browser.Get("/sign-in?next=" + Uri.EscapeDataString(next));
        Assert.Contains("name=\"next\" value=\"/\"", browser.Page.Body, StringComparison.Ordinal);
        await browser.Post("/sign-in", ("next", next), ("email", person.Email), ("password", People.Password));
        Assert.Equal((303, "/"), (browser.Page.Status, browser.Location));
        Assert.Equal((303, "/"), ((await browser.Get("/sign-in?next=" + Uri.EscapeDataString(next))).Status, browser.Location));
    }

    [Fact]
    public async Task A_wrong_password_is_told_in_words_and_what_was_typed_stays_but_for_the_password()
    {
        var person = await gateway.People.Join("member");
        var browser = new PageBrowser(gateway);
        await browser.Get("/sign-in");
        await browser.Post("/sign-in", ("next", "/account"), ("email", person.Email), ("password", "wrong-password-canary"));
        Assert.Equal(401, browser.Page.Status);
        Assert.Contains("E-mail or password is wrong", browser.Text, StringComparison.Ordinal);
        Assert.Contains($"value=\"{person.Email}\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("name=\"next\" value=\"/account\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", browser.Page.Body, StringComparison.Ordinal);
        Assert.Null(browser.Cookie(Session));
        var unknown = new PageBrowser(gateway);
        await unknown.Get("/sign-in");
        await unknown.Post("/sign-in", ("email", "nobody@acme.test"), ("password", "wrong-password-canary"));
        Assert.Equal((401, true), (unknown.Page.Status, unknown.Text.Contains("E-mail or password is wrong", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_missing_is_told_beside_its_field()
    {
        var browser = new PageBrowser(gateway);
        await browser.Get("/sign-in");
        await browser.Post("/sign-in", ("email", ""), ("password", ""));
        Assert.Equal(400, browser.Page.Status);
        Assert.Contains("aria-describedby=\"e-email\" aria-invalid=\"true\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("id=\"e-password\"", browser.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_keeps_being_wrong_is_told_how_long_to_wait()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var person = await own.People.Join("member");
        var browser = new PageBrowser(own);
        for (var i = 0; i < 12; i++)
        {
            await browser.Get("/sign-in");
            await browser.Post("/sign-in", ("email", person.Email), ("password", "wrong password"));
        }

        Assert.Equal(429, browser.Page.Status);
        Assert.Matches(@"Too many attempts\. Wait \d+ (second|minute)s?", browser.Text);
        Assert.True(int.Parse(browser.Page.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public async Task A_session_that_is_over_is_told_kindly_and_leads_back()
    {
        var person = await gateway.People.Join("member");
        var browser = await PageBrowser.Of(gateway, person.Email);
        await person.Api.Post("/v1/auth/cli/logout", Json.Of(("all", true)));
        await browser.Get("/account");
        Assert.Equal((303, "/sign-in?next=%2Faccount&ended=true"), (browser.Page.Status, browser.Location));
        await browser.Follow();
        Assert.Contains("Your session has ended", browser.Text, StringComparison.Ordinal);
        Assert.Null(browser.Cookie(Session));
        await browser.Post("/sign-in", ("next", "/account"), ("email", person.Email), ("password", People.Password));
        Assert.Equal("/account", browser.Location);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_not_only_the_cookie()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("member")).Email);
        var held = browser.Cookie(Session)!;
        await browser.Get("/account");
        await browser.Post("/sign-out");
        Assert.Equal((303, "/sign-in"), (browser.Page.Status, browser.Location));
        Assert.Null(browser.Cookie(Session));
        browser.Plant(Session, held);
        Assert.Equal(303, (await browser.Get("/account")).Status);
    }

    /// <summary>Else another site could sign its visitor in to the attacker's account.</summary>
    [Fact]
    public async Task The_sign_in_form_too_is_bound_to_the_browser_it_was_shown_to()
    {
        var person = await gateway.People.Join("member");
        var attacker = new PageBrowser(gateway);
        await attacker.Get("/sign-in");
        var victim = new PageBrowser(gateway);
        await victim.PostBare("/sign-in", "same-origin", ("_form", attacker.Token!), ("email", person.Email), ("password", People.Password));
        Assert.Equal(403, victim.Page.Status);
        Assert.Null(victim.Cookie(Session));
        await attacker.PostBare("/sign-in", "cross-site", ("_form", attacker.Token!), ("email", person.Email), ("password", People.Password));
        Assert.Equal(403, attacker.Page.Status);
    }

    [Fact]
    public async Task A_link_from_another_site_goes_on_from_our_own_page()
    {
        var browser = new PageBrowser(gateway);
        var answer = await browser.Get("/oauth/device?user_code=%22%3E%3Cscript%3E", site: "cross-site");
        Assert.Equal(200, answer.Status);
        Assert.Contains("content=\"0; url=/oauth/device?user_code=%22%3E%3Cscript%3E\"", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", answer.Body, StringComparison.Ordinal);
        Assert.Equal(303, (await browser.Get("/oauth/device", site: "same-origin")).Status);
    }
}
