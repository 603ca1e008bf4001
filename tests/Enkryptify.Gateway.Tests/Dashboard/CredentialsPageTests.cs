using System.Net;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>The table of credentials: what it shows, to whom, and how it is filtered.</summary>
public partial class CredentialsPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Table = "/w/acme/credentials";
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    [Fact]
    public async Task A_row_says_what_it_is_what_it_may_and_how_long()
    {
        var developer = await gateway.People.Join("developer");
        await Make(developer.Api, "report job", "read", Json.Scope(environments: [acme.ShopDev]), "5d");
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        await Make(developer.Api, "importer", "read-write", Json.Everything, "6m");
        var browser = await PageBrowser.Of(gateway, developer.Email);
        await browser.Get(Table);
        var rows = Rows(browser.Page.Body);
        Assert.Equal(2, rows.Count);
        Assert.StartsWith("importer API token · ek_live_", rows[0], StringComparison.Ordinal);
        Assert.Contains("Read & Write Full workspace just now by you in 6 months never Active", rows[0], StringComparison.Ordinal);
        Assert.Contains("Read only shop / dev just now by you soon: in 5 days never Active", rows[1], StringComparison.Ordinal);
        Assert.Contains("/rotate\" data-confirm", browser.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Admins_see_all_and_others_their_own()
    {
        var (one, two, admin) = (await gateway.People.Join("developer"), await gateway.People.Join("member"), await gateway.People.Join("admin"));
        var first = await Make(one.Api, "seen-by-one");
        await Make(two.Api, "seen-by-two");
        var browser = await PageBrowser.Of(gateway, two.Email);
        await browser.Get(Table);
        Assert.DoesNotContain("seen-by-one", browser.Text, StringComparison.Ordinal);
        Assert.Contains("seen-by-two", browser.Text, StringComparison.Ordinal);
        foreach (var path in new[] { "", "/rotate", "/revoke" })
        {
            Assert.Equal(404, (await browser.Get($"{Table}/{first}{path}")).Status);
        }

        var all = await PageBrowser.Of(gateway, admin.Email);
        await all.Get($"{Table}?text=seen-by-");
        Assert.Equal(2, Rows(all.Page.Body).Count);
    }

    [Fact]
    public async Task The_filter_finds_by_text_to_the_letter_and_by_kind()
    {
        var developer = await gateway.People.Join("developer");
        foreach (var name in new[] { "50% off", "5000 off", "under_score", "underXscore", @"back\slash", "Ünïcode" })
        {
            await Make(developer.Api, name);
        }

        await gateway.People.Cli(developer.Api, acme.ShopDev);
        var browser = await PageBrowser.Of(gateway, developer.Email);
        foreach (var (text, kind, count) in new[] { ("50% o", "", 1), ("under_", "", 1), (@"k\s", "", 1), ("Ünï", "", 1), ("OFF", "", 2), (developer.Email, "", 7), ("", "cli", 1), ("off", "cli", 0), ("", "kubernetes", 0), ("", "nonsense", 7) })
        {
            await browser.Get($"{Table}?text={Uri.EscapeDataString(text)}&kind={kind}");
            Assert.True(Rows(browser.Page.Body).Count == count, $"{text} {kind}: {Rows(browser.Page.Body).Count}");
            Assert.Contains($"value=\"{WebUtility.HtmlEncode(text)}\"".Replace("&#220;", "&#xDC;", StringComparison.Ordinal).Replace("&#239;", "&#xEF;", StringComparison.Ordinal), browser.Page.Body, StringComparison.Ordinal);
        }

        Assert.Contains("Nothing fits this filter", (await browser.Get($"{Table}?text=zzz")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_are_text_whatever_they_are()
    {
        var developer = await gateway.People.Join("developer");
        var browser = await PageBrowser.Of(gateway, developer.Email);
        foreach (var name in new[] { "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; --", "\u202etxt.exe", new string('w', 64), "{{7*7}}".Replace("}", "", StringComparison.Ordinal) })
        {
            var id = await Make(developer.Api, name);
            foreach (var path in new[] { Table, $"{Table}/{id}", $"{Table}/{id}/rotate", $"{Table}/{id}/revoke", $"{Table}?text={Uri.EscapeDataString(name)}", "/w/acme/overview" })
            {
                await browser.Get(path);
                Assert.Equal(200, browser.Page.Status);
                Assert.DoesNotContain("<script>", browser.Page.Body, StringComparison.Ordinal);
                Assert.DoesNotContain("<img src=x", browser.Page.Body, StringComparison.Ordinal);
                Assert.True(path.EndsWith("overview", StringComparison.Ordinal) || WebUtility.HtmlDecode(browser.Page.Body).Contains(name, StringComparison.Ordinal), path);
            }
        }
    }

    [Fact]
    public async Task States_are_told_apart()
    {
        var (developer, admin) = (await gateway.People.Join("developer"), await gateway.People.Join("admin"));
        var revoked = await Make(developer.Api, "state-revoked");
        await developer.Api.Delete($"/v1/workspace/acme/tokens/{revoked}");
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        await Make(developer.Api, "state-left");
        var browser = await PageBrowser.Of(gateway, admin.Email);
        await browser.Get($"{Table}?text=state-");
        Assert.Contains("Revoked", Rows(browser.Page.Body)[1], StringComparison.Ordinal);
        Assert.Contains("Active", Rows(browser.Page.Body)[0], StringComparison.Ordinal);
        Assert.Equal(200, (await gateway.Operator.Delete($"/v1/workspace/acme/rbac/{developer.MemberId}")).Status);
        await browser.Get($"{Table}?text=state-left");
        Assert.Contains("Revoked creator removed", Assert.Single(Rows(browser.Page.Body)), StringComparison.Ordinal);
        Assert.DoesNotContain("/rotate", browser.Page.Body, StringComparison.Ordinal);

        var old = await Make(await gateway.People.SignIn(admin.Email), "state-old", expiresIn: "24h");
        gateway.Clock.Advance(TimeSpan.FromHours(25));
        var again = await PageBrowser.Of(gateway, admin.Email);
        await again.Get($"{Table}?text=state-old");
        Assert.Contains("1 hour ago never Expired", Assert.Single(Rows(again.Page.Body)), StringComparison.Ordinal);
        Assert.Contains($"{old}/rotate", again.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_there_is_nothing_it_says_what_to_do_next()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("member")).Email);
        await browser.Get(Table);
        Assert.Contains("No credentials yet", browser.Text, StringComparison.Ordinal);
        Assert.Contains($"href=\"{Table}/new\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Equal(404, (await browser.Get("/w/other/credentials")).Status);
    }

    internal static async Task<string> Make(Api api, string name, string permission = "read", object? scope = null, string expiresIn = "30d")
    {
        var made = await api.Post("/v1/workspace/acme/tokens", Json.Of(("name", name), ("permission", permission), ("scope", scope ?? Json.Everything), ("expiresIn", expiresIn)));
        Assert.True(made.Status == 201, made.Body);
        return made.Json["id"]!.GetValue<string>();
    }

    /// <summary>The table's rows, as they are read.</summary>
    internal static List<string> Rows(string body) =>
        [.. Row().Matches(body).Select(row => PageBrowser.Plain(Between().Replace(row.Value, "> <")).Trim())];

    [GeneratedRegex("<tr class=\"(?:live|ended)\">.*?</tr>", RegexOptions.Singleline)]
    private static partial Regex Row();

    [GeneratedRegex("><")]
    private static partial Regex Between();
}
