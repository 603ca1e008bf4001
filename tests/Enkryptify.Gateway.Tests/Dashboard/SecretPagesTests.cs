using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>Secrets as people see and change them: masked, revealed one by one, and nothing that their role does not let them do.</summary>
public partial class SecretPagesTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Shop = "/w/acme/projects/shop";
    private const string Api = "/v1/workspace/acme/project/shop/secret";
    private static int names;
    private readonly TestGateway gateway = shared.Gateway;
    private readonly string dev = shared.Acme.ShopDev;
    private readonly string prod = shared.Acme.ShopProd;

    [Fact]
    public async Task No_page_holds_a_value_until_it_is_revealed_and_no_list_opens_one()
    {
        var (name, id) = await Secret("c4n4ry-of-the-masked-page", [dev, prod], note: "its note");
        var browser = await Of("admin");
        var before = AuditTail.Entries(gateway).Count;
        foreach (var path in new[] { "", $"?find={name}", $"?environment={dev}", "/secrets/new", $"/secrets/{id}", $"/secrets/{id}/edit", $"/secrets/{id}/delete", $"/secrets/{id}/{dev}/shared/edit", $"/secrets/{id}/{dev}/shared/delete", "/import", "/export" })
        {
            var answer = await browser.Get(Shop + path);
            Assert.True(answer.Status == 200, $"{path}: {answer.Status}");
            Assert.DoesNotContain("c4n4ry-of-the-masked-page", answer.Body, StringComparison.Ordinal);
            Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        }

        var entries = AuditTail.Entries(gateway).Skip(before).ToList();
        Assert.NotEmpty(entries);
        Assert.All(entries, entry => Assert.Equal("LIST", (string)entry["action"]!));
        await browser.Get($"{Shop}?find={name}");
        Assert.Contains("its note", browser.Text, StringComparison.Ordinal);
        Assert.Contains($"Reveal {name} in prod", browser.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_is_revealed_alone_and_the_audit_log_says_which()
    {
        var (name, id) = await Secret("c4n4ry-dev", [dev]);
        await gateway.Operator.Put($"{Api}/{name}", Values((prod, "c4n4ry-prod", false)));
        var browser = await Of("member");
        await browser.Get(Shop);
        var before = AuditTail.Entries(gateway).Count;
        var answer = await browser.Post(Path(id, prod, "shared/reveal"));
        Assert.Equal((200, "no-store"), (answer.Status, answer.Headers["Cache-Control"]));
        Assert.Equal("c4n4ry-prod", Area(answer));
        Assert.DoesNotContain("c4n4ry-dev", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("shop-prod", answer.Body, StringComparison.Ordinal);
        Assert.Contains("data-once", answer.Body, StringComparison.Ordinal);
        var view = Assert.Single(AuditTail.Entries(gateway).Skip(before), entry => (string)entry["action"]! == "VIEW");
        Assert.Equal(("secret", id, name), ((string)view["target"]!["kind"]!, (string)view["target"]!["id"]!, (string)view["target"]!["name"]!));
        Assert.Equal(("shop", "prod", 1), ((string)view["data"]!["project"]!, (string)view["data"]!["environment"]!, (int)view["data"]!["count"]!));
        Assert.DoesNotContain("c4n4ry", gateway.Logs, StringComparison.Ordinal);
        Assert.Equal(405, (await browser.Get(Path(id, prod, "shared/reveal"))).Status);
    }

    [Fact]
    public async Task What_is_out_of_sight_is_missing_to_every_form()
    {
        var (_, id) = await Secret("c4n4ry-hidden", [prod], note: "hidden note");
        var browser = await Of("developer", Json.Scope(environments: [dev]));
        var before = Secrets();
        await browser.Get(Shop);
        Assert.DoesNotContain("prod", browser.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await browser.Get($"{Shop}/secrets/{id}")).Status);
        foreach (var path in new[]
        {
            $"/secrets/{id}/edit", $"/secrets/{id}/delete", $"/secrets/{id}/{prod}/shared/edit", $"/secrets/{id}/{dev}/shared/edit", $"/secrets/{id}/{dev}/own/edit", $"/secrets/{id}/{prod}/shared/delete",
            $"/secrets/{id}/{prod}/shared/reveal", $"/secrets/{id}/{prod}/own/reveal", "/secrets/new", "/import", "/export",
        })
        {
            Assert.True(path[1..] is "secrets/new" or "import" or "export" || (await browser.Get(Shop + path)).Status is 404 or 405, path);
            await browser.Get("/account");
            var answer = await browser.Post(Shop + path, ("name", "MINE"), ("note", ""), ("value", "mine"), ("text", "MINE=1"), ("environment", prod), ("references", "stored"));
            Assert.True(answer.Status == 404, $"{path}: {answer.Status}");
        }

        Assert.Equal(before, Secrets());
    }

    [Fact]
    public async Task A_member_sees_and_does_not_change_also_when_they_post_the_form_anyway()
    {
        var (name, id) = await Secret("shared", [dev]);
        var browser = await Of("member");
        await browser.Get(Shop);
        Assert.DoesNotContain("secrets/new", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("/import", browser.Page.Body, StringComparison.Ordinal);
        await browser.Post(Path(id, dev, "shared/reveal"));
        Assert.Contains("readonly", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(">Save<", browser.Page.Body, StringComparison.Ordinal);
        var before = Secrets();
        foreach (var path in new[] { "/secrets/new", $"/secrets/{id}/edit", $"/secrets/{id}/delete", $"/secrets/{id}/{dev}/shared/edit", $"/secrets/{id}/{dev}/shared/delete", "/import" })
        {
            Assert.True((await browser.Get(Shop + path)).Status == 403, path);
            await browser.Get("/account");
            var answer = await browser.Post(Shop + path, ("name", "MINE"), ("note", "mine"), ("value", "mine"), ("environment", dev), ("text", $"{name}=mine"), ("plan", "x"));
            Assert.True(answer.Status == 403, $"{path}: {answer.Status}");
        }

        Assert.Equal(before, Secrets());
    }

    [Fact]
    public async Task One_may_have_a_value_of_ones_own_which_nobody_else_sees()
    {
        var (name, id) = await Secret("shared", [dev]);
        var (member, other) = (await Of("member"), await Of("admin"));
        await member.Get($"{Shop}/secrets/{id}");
        Assert.Contains("Set your own", member.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await member.Get(Path(id, dev, "own/edit"))).Status);
        await member.Post(Path(id, dev, "own/edit"), ("value", "c4n4ry-own"));
        Assert.Equal((303, $"{Shop}/secrets/{id}"), (member.Page.Status, member.Location));
        await member.Follow();
        Assert.Contains("Saved your own value", member.Text, StringComparison.Ordinal);
        await member.Get($"{Shop}?find={name}");
        Assert.Contains($"Reveal your own {name} in dev", member.Page.Body, StringComparison.Ordinal);
        Assert.Equal("c4n4ry-own", Area(await member.Post(Path(id, dev, "own/reveal"))));
        Assert.Equal("shared", Area(await member.Post(Path(id, dev, "shared/reveal"))));

        await other.Get($"{Shop}?find={name}");
        Assert.DoesNotContain("your own", other.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await other.Post(Path(id, dev, "own/reveal"))).Status);

        await member.Get(Shop);
        await member.Post(Path(id, dev, "own/delete"));
        Assert.Equal(303, member.Page.Status);
        Assert.Equal(404, (await member.Post(Path(id, dev, "own/reveal"))).Status);
        await member.Get(Shop);
        Assert.Equal("shared", Area(await member.Post(Path(id, dev, "shared/reveal"))));
    }

    [Theory]
    [InlineData("\n\n-----BEGIN KEY-----\nabc\n-----END KEY-----\n")]
    [InlineData("\f form feed, \u2028 separator, \u0085, \t tab, <b>\"'&amp; ${not a reference")]
    [InlineData("windows\r\nline\r\nends\r\n")]
    [InlineData(" kept blanks ")]
    public async Task A_value_that_is_revealed_and_saved_as_a_browser_does_is_the_same(string value)
    {
        var (name, id) = await Secret(value, [dev]);
        var browser = await Of("developer");
        await browser.Get(Shop);
        var shown = Area(await browser.Post(Path(id, dev, "shared/reveal")));
        var ends = Hidden().Match(browser.Page.Body).Groups[1].Value;
        var before = Secrets();
        await browser.Post(Path(id, dev, "shared/edit"), ("value", AsSent(shown)), ("ends", ends));
        Assert.Equal(303, browser.Page.Status);
        Assert.Equal(before, Secrets());
        await browser.Post(Path(id, dev, "shared/edit"), ("value", AsSent(shown) + "!"), ("ends", ends));
        Assert.Equal(value + "!", await Stored(name, dev));
    }

    [Fact]
    public async Task A_value_that_a_browser_would_change_is_shown_and_not_offered_for_editing()
    {
        var (_, id) = await Secret("mixed\r\nline\nends\r", [dev]);
        var browser = await Of("admin");
        await browser.Get(Shop);
        await browser.Post(Path(id, dev, "shared/reveal"));
        Assert.Contains("readonly", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("mixes line ends", browser.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_added_to_the_environments_that_are_ticked_and_set_later_where_it_is_missing()
    {
        var name = Name();
        var browser = await Of("developer");
        await browser.Get($"{Shop}/secrets/new");
        await browser.Post($"{Shop}/secrets/new", ("name", name), ("note", "a note\r\nof two lines"), ("value", "\r\nfirst"), ("environment", dev));
        Assert.Equal((303, Shop), (browser.Page.Status, browser.Location));
        Assert.Equal("\nfirst", await Stored(name, dev));
        var secret = (await gateway.Operator.Get($"{Api}/{name}")).Json;
        Assert.Equal("a note\nof two lines", (string)secret["note"]!);
        var id = (string)secret["id"]!;

        await browser.Get($"{Shop}?find={name}&environment={prod}");
        Assert.Contains("Not set", browser.Text, StringComparison.Ordinal);
        await browser.Get(Path(id, prod, "shared/edit"));
        await browser.Post(Path(id, prod, "shared/edit"), ("value", "second"), ("back", $"{Shop}?find={name}&page=1"));
        Assert.Equal((303, $"{Shop}?find={name}&page=1"), (browser.Page.Status, browser.Location));
        Assert.Equal(("\nfirst", "second"), (await Stored(name, dev), await Stored(name, prod)));
        await browser.Get(Shop);
        await browser.Post(Path(id, prod, "shared/edit"), ("value", "third"), ("back", "https://evil.test/"));
        Assert.Equal($"{Shop}/secrets/{id}", browser.Location);
    }

    [Fact]
    public async Task What_is_wrong_stands_beside_its_field_with_all_that_was_typed()
    {
        var (taken, id) = await Secret("v", [dev]);
        var browser = await Of("admin");
        await browser.Get(Shop);
        var before = Secrets();
        foreach (var (path, fields, wrong) in new (string, (string, string)[], string)[]
        {
            ("/secrets/new", [("name", "not a name"), ("note", "kept note"), ("value", "kept value"), ("environment", dev)], "name"),
            ("/secrets/new", [("name", "KEPT"), ("note", "kept note"), ("value", ""), ("environment", dev)], "value"),
            ("/secrets/new", [("name", "KEPT"), ("note", "kept note"), ("value", "kept value")], "environment"),
            ("/secrets/new", [("name", "KEPT"), ("note", new string('n', 1001)), ("value", "kept value"), ("environment", dev)], "note"),
            ("/secrets/new", [("name", taken), ("note", "kept note"), ("value", "kept value"), ("environment", dev)], "name"),
            ($"/secrets/{id}/{dev}/shared/edit", [("value", new string('v', (64 * 1024) + 1))], "value"),
            ($"/secrets/{id}/edit", [("name", "KEY"), ("note", "kept note")], "name"),
        })
        {
            var answer = await browser.Post(Shop + path, fields);
            Assert.True(answer.Status is 400 or 409, $"{path}: {answer.Status}");
            Assert.Contains($"id=\"e-{wrong}\"", answer.Body, StringComparison.Ordinal);
            Assert.All(fields, field => Assert.Contains(field.Item2, WebUtility.HtmlDecode(answer.Body), StringComparison.Ordinal));
            await browser.Get(Shop);
        }

        Assert.Equal(before, Secrets());
    }

    [Fact]
    public async Task A_name_and_a_note_are_changed_and_a_value_or_all_of_them_deleted()
    {
        var (_, id) = await Secret("v", [dev, prod]);
        var (renamed, browser) = (Name(), await Of("developer"));
        await browser.Get($"{Shop}/secrets/{id}/edit");
        await browser.Post($"{Shop}/secrets/{id}/edit", ("name", renamed), ("note", "new note"));
        await browser.Follow();
        Assert.Contains("new note", browser.Text, StringComparison.Ordinal);
        await browser.Get(Path(id, prod, "shared/delete"));
        await browser.Post(Path(id, prod, "shared/delete"));
        Assert.Equal($"{Shop}/secrets/{id}", browser.Location);
        Assert.Equal(("v", null), (await Stored(renamed, dev), await Stored(renamed, prod)));
        await browser.Get($"{Shop}/secrets/{id}/delete");
        await browser.Post($"{Shop}/secrets/{id}/delete");
        Assert.Equal((303, Shop), (browser.Page.Status, browser.Location));
        Assert.Equal(404, (await gateway.Operator.Get($"{Api}/{renamed}")).Status);
    }

    [Fact]
    public async Task References_are_shown_as_stored_and_as_they_resolve()
    {
        var (target, _) = await Secret("c4n4ry-target", [dev]);
        var (_, id) = await Secret($"a ${{{target}}} b ${{bank.prod.KEY}} c ${{NOWHERE}}", [dev]);
        var scoped = await Of("member", Json.Scope(projects: [shared.Acme.Shop]));
        await scoped.Get(Shop);
        var before = AuditTail.Entries(gateway).Count;
        var answer = await scoped.Post(Path(id, dev, "shared/reveal"));
        Assert.Equal($"a ${{{target}}} b ${{bank.prod.KEY}} c ${{NOWHERE}}", Area(answer));
        Assert.Contains("a c4n4ry-target b ${bank.prod.KEY} c ${NOWHERE}", scoped.Text, StringComparison.Ordinal);
        Assert.Contains("Not resolved: ${bank.prod.KEY}, ${NOWHERE}", scoped.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("bank-prod", answer.Body, StringComparison.Ordinal);
        var view = Assert.Single(AuditTail.Entries(gateway).Skip(before), entry => (string)entry["action"]! == "VIEW");
        Assert.Equal($"shop/dev/{target}", (string)Assert.Single(view["data"]!["resolved"]!.AsArray())!);

        var wide = await Of("member");
        await wide.Get(Shop);
        await wide.Post(Path(id, dev, "shared/reveal"));
        Assert.Contains("b bank-prod c", wide.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_read_it_may_not_refer_to_it()
    {
        var (name, id) = await Secret("v", [dev]);
        var browser = await Of("developer", Json.Scope(environments: [dev]));
        await browser.Get(Shop);
        Assert.Equal(403, (await browser.Post(Path(id, dev, "shared/edit"), ("value", "${bank.prod.KEY}"))).Status);
        Assert.Contains("id=\"e-value\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Equal("${bank.prod.KEY}", Area(browser.Page));
        Assert.Equal(403, (await browser.Post($"{Shop}/secrets/new", ("name", Name()), ("value", "${bank.prod.KEY}"), ("environment", dev))).Status);
        Assert.Contains("id=\"e-value\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Equal("v", await Stored(name, dev));
    }

    [Fact]
    public async Task Who_adds_a_value_out_of_sight_of_its_secret_sees_nothing_of_it()
    {
        var (name, id) = await Secret("theirs", [prod], note: "c4n4ry-note");
        var browser = await Of("developer", Json.Scope(environments: [dev]));
        await browser.Get($"{Shop}/secrets/new");
        await browser.Post($"{Shop}/secrets/new", ("name", name), ("note", "mine"), ("value", "mine"), ("environment", dev));
        Assert.Equal(303, browser.Page.Status);
        foreach (var path in new[] { $"?find={name}", $"/secrets/{id}", $"/secrets/{id}/edit" })
        {
            Assert.Equal(200, (await browser.Get(Shop + path)).Status);
            Assert.Contains("mine", WebUtility.HtmlDecode(browser.Page.Body), StringComparison.Ordinal);
            Assert.DoesNotContain("c4n4ry", browser.Page.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(prod, browser.Page.Body, StringComparison.Ordinal);
        }

        await browser.Post($"{Shop}/secrets/{id}/edit", ("name", name), ("note", "taken over"));
        Assert.Equal(403, browser.Page.Status);
        await browser.Post($"{Shop}/secrets/{id}/delete");
        Assert.Equal(403, browser.Page.Status);
    }

    [Fact]
    public async Task Many_are_found_by_name_and_shown_a_hundred_at_a_time()
    {
        const string site = "/w/acme/projects/site";
        var entries = Enumerable.Range(0, 250).Select(i => Json.Of(("key", $"MANY_{i:D3}"), ("value", "v"), ("type", "runtime"), ("dataType", "text")));
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/project/site/secret", Json.Of(("environments", Json.List(shared.Acme.SiteDev)), ("secrets", Json.List([.. entries]))))).Status);
        var browser = await Of("member");
        foreach (var (query, first, last, rows, words) in new[]
        {
            ("?find=many", "MANY_000", "MANY_099", 100, "1–100 of 250 secrets"), ("?find=MANY&page=3", "MANY_200", "MANY_249", 50, "201–250 of 250 secrets"),
            ("?find=many&page=99", "MANY_200", "MANY_249", 50, "201–250 of 250 secrets"), ("?find=ny_00", "MANY_000", "MANY_009", 10, "10 secrets"),
            ("?find=many&page=-1", "MANY_000", "MANY_099", 100, "1–100 of 250 secrets"), ("?find=MANY_249", "MANY_249", "MANY_249", 1, "1 secret"),
        })
        {
            var answer = await browser.Get(site + query);
            var found = Rows().Matches(answer.Body).Select(match => match.Groups[1].Value).ToList();
            Assert.Equal((first, last, rows), (found[0], found[^1], found.Count));
            Assert.Contains(words, browser.Text, StringComparison.Ordinal);
        }

        await browser.Get(site + "?find=100%25_nothing");
        Assert.Contains("No secret has 100%_nothing in its name", browser.Text, StringComparison.Ordinal);
    }

    private static string Path(string secret, string environment, string rest) => $"{Shop}/secrets/{secret}/{environment}/{rest}";

    private static string Name() => $"PAGE_{Interlocked.Increment(ref names)}";

    private static JsonObject Values(params (string Environment, string Value, bool Personal)[] values) => Json.Of(("values", Json.List([.. values.Select(value => Json.Of(
        ("environmentId", value.Environment), ("value", value.Value), ("isPersonal", value.Personal)))])));

    /// <summary>What the text area of the page shows: its first line end is the markup's.</summary>
    private static string Area(Answer answer)
    {
        var text = TextArea().Match(answer.Body);
        Assert.True(text.Success, answer.Body);
        var shown = WebUtility.HtmlDecode(text.Groups[1].Value);
        Assert.StartsWith("\n", shown, StringComparison.Ordinal);
        return shown[1..];
    }

    /// <summary>A text area's value as a browser sends it (HTML, "constructing the entry list").</summary>
    private static string AsSent(string shown) => shown.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);

    private async Task<(string Name, string Id)> Secret(string value, string[] environments, string note = "")
    {
        var name = Name();
        var made = await gateway.Operator.Post(Api, Json.Of(
            ("environments", Json.List([.. environments])), ("secrets", Json.List(Json.Of(("key", name), ("value", value), ("type", "runtime"), ("dataType", "text"), ("note", note))))));
        Assert.True(made.Status == 201, made.Body);
        return (name, (string)(await gateway.Operator.Get($"{Api}/{name}")).Json["id"]!);
    }

    private async Task<string?> Stored(string name, string environment) =>
        (await gateway.Operator.Get($"{Api}/{name}?environmentId={environment}")) is { Status: 200 } found ? (string)found.Json["values"]![0]!["value"]! : null;

    /// <summary>The tables of secrets alone: people come and go in this class.</summary>
    private string Secrets() => string.Join("== ", TableDump.Of(gateway).Split("== ").Where(table => table.StartsWith("secret", StringComparison.Ordinal)));

    private async Task<PageBrowser> Of(string role, JsonNode? scope = null) => await PageBrowser.Of(gateway, (await gateway.People.Join(role, scope)).Email);

    [GeneratedRegex("<textarea[^>]*data-value[^>]*>(.*?)</textarea>", RegexOptions.Singleline)]
    private static partial Regex TextArea();

    [GeneratedRegex("name=\"ends\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();

    [GeneratedRegex("<th scope=\"row\" class=\"name\"><a[^>]*title=\"([^\"]+)\"")]
    private static partial Regex Rows();
}
