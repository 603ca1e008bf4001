using System.Net;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>Creating and rotating API tokens by form: the value is shown once, nothing typed is lost, and nobody lends more than they have.</summary>
public partial class NewTokenPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Form = "/w/acme/credentials/new/token";
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    [Fact]
    public async Task The_value_is_shown_once_works_and_is_nowhere_else()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("developer")).Email);
        await browser.Get(Form);
        await browser.Post(Form, ("name", "shown once"), ("permission", "read"), ("access", "chosen"), ("environment", acme.ShopDev), ("expiresIn", "24h"));
        Assert.Equal((200, "no-store"), (browser.Page.Status, browser.Page.Headers["Cache-Control"]));
        Assert.False(browser.Page.Headers.ContainsKey("Location") || browser.Page.Headers.ContainsKey("Set-Cookie"));
        Assert.Contains("data-once", browser.Page.Body, StringComparison.Ordinal);
        var token = Token(browser);
        Assert.Contains($"curl -s -X POST https://gateway.test/v1/auth/exchange -H 'Authorization: Bearer {token}'", WebUtility.HtmlDecode(browser.Page.Body), StringComparison.Ordinal);

        var machine = gateway.Bearer(await gateway.Exchange(token));
        Assert.Equal(200, (await machine.Get($"/v1/workspace/acme/project/shop/secret/KEY?environmentId={acme.ShopDev}")).Status);
        Assert.Equal(404, (await machine.Get($"/v1/workspace/acme/project/bank/secret/KEY?environmentId={acme.BankDev}")).Status);

        var row = Link().Match((await browser.Get("/w/acme/credentials?text=shown+once")).Body).Groups[1].Value;
        Assert.DoesNotContain(token[12..], browser.Page.Body, StringComparison.Ordinal);
        foreach (var path in new[] { "/w/acme/credentials", $"/w/acme/credentials/{row}", $"/w/acme/credentials/{row}/rotate", "/w/acme/overview", Form })
        {
            Assert.Equal(200, (await browser.Get(path)).Status);
            Assert.DoesNotContain(token[12..], browser.Page.Body, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(token[12..], gateway.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain(AuditTail.Entries(gateway), entry => entry.ToJsonString().Contains(token[12..], StringComparison.Ordinal));
        Assert.Contains(AuditTail.Entries(gateway), entry => entry["action"]!.GetValue<string>() == "CREATE" && entry["target"]!["name"]?.GetValue<string>() == "shown once" && entry["actor"]!["kind"]!.GetValue<string>() == "user");
    }

    [Fact]
    public async Task What_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("developer")).Email);
        await browser.Get(Form);
        await browser.Post(Form, ("name", "kept {oops}"), ("permission", "read-write"), ("access", "chosen"), ("expiresIn", "6m"));
        Assert.Equal(400, browser.Page.Status);
        Assert.Contains("id=\"e-name\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("id=\"e-scope\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("value=\"kept {oops}\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("value=\"read-write\" checked", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("value=\"6m\" selected", browser.Page.Body, StringComparison.Ordinal);
        await browser.Post(Form, ("name", ""), ("permission", "everything"), ("access", "chosen"), ("environment", acme.ShopDev), ("expiresIn", "100y"));
        Assert.Equal(400, browser.Page.Status);
        Assert.Contains("id=\"e-permission\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("id=\"e-expiresIn\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains($"value=\"{acme.ShopDev}\" checked", browser.Page.Body, StringComparison.Ordinal);
    }

    /// <summary>What is not offered and posted all the same is refused, and nothing changes.</summary>
    [Fact]
    public async Task Nobody_lends_more_than_they_have()
    {
        var member = await gateway.People.Join("member");
        var scoped = await gateway.People.Join("developer", Json.Scope(projects: [acme.Shop]));
        var (reader, narrow) = (await PageBrowser.Of(gateway, member.Email), await PageBrowser.Of(gateway, scoped.Email));
        await reader.Get(Form);
        Assert.DoesNotContain("value=\"read-write\"", reader.Page.Body, StringComparison.Ordinal);
        await narrow.Get(Form);
        Assert.DoesNotContain("Full workspace access", narrow.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(acme.Bank, narrow.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain($"name=\"team\" value=\"{acme.Red}\"", narrow.Page.Body, StringComparison.Ordinal);
        Assert.Contains($"name=\"project\" value=\"{acme.Shop}\"", narrow.Page.Body, StringComparison.Ordinal);

        var before = (await gateway.Operator.Get("/v1/workspace/acme/tokens")).Body;
        await reader.Post(Form, ("name", "too much"), ("permission", "read-write"), ("access", "all"), ("expiresIn", "24h"));
        Assert.Equal(403, reader.Page.Status);
        Assert.Contains("id=\"e-permission\"", reader.Page.Body, StringComparison.Ordinal);
        foreach (var (name, value) in new[] { ("access", "all"), ("environment", acme.BankDev), ("team", acme.Red), ("project", acme.Site) })
        {
            await narrow.Post(Form, ("name", "too wide"), ("permission", "read"), ("access", name == "access" ? value : "chosen"), (name == "access" ? "none" : name, value), ("expiresIn", "24h"));
            Assert.Equal(403, narrow.Page.Status);
            Assert.Contains("id=\"e-scope\"", narrow.Page.Body, StringComparison.Ordinal);
        }

        Assert.Equal(before, (await gateway.Operator.Get("/v1/workspace/acme/tokens")).Body);
    }

    [Fact]
    public async Task Rotation_shows_the_new_value_once_and_ends_the_old_one()
    {
        var developer = await gateway.People.Join("developer");
        var (id, old, machine) = await gateway.Machine("read", creator: developer.Api);
        var (browser, path) = (await PageBrowser.Of(gateway, developer.Email), $"/w/acme/credentials/{id}/rotate");
        await browser.Get(path);
        Assert.Contains("stop working at once", browser.Text, StringComparison.Ordinal);
        Assert.Contains("30 days from now", browser.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await machine.Get("/v1/me")).Status);
        await browser.Post(path);
        Assert.Equal((200, "no-store"), (browser.Page.Status, browser.Page.Headers["Cache-Control"]));
        var token = Token(browser);
        Assert.NotEqual(old, token);
        Assert.Equal(401, (await gateway.Bearer(old).Post("/v1/auth/exchange")).Status);
        Assert.Equal(401, (await machine.Get("/v1/me")).Status);
        await gateway.Exchange(token);
        Assert.DoesNotContain(token[12..], (await browser.Get("/w/acme/credentials")).Body + gateway.Logs, StringComparison.Ordinal);
        Assert.Contains("rotated just now", browser.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_admins_token_that_reaches_further_is_not_rotated()
    {
        var admin = await gateway.People.Join("admin", Json.Scope(projects: [acme.Shop]));
        var (id, _, machine) = await gateway.Machine("read");
        var browser = await PageBrowser.Of(gateway, admin.Email);
        await browser.Get("/w/acme/credentials");
        Assert.DoesNotContain($"{id}/rotate", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains($"{id}/revoke", browser.Page.Body, StringComparison.Ordinal);
        await browser.Get("/account");
        await browser.Post($"/w/acme/credentials/{id}/rotate");
        Assert.Equal(403, browser.Page.Status);
        Assert.Contains("You cannot do this", browser.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await machine.Get("/v1/me")).Status);

        var other = await PageBrowser.Of(gateway, (await gateway.People.Join("developer")).Email);
        foreach (var what in new[] { "rotate", "revoke" })
        {
            await other.Get("/account");
            Assert.Equal(404, (await other.Post($"/w/acme/credentials/{id}/{what}")).Status);
        }

        Assert.Equal(200, (await machine.Get("/v1/me")).Status);
    }

    [Fact]
    public async Task Revoked_is_revoked()
    {
        var (id, _, machine) = await gateway.Machine("read", creator: (await gateway.People.Join("developer")).Api);
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("admin")).Email);
        await browser.Get($"/w/acme/credentials/{id}/revoke");
        Assert.Contains("It was last used just now", browser.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await machine.Get("/v1/me")).Status);
        await browser.Post($"/w/acme/credentials/{id}/revoke");
        Assert.Equal((303, "/w/acme/credentials"), (browser.Page.Status, browser.Location));
        Assert.Equal(401, (await machine.Get("/v1/me")).Status);
        await browser.Follow();
        Assert.Contains("machine is revoked", browser.Text, StringComparison.Ordinal);
        Assert.Equal(409, (await browser.Get($"/w/acme/credentials/{id}/rotate")).Status);
    }

    private static string Token(PageBrowser browser) => Value().Match(browser.Page.Body) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException(browser.Text);

    [GeneratedRegex("value=\"(ek_live_[0-9A-Za-z]{42})\"")]
    private static partial Regex Value();

    [GeneratedRegex("href=\"/w/acme/credentials/([0-9a-f-]{36})\"")]
    private static partial Regex Link();
}
