using Enkryptify.Gateway.Dashboard.Audit;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Tests.Dashboard;

public class AuditLogPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Log = "/w/acme/audit";
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData("member", 403)]
    [InlineData("developer", 403)]
    [InlineData("admin", 200)]
    public async Task The_log_is_for_admins(string role, int status)
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join(role)).Email);
        Assert.Equal(status, (await browser.Get(Log)).Status);
        await browser.Get("/account");
        Assert.Equal(status, (await browser.Post(Log + "/verify")).Status);
    }

    [Fact]
    public async Task An_admin_of_a_part_and_another_workspaces_admin_do_not_see_it()
    {
        var scoped = await PageBrowser.Of(gateway, (await gateway.People.Join("admin", Json.Scope(projects: [shared.Acme.Shop]))).Email);
        Assert.Equal(403, (await scoped.Get(Log)).Status);
        var stranger = await PageBrowser.Of(gateway, (await gateway.People.Join("admin", workspace: "other")).Email);
        Assert.Equal(404, (await stranger.Get(Log)).Status);
        await stranger.Get("/account");
        Assert.Equal(404, (await stranger.Post(Log + "/verify")).Status);
    }

    [Fact]
    public async Task Entries_are_sentences_and_filters_narrow_them()
    {
        var person = await gateway.People.Join("developer");
        var path = "/v1/workspace/acme/project/shop/secret";
        Assert.Equal(201, (await person.Api.Post(path, Json.Secret("AUDIT_PAGE", "canary-value", [shared.Acme.ShopDev]))).Status);
        await person.Api.Get($"{path}/AUDIT_PAGE");
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        await browser.Get($"{Log}?target=AUDIT_PAGE");
        Assert.Contains("created secret", browser.Text, StringComparison.Ordinal);
        Assert.Contains("viewed secret", browser.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-value", browser.Page.Body, StringComparison.Ordinal);

        await browser.Get($"{Log}?target=AUDIT_PAGE&action=CREATE");
        Assert.Contains("created secret", browser.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("viewed secret", browser.Text, StringComparison.Ordinal);

        await browser.Get($"{Log}?target=AUDIT_PAGE&to=2001-01-01");
        Assert.Contains("No entry matches", browser.Text, StringComparison.Ordinal);
        await browser.Get($"{Log}?target=AUDIT_PAGE&from=2026-01-01&to=2030-12-31");
        Assert.Contains("created secret", browser.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from=yesterday", "e-from")]
    [InlineData("to=2026-02-31", "e-to")]
    [InlineData("from=2026-02-02&to=2026-02-01", "e-to")]
    public async Task A_day_that_is_none_is_said_beside_its_field(string query, string complaint)
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        Assert.Equal(200, (await browser.Get($"{Log}?{query}")).Status);
        Assert.DoesNotContain("<tbody>", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains($"id=\"{complaint}\"", browser.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Older_entries_are_a_page_away_and_none_is_left_out_or_shown_twice()
    {
        var person = await gateway.People.Join("member");
        for (var i = 0; i < 130; i++)
        {
            await person.Api.Get("/v1/workspace/acme/project/shop/secret");
        }

        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        var query = $"{Log}?actor={Uri.EscapeDataString(person.Email)}&action=VIEW";
        var seen = new List<string>();
        for (var next = query; next is not null; next = Older(browser.Page.Body))
        {
            await browser.Get(next);
            seen.AddRange(System.Text.RegularExpressions.Regex.Matches(browser.Page.Body, "Show<span class=\"hidden\"> entry ([0-9]+)</span>").Select(match => match.Groups[1].Value));
            Assert.True(seen.Count <= 1_000);
        }

        var all = AuditTail.Entries(gateway).Where(entry => entry["action"]!.GetValue<string>() == "VIEW"
            && (entry["actor"]!["name"]?.GetValue<string>() == person.Email || entry["actor"]!["id"]?.GetValue<string>() == person.Email)).Select(entry => entry["seq"]!.ToJsonString()).Reverse();
        Assert.Equal(all, seen);
        Assert.True(seen.Count >= 130);

        static string? Older(string body) => System.Text.RegularExpressions.Regex.Match(body, "href=\"([^\"]*before=[0-9]+)\">Older") is { Success: true } match
            ? System.Net.WebUtility.HtmlDecode(match.Groups[1].Value)
            : null;
    }

    [Fact]
    public async Task The_chain_is_verified_on_demand_and_an_altered_entry_shows()
    {
        await using var own = (await TestGateway.StartWithAcme()).Gateway;
        var browser = await PageBrowser.Of(own, (await own.People.Owner()).Email);
        await browser.Get(Log);
        await browser.Post(Log + "/verify");
        Assert.Contains("The audit log verifies", browser.Text, StringComparison.Ordinal);

        using (var file = new SqliteConnection($"Data Source={Path.Combine(own.DataDirectory, "gateway.db")};Pooling=False"))
        {
            file.Open();
            using var command = file.CreateCommand();
            command.CommandText = "UPDATE audit_frame SET entries = CAST(replace(CAST(entries AS TEXT), '\"outcome\":\"allowed\"', '\"outcome\":\"ALLOWED\"') AS BLOB) WHERE first_seq = 1";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        // What was found answers for a minute.
        own.Clock.Advance(TimeSpan.FromSeconds(61));
        browser = await PageBrowser.Of(own, (await own.People.Owner()).Email);
        await browser.Get(Log);
        await browser.Post(Log + "/verify");
        Assert.Contains("does not verify", browser.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_action_has_words()
    {
        var actions = typeof(Enkryptify.Gateway.Audit.AuditAction).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).Order();
        Assert.Equal(actions, AuditRow.Actions.Select(known => known.Action).Order());
    }
}
