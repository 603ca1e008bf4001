using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>A .env file in and out: what would change is shown first, and then it is all of it or nothing.</summary>
public partial class ImportExportTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Shop = "/w/acme/projects/shop";
    private const string Api = "/v1/workspace/acme/project/shop/secret";
    private static int names;
    private readonly TestGateway gateway = shared.Gateway;
    private readonly string dev = shared.Acme.ShopDev;
    private readonly string prod = shared.Acme.ShopProd;

    [Fact]
    public async Task A_preview_says_what_would_change_and_changes_nothing()
    {
        var (changed, same, added) = (await Secret("c4n4ry-stored"), await Secret("same"), Name());
        var browser = await Of("developer");
        await browser.Get($"{Shop}/import");
        var before = (Secrets(), AuditTail.Entries(gateway).Count);
        var answer = await browser.Post($"{Shop}/import", ("environment", dev), ("text", $"# comment\r\n{changed}=new\r\nexport {same}='same'\r\n\r\n{added}=\"a\\nb\"\r\n"));
        Assert.Equal(200, answer.Status);
        Assert.Contains("1 new 1 changed 1 unchanged", browser.Text, StringComparison.Ordinal);
        Assert.Equal([(changed, "2", "Changed"), (added, "5", "New")], Planned(answer));
        Assert.DoesNotContain("c4n4ry", answer.Body, StringComparison.Ordinal);
        Assert.Equal(before.Item1, Secrets());
        var view = Assert.Single(AuditTail.Entries(gateway).Skip(before.Count), entry => (string)entry["action"]! == "VIEW");
        Assert.Equal((2, true, "dev"), ((int)view["data"]!["count"]!, (bool)view["data"]!["import"]!, (string)view["data"]!["environment"]!));
    }

    [Fact]
    public async Task What_was_shown_is_done_and_nothing_else()
    {
        var (changed, same, added) = (await Secret("old"), await Secret("same"), Name());
        await gateway.Operator.Put($"{Api}/{changed}", Json.Of(("values", Json.List(Json.Of(("environmentId", prod), ("value", "prod stays"), ("isPersonal", false))))));
        var browser = await Of("developer");
        await browser.Get($"{Shop}/import");
        var text = $"{changed}=new\r\n{same}=same\r\n{added}=\"\\nfirst\\nsecond\"";
        var plan = Plan(await browser.Post($"{Shop}/import", ("environment", dev), ("text", text)));
        var before = AuditTail.Entries(gateway).Count;
        var answer = await browser.Post($"{Shop}/import", ("environment", dev), ("text", text), ("plan", plan));
        Assert.Equal((303, Shop), (answer.Status, browser.Location));
        await browser.Follow();
        Assert.Contains("Imported into dev: 1 new, 1 changed, 1 unchanged", browser.Text, StringComparison.Ordinal);
        Assert.Equal(("new", "same", "\nfirst\nsecond"), (await Stored(changed, dev), await Stored(same, dev), await Stored(added, dev)));
        Assert.Equal(("prod stays", null), (await Stored(changed, prod), await Stored(added, prod)));
        var entry = Assert.Single(AuditTail.Entries(gateway).Skip(before), one => (string)one["action"]! == "UPDATE");
        Assert.Equal((added, changed, 2), ((string)entry["data"]!["created"]![0]!, (string)entry["data"]!["changed"]![0]!, (int)entry["data"]!["count"]!));
    }

    [Fact]
    public async Task Another_text_or_another_state_than_was_shown_is_shown_again_and_not_imported()
    {
        var (name, other) = (await Secret("old"), Name());
        var browser = await Of("developer");
        await browser.Get($"{Shop}/import");
        var plan = Plan(await browser.Post($"{Shop}/import", ("environment", dev), ("text", $"{name}=new")));
        var before = Secrets();
        foreach (var (environment, text, sent) in new[] { (dev, $"{name}=newer", plan), (dev, $"{name}=new\r\n{other}=1", plan), (prod, $"{name}=new", plan), (dev, $"{name}=new", "made up") })
        {
            Assert.Equal(409, (await browser.Post($"{Shop}/import", ("environment", environment), ("text", text), ("plan", sent))).Status);
            Assert.Contains("Nothing was imported", browser.Text, StringComparison.Ordinal);
            Assert.True(sent != plan || Plan(browser.Page) != plan);
        }

        Assert.Equal(before, Secrets());
        await gateway.Operator.Put($"{Api}/{name}", Json.Of(("values", Json.List(Json.Of(("environmentId", dev), ("value", "meanwhile"), ("isPersonal", false))))));
        Assert.Equal(409, (await browser.Post($"{Shop}/import", ("environment", dev), ("text", $"{name}=new"), ("plan", plan))).Status);
        Assert.Equal("meanwhile", await Stored(name, dev));
        Assert.Equal(303, (await browser.Post($"{Shop}/import", ("environment", dev), ("text", $"{name}=new"), ("plan", Plan(browser.Page)))).Status);
        Assert.Equal("new", await Stored(name, dev));
    }

    [Fact]
    public async Task Lines_that_cannot_be_read_are_named_and_stop_all_of_it()
    {
        var name = Name();
        var browser = await Of("admin");
        await browser.Get($"{Shop}/import");
        var before = Secrets();
        var text = $"{name}=good\r\nc4n4ry line\r\nbad name=1\r\n{name}=twice\r\nEMPTY=\r\n01980000-0000-7000-8000-000000000000=1\r\nLONG={new string('x', 65_537)}\r\nQ=\"open";
        foreach (var plan in new[] { "", "made up" })
        {
            var answer = await browser.Post($"{Shop}/import", ("environment", dev), ("text", text), ("plan", plan));
            Assert.Equal(400, answer.Status);
            Assert.Equal(["2", "3", "4", "5", "6", "7", "8"], Errors().Matches(answer.Body).Select(match => match.Groups[1].Value));
            Assert.DoesNotContain("name=\"plan\"", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("c4n4ry", Errors().Replace(answer.Body, "").Split("<textarea")[0], StringComparison.Ordinal);
            Assert.Contains("LONG=", WebUtility.HtmlDecode(answer.Body.Split("<textarea")[1]), StringComparison.Ordinal);
        }

        Assert.Equal(before, Secrets());
    }

    [Fact]
    public async Task A_reference_to_what_the_writer_may_not_read_stops_all_of_it()
    {
        var (good, bad) = (Name(), Name());
        var browser = await Of("developer", Json.Scope(environments: [dev]));
        await browser.Get($"{Shop}/import");
        var before = Secrets();
        var text = $"{good}=1\n{bad}='${{bank.prod.KEY}}'";
        var answer = await browser.Post($"{Shop}/import", ("environment", dev), ("text", text));
        Assert.Equal([(bad, "2", "Refers to what you may not read"), (good, "1", "New")], Planned(answer));
        Assert.DoesNotContain("name=\"plan\"", answer.Body, StringComparison.Ordinal);

        // Nor does it help to work out what the page does not say: nothing of a fingerprint is secret to who imports.
        var made = $"{dev}\n{good}|New||1|{bad}|Refused||${{bank.prod.KEY}}|".Replace('|', '\0');
        Assert.Equal(403, (await browser.Post($"{Shop}/import", ("environment", dev), ("text", text), ("plan", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(made)))))).Status);
        Assert.Equal(before, Secrets());
    }

    [Fact]
    public async Task A_file_is_read_like_text_and_shown_for_the_second_step()
    {
        var name = Name();
        var browser = await Of("admin");
        await browser.Get($"{Shop}/import");
        var file = Encoding.UTF8.GetBytes($"\uFEFF{name}=\"lone\rreturn\"\r\n");
        var answer = await browser.Upload($"{Shop}/import", "file", file, ("environment", dev), ("text", "IGNORED=1"));
        Assert.Equal([(name, "1", "New")], Planned(answer));
        var shown = WebUtility.HtmlDecode(TextArea().Match(answer.Body).Groups[1].Value)[1..];
        Assert.DoesNotContain("IGNORED", shown, StringComparison.Ordinal);
        var sent = shown.ReplaceLineEndings("\r\n");
        await browser.Post($"{Shop}/import", ("environment", dev), ("text", sent), ("plan", Plan(answer)));
        Assert.Equal(303, browser.Page.Status);
        Assert.Equal("lone\rreturn", await Stored(name, dev));

        await browser.Get($"{Shop}/import");
        Assert.Equal(400, (await browser.Upload($"{Shop}/import", "file", [0x41, 0x3D, 0xFF, 0xFE], ("environment", dev))).Status);
        Assert.Contains("id=\"e-file\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Equal(400, (await browser.Upload($"{Shop}/import", "file", new byte[(1 << 20) + 1], ("environment", dev))).Status);
        Assert.Contains("id=\"e-file\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Equal(400, (await browser.Post($"{Shop}/import", ("environment", dev), ("text", "  "))).Status);
        Assert.Contains("id=\"e-text\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Equal(400, (await browser.Post($"{Shop}/import", ("environment", ""), ("text", "KEPT=1"))).Status);
        Assert.Contains("id=\"e-environment\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("KEPT=1", WebUtility.HtmlDecode(browser.Page.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_to_a_name_out_of_sight_tells_nothing_of_it()
    {
        var name = Name();
        await gateway.Operator.Post(Api, Json.Of(("environments", Json.List(prod)), ("secrets", Json.List(Json.Of(("key", name), ("value", "theirs"), ("type", "build"), ("dataType", "json"), ("note", "c4n4ry-note"))))));
        var developer = await gateway.People.Join("developer", Json.Scope(environments: [dev]));
        var browser = await PageBrowser.Of(gateway, developer.Email);
        await browser.Get($"{Shop}/import");
        var answer = await browser.Post($"{Shop}/import", ("environment", dev), ("text", $"{name}=theirs"));
        Assert.Equal([(name, "1", "New")], Planned(answer));
        await browser.Post($"{Shop}/import", ("environment", dev), ("text", $"{name}=theirs"), ("plan", Plan(answer)));
        var seen = (await developer.Api.Get($"{Api}/{name}")).Json;
        Assert.Equal(("", "runtime", "text"), ((string)seen["note"]!, (string)seen["type"]!, (string)seen["dataType"]!));
        Assert.Equal("c4n4ry-note", (string)(await gateway.Operator.Get($"{Api}/{name}")).Json["note"]!);
    }

    [Fact]
    public async Task What_was_exported_goes_in_again_without_a_change()
    {
        foreach (var value in new[] { "plain", "\n\nkey\n", "windows\r\nends", "it's \"quoted\" \\n $HOME ${KEY}", "\t tab # no comment", "日本語 \u202e \u2028", "'", "=", " blanks " })
        {
            await Secret(value);
        }

        var reader = await Of("member");
        await reader.Get($"{Shop}/export");
        var before = AuditTail.Entries(gateway).Count;
        var file = await reader.Post($"{Shop}/export", ("environment", dev), ("references", "stored"));
        Assert.Equal((200, "no-store", "attachment; filename=\"shop.dev.env\"", "text/plain; charset=utf-8"), (
            file.Status, file.Headers["Cache-Control"], file.Headers["Content-Disposition"], file.Headers["Content-Type"]));
        var entries = DotEnv.Parse(file.Body);
        Assert.Empty(entries.Errors);
        var all = (await gateway.Operator.Get($"{Api}?environmentId={dev}")).Json.AsArray();
        Assert.Equal(all.Select(one => ((string)one!["name"]!, (string)one["values"]![0]!["value"]!)), entries.Entries.Select(entry => (entry.Name, entry.Value)));
        var view = Assert.Single(AuditTail.Entries(gateway).Skip(before), entry => (string)entry["action"]! == "VIEW" && (string)entry["actor"]!["kind"]! == "user");
        Assert.Equal((all.Count, "dev"), ((int)view["data"]!["count"]!, (string)view["data"]!["environment"]!));

        var writer = await Of("developer");
        await writer.Get($"{Shop}/import");
        var stored = Secrets();
        await writer.Upload($"{Shop}/import", "file", Encoding.UTF8.GetBytes(file.Body), ("environment", dev));
        Assert.Contains($"0 new 0 changed {all.Count} unchanged", writer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"plan\"", writer.Page.Body, StringComparison.Ordinal);
        Assert.Equal(stored, Secrets());
    }

    [Fact]
    public async Task An_export_can_have_ones_own_values_and_resolved_references()
    {
        var (name, target) = (Name(), await Secret("c4n4ry-target"));
        await gateway.Operator.Post(Api, Json.Secret(name, $"<${{{target}}}>", [dev]));
        var member = await gateway.People.Join("member");
        await Personal.Write(member.Api, "shop", target, dev, "own");
        var browser = await PageBrowser.Of(gateway, member.Email);
        await browser.Get($"{Shop}/export");
        Assert.Equal(("c4n4ry-target", $"<${{{target}}}>"), Of(await browser.Post($"{Shop}/export", ("environment", dev), ("references", "stored"))));
        await browser.Get($"{Shop}/export");
        Assert.Equal(("own", "<own>"), Of(await browser.Post($"{Shop}/export", ("environment", dev), ("references", "resolved"), ("own", "true"))));
        await browser.Get($"{Shop}/export");
        Assert.Equal(400, (await browser.Post($"{Shop}/export", ("environment", ""), ("references", "stored"))).Status);
        Assert.Contains("id=\"e-environment\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("c4n4ry", browser.Page.Body, StringComparison.Ordinal);

        (string, string) Of(Answer file)
        {
            var entries = DotEnv.Parse(file.Body).Entries.ToDictionary(entry => entry.Name, entry => entry.Value);
            return (entries[target], entries[name]);
        }
    }

    private static string Name() => $"IMPORT_{Interlocked.Increment(ref names)}";

    private static string Plan(Answer answer)
    {
        var plan = Fingerprint().Match(answer.Body);
        Assert.True(plan.Success, PageBrowser.Plain(answer.Body));
        return plan.Groups[1].Value;
    }

    private static List<(string, string, string)> Planned(Answer answer) =>
        [.. Rows().Matches(answer.Body).Select(row => (row.Groups[1].Value, row.Groups[2].Value, PageBrowser.Plain(row.Groups[3].Value)))];

    private async Task<string> Secret(string value)
    {
        var name = Name();
        var made = await gateway.Operator.Post(Api, Json.Secret(name, value, [dev]));
        Assert.True(made.Status == 201, made.Body);
        return name;
    }

    private async Task<string?> Stored(string name, string environment) =>
        (await gateway.Operator.Get($"{Api}/{name}?environmentId={environment}")) is { Status: 200 } found ? (string)found.Json["values"]![0]!["value"]! : null;

    private string Secrets() => string.Join("== ", TableDump.Of(gateway).Split("== ").Where(table => table.StartsWith("secret", StringComparison.Ordinal)));

    private async Task<PageBrowser> Of(string role, JsonNode? scope = null) => await PageBrowser.Of(gateway, (await gateway.People.Join(role, scope)).Email);

    [GeneratedRegex("name=\"plan\" value=\"([0-9a-f]+)\"")]
    private static partial Regex Fingerprint();

    [GeneratedRegex("<tr><td class=\"name mono\"><span[^>]*>([^<]+)</span></td><td data-label=\"Line\">(\\d+)</td>\\s*<td data-label=\"What happens\">(.*?)</td>", RegexOptions.Singleline)]
    private static partial Regex Rows();

    [GeneratedRegex("<li><b>Line (\\d+)</b>[^<]*</li>")]
    private static partial Regex Errors();

    [GeneratedRegex("<textarea[^>]*>(.*?)</textarea>", RegexOptions.Singleline)]
    private static partial Regex TextArea();
}
