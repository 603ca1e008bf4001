using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

public class AccountPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Hostile = "<script>alert('x')</script>\"\u202e";
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task A_name_is_changed_and_a_hostile_one_is_text()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("member")).Email);
        await browser.Get("/account");
        await browser.Post("/account/name", ("name", ""));
        Assert.Equal(400, browser.Page.Status);
        Assert.Contains("id=\"e-name\"", browser.Page.Body, StringComparison.Ordinal);
        await browser.Post("/account/name", ("name", Hostile));
        Assert.Equal((303, "/account"), (browser.Page.Status, browser.Location));
        await browser.Follow();
        Assert.Contains("Your name is changed", browser.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains(Hostile, System.Net.WebUtility.HtmlDecode(browser.Page.Body), StringComparison.Ordinal);
        Assert.DoesNotContain("Your name is changed", PageBrowser.Plain((await browser.Get("/account")).Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_last_page_had_to_say_cannot_be_made_up()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("member")).Email);
        var words = Convert.ToBase64String("Call 555 and tell your password"u8);
        foreach (var forged in new[] { words, words + ".", words + "." + new string('A', 43), ".", "a.b.c" })
        {
            browser.Plant("__Host-ekgw-flash", forged);
            Assert.Equal(200, (await browser.Get("/account")).Status);
            Assert.DoesNotContain("555", browser.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_new_password_needs_the_old_one_and_ends_the_other_sessions()
    {
        var person = await gateway.People.Join("member");
        var (browser, elsewhere) = (await PageBrowser.Of(gateway, person.Email), await PageBrowser.Of(gateway, person.Email));
        await browser.Get("/account");
        await browser.Post("/account/password", ("current", "wrong-canary"), ("new", "another password"), ("again", "another password"));
        Assert.Equal(403, browser.Page.Status);
        Assert.Contains("id=\"e-current\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", browser.Page.Body, StringComparison.Ordinal);
        await browser.Post("/account/password", ("current", People.Password), ("new", "another password"), ("again", "another passwort"));
        Assert.Contains("id=\"e-again\"", browser.Page.Body, StringComparison.Ordinal);
        await browser.Post("/account/password", ("current", People.Password), ("new", "another password"), ("again", "another password"));
        Assert.Equal((303, "/account"), (browser.Page.Status, browser.Location));
        Assert.Equal(200, (await browser.Follow()).Status);
        Assert.Equal(303, (await elsewhere.Get("/account")).Status);
        await elsewhere.Follow();
        await elsewhere.Post("/sign-in", ("email", person.Email), ("password", "another password"));
        Assert.Equal(303, elsewhere.Page.Status);
    }

    [Fact]
    public async Task One_session_is_ended_and_then_all()
    {
        var person = await gateway.People.Join("member");
        var (browser, elsewhere) = (await PageBrowser.Of(gateway, person.Email), await PageBrowser.Of(gateway, person.Email));
        var other = await gateway.People.Join("member");
        await browser.Get("/account");
        var foreign = (await other.Api.Get("/v1/me/sessions")).Json[0]!["id"]!.GetValue<string>();
        await browser.Post($"/account/sessions/{foreign}/end");
        Assert.Equal(404, browser.Page.Status);
        Assert.Equal(200, (await other.Api.Get("/v1/me")).Status);

        var login = (await person.Api.Get("/v1/me/sessions")).Json.AsArray().Single(one => one!["kind"]!.GetValue<string>() == "login")!["id"]!.GetValue<string>();
        await browser.Get("/account");
        await browser.Post($"/account/sessions/{login}/end");
        Assert.Equal(303, browser.Page.Status);
        Assert.Equal(401, (await person.Api.Get("/v1/me")).Status);
        Assert.Equal(200, (await elsewhere.Get("/account")).Status);

        await browser.Get("/account/sign-out-everywhere");
        Assert.Equal(200, (await elsewhere.Get("/account")).Status);
        await browser.Post("/account/sign-out-everywhere");
        Assert.Equal((303, "/sign-in"), (browser.Page.Status, browser.Location));
        Assert.Equal(303, (await elsewhere.Get("/account")).Status);
    }

    [Fact]
    public async Task With_one_workspace_the_start_is_that_one_and_with_several_a_choice()
    {
        var person = await gateway.People.Join("member");
        var browser = await PageBrowser.Of(gateway, person.Email);
        Assert.Equal((303, "/w/acme/credentials"), ((await browser.Get("/")).Status, browser.Location));
        await gateway.People.JoinAgain(person.Email, "member", workspace: "other");
        Assert.Equal(200, (await browser.Get("/")).Status);
        Assert.Contains("href=\"/w/acme/credentials\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("href=\"/w/other/credentials\"", browser.Page.Body, StringComparison.Ordinal);
    }
}
