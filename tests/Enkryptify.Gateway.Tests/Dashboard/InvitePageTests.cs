using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

public class InvitePageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task The_link_that_the_api_prints_leads_here()
    {
        var invited = await gateway.Operator.Post("/v1/workspace/acme/rbac", Json.Of(("email", "link@acme.test"), ("role", "member"), ("scope", Json.Everything)));
        var link = new Uri(invited.Json["link"]!.GetValue<string>());
        var browser = new PageBrowser(gateway);
        Assert.Equal(200, (await browser.Get(link.PathAndQuery)).Status);
        Assert.Contains("link@acme.test", browser.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_new_makes_an_account_and_is_in()
    {
        var (_, code) = await gateway.People.Invite("new@acme.test", "developer");
        var browser = new PageBrowser(gateway);
        await browser.Get($"/invite/{code}");
        await browser.Post($"/invite/{code}", ("name", ""), ("password", "short"));
        Assert.Equal(400, browser.Page.Status);
        Assert.Contains("id=\"e-name\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("id=\"e-password\"", browser.Page.Body, StringComparison.Ordinal);
        await browser.Post($"/invite/{code}", ("name", "New"), ("password", People.Password));
        Assert.Equal((303, "/w/acme/projects"), (browser.Page.Status, browser.Location));
        await browser.Get("/account");
        Assert.Contains("new@acme.test", browser.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await browser.Get($"/invite/{code}")).Status);
    }

    [Fact]
    public async Task An_account_that_there_is_accepts_only_signed_in_as_itself()
    {
        var person = await gateway.People.Join("member", workspace: "other");
        var (_, code) = await gateway.People.Invite(person.Email);
        var nobody = new PageBrowser(gateway);
        await nobody.Get($"/invite/{code}");
        await nobody.Post($"/invite/{code}", ("name", "Thief"), ("password", "another password"));
        Assert.Equal(409, nobody.Page.Status);
        Assert.Contains($"/sign-in?next=%2Finvite%2F{code}", nobody.Page.Body, StringComparison.Ordinal);

        var stranger = await PageBrowser.Of(gateway, (await gateway.People.Join("member", workspace: "other")).Email);
        await stranger.Get($"/invite/{code}");
        Assert.Contains("for another account", stranger.Text, StringComparison.Ordinal);
        await stranger.Post($"/invite/{code}");
        Assert.Equal(403, stranger.Page.Status);

        var itself = await PageBrowser.Of(gateway, person.Email);
        await itself.Get($"/invite/{code}");
        await itself.Post($"/invite/{code}");
        Assert.Equal((303, "/w/acme/projects"), (itself.Page.Status, itself.Location));
    }

    [Fact]
    public async Task Declining_asks_first_and_ends_the_link()
    {
        var (_, code) = await gateway.People.Invite("no@acme.test");
        var browser = new PageBrowser(gateway);
        await browser.Get($"/invite/{code}/decline");
        Assert.Equal(200, (await browser.Get($"/invite/{code}")).Status);
        await browser.Post($"/invite/{code}/decline");
        Assert.Equal(200, browser.Page.Status);
        Assert.Equal(404, (await browser.Get($"/invite/{code}")).Status);
    }

    [Fact]
    public async Task A_code_that_was_never_given_is_answered_like_one_that_has_ended()
    {
        var (_, code) = await gateway.People.Invite("gone@acme.test");
        await gateway.Anonymous.Post($"/v1/invite/{code}/decline");
        var browser = new PageBrowser(gateway);
        var ended = PageBrowser.Plain((await browser.Get($"/invite/{code}")).Body);
        Assert.Equal((404, ended), ((await browser.Get("/invite/" + new string('x', 32))).Status, browser.Text));
    }
}
