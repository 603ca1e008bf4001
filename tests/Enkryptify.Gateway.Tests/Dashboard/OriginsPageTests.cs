using Enkryptify.Gateway.Forwarding.Proxy;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>The allow-list of the proxy in the dashboard. What is refused is refused to a form that is posted anyway, too.</summary>
public class OriginsPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Page = "/w/acme/forwarding/origins";
    private const string List = "/v1/workspace/acme/proxy-allowlist";
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData("member", 403)]
    [InlineData("developer", 403)]
    [InlineData("admin", 200)]
    public async Task It_is_for_admins(string role, int status)
    {
        var kept = $"https://kept-from-{role}.example.com";
        await Allow(kept);
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join(role)).Email);
        Assert.Equal(status, (await browser.Get(Page)).Status);
        Assert.Equal(status, (await browser.Get($"{Page}/remove?origin={Uri.EscapeDataString(kept)}")).Status);

        // Posted anyway, with the token of a page that they have.
        await browser.Get("/account");
        var before = (await gateway.Operator.Get(List)).Body;
        var wanted = status == 200 ? 303 : 403;
        Assert.Equal(wanted, (await browser.Post(Page, ("origin", $"https://by-{role}.example.com"))).Status);
        Assert.Equal(wanted, (await browser.Post(Page + "/remove", ("origin", kept))).Status);
        Assert.Equal(status != 200, before == (await gateway.Operator.Get(List)).Body);
    }

    [Fact]
    public async Task An_admin_of_a_part_and_another_workspaces_admin_change_nothing()
    {
        await Allow("https://kept.example.com");
        var before = (await gateway.Operator.Get(List)).Body;
        foreach (var (person, status) in new[]
        {
            (await gateway.People.Join("admin", Json.Scope(projects: [shared.Acme.Shop])), 403), (await gateway.People.Join("admin", workspace: "other"), 404),
        })
        {
            var browser = await PageBrowser.Of(gateway, person.Email);
            Assert.Equal(status, (await browser.Get(Page)).Status);
            await browser.Get("/account");
            Assert.Equal(status, (await browser.Post(Page, ("origin", "https://mine.example.com"))).Status);
            Assert.Equal(status, (await browser.Post(Page, ("origin", "nonsense"))).Status);
            Assert.Equal(status, (await browser.Post(Page + "/remove", ("origin", "https://kept.example.com"))).Status);
        }

        Assert.Equal(before, (await gateway.Operator.Get(List)).Body);
    }

    [Fact]
    public async Task An_origin_is_added_in_its_one_spelling_and_removed_after_a_question()
    {
        var person = await gateway.People.Owner();
        var browser = await PageBrowser.Of(gateway, person.Email);
        await browser.Get(Page);
        await browser.Post(Page, ("origin", " HTTPS://Api.Example.COM:443 "));
        Assert.Equal((303, Page), (browser.Page.Status, browser.Location));
        await browser.Follow();
        Assert.Contains("https://api.example.com", await Origins());
        Assert.Contains("title=\"https://api.example.com\"", browser.Page.Body, StringComparison.Ordinal);

        await browser.Get($"{Page}/remove?origin={Uri.EscapeDataString("https://api.example.com")}");
        Assert.Contains("Remove this origin?", browser.Text, StringComparison.Ordinal);
        Assert.Contains("https://api.example.com", await Origins());
        await browser.Post(Page + "/remove", ("origin", "https://api.example.com"));
        Assert.Equal(303, browser.Page.Status);
        Assert.DoesNotContain("https://api.example.com", await Origins());

        var changes = AuditTail.Entries(gateway).Where(entry => (string)entry["target"]!["kind"]! == "proxy-allowlist" && (string)entry["action"]! == "UPDATE").ToList();
        Assert.Contains(changes, entry => Holds(entry, "added"));
        Assert.Contains(changes, entry => Holds(entry, "removed"));
        Assert.All(changes.Where(entry => Holds(entry, "added")), entry => Assert.Equal(person.Email, (string)entry["actor"]!["name"]!));

        static bool Holds(System.Text.Json.Nodes.JsonNode entry, string what) => entry["data"]?[what]?.AsArray().Any(origin => (string)origin! == "https://api.example.com") == true;
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("api.example.com", 400)]
    [InlineData("https://api.example.com/path", 400)]
    [InlineData("https://*", 400)]
    [InlineData("ftp://api.example.com", 400)]
    [InlineData("https://twice.example.com", 409)]
    public async Task What_is_wrong_stands_beside_its_field_and_what_was_typed_stays(string typed, int status)
    {
        await Allow("https://twice.example.com");
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        await browser.Get(Page);
        var before = await Origins();
        await browser.Post(Page, ("origin", typed));
        Assert.Equal(status, browser.Page.Status);
        Assert.Contains("id=\"e-origin\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains($"value=\"{typed}\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Equal(before, await Origins());
    }

    [Fact]
    public async Task What_is_not_on_the_list_is_not_removed()
    {
        await Allow("https://there.example.com");
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        await browser.Get(Page);
        var before = await Origins();
        foreach (var other in new[] { "https://elsewhere.example.com", "https://THERE.example.com", "", "<script>" })
        {
            Assert.Equal(404, (await browser.Get($"{Page}/remove?origin={Uri.EscapeDataString(other)}")).Status);
            Assert.Equal(404, (await browser.Post(Page + "/remove", ("origin", other))).Status);
        }

        Assert.Equal(before, await Origins());
    }

    [Fact]
    public async Task Two_who_add_at_once_both_do_and_the_list_has_its_limit()
    {
        await using var own = (await TestGateway.StartWithAcme()).Gateway;
        var owner = await own.People.Owner();
        var browsers = new PageBrowser[8];
        for (var i = 0; i < browsers.Length; i++)
        {
            // One after the other: passwords that are checked at once are limited.
            browsers[i] = await PageBrowser.Of(own, owner.Email);
        }

        await Task.WhenAll(browsers.Select(browser => browser.Get(Page)));
        await Task.WhenAll(browsers.Select((browser, i) => browser.Post(Page, ("origin", $"https://n{i}.example.com"))));
        Assert.Equal(8, (await own.Operator.Get(List)).Json.AsArray().Count);

        Assert.Equal(200, (await own.Operator.Put(List, Json.List([.. Enumerable.Range(0, AllowLists.MaxEntries).Select(i => $"https://n{i}.example.com")]))).Status);
        await browsers[0].Post(Page, ("origin", "https://one-more.example.com"));
        Assert.Equal(400, browsers[0].Page.Status);
        Assert.Contains($"holds {AllowLists.MaxEntries} entries", browsers[0].Text, StringComparison.Ordinal);

        // Paged and filtered.
        await browsers[0].Get(Page);
        Assert.Contains("1–100 of 500 origins", browsers[0].Text, StringComparison.Ordinal);
        await browsers[0].Get(Page + "?q=N499");
        Assert.Contains("1 origin", browsers[0].Text, StringComparison.Ordinal);
        await browsers[0].Get(Page + "?q=" + Uri.EscapeDataString("\"><img src=x>"));
        Assert.Contains("No origin matches", browsers[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<img src=x>", browsers[0].Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_list_says_what_to_do_and_a_proxy_that_is_off_is_said()
    {
        await using var own = (await TestGateway.StartWithAcme(("proxy.enabled", "false"))).Gateway;
        var browser = await PageBrowser.Of(own, (await own.People.Owner()).Email);
        await browser.Get(Page);
        Assert.Contains("Allow the first one above", browser.Text, StringComparison.Ordinal);
        Assert.Contains("has switched the proxy endpoint off", browser.Text, StringComparison.Ordinal);
    }

    private async Task Allow(string origin)
    {
        var all = (await Origins()).Append(origin).Distinct();
        Assert.Equal(200, (await gateway.Operator.Put(List, Json.List([.. all]))).Status);
    }

    private async Task<List<string>> Origins() => [.. (await gateway.Operator.Get(List)).Json.AsArray().Select(origin => (string)origin!)];
}
