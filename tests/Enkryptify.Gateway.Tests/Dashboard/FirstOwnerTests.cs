using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>The first owner of a new gateway: with the printed code alone, and once.</summary>
public class FirstOwnerTests
{
    private static readonly (string, string)[] Owner =
        [("name", "Ada"), ("email", "Ada@Acme.test"), ("password", "correct horse battery"), ("workspace", "Acme Rockets"), ("slug", "")];

    [Fact]
    public async Task With_the_code_somebody_becomes_owner_of_a_workspace_and_is_signed_in()
    {
        await using var gateway = await TestGateway.StartUnowned();
        var code = gateway.Gateway.FirstOwner.Open()!.Value.Reveal();
        var browser = new PageBrowser(gateway);
        await browser.Get("/sign-in");
        Assert.Equal("/first-owner", browser.Location);
        await browser.Follow();
        await browser.Post("/first-owner", [("code", code.ToLowerInvariant().Replace('-', ' ')), .. Owner]);
        Assert.Equal((303, "/w/acme-rockets/credentials"), (browser.Page.Status, browser.Location));
        await browser.Get("/account");
        Assert.Contains("ada@acme.test", browser.Page.Body, StringComparison.Ordinal);
        var workspaces = await gateway.Operator.Get("/v1/workspace");
        Assert.Equal("Acme Rockets", workspaces.Json[0]!["name"]!.GetValue<string>());
        var members = await gateway.Operator.Get("/v1/workspace/acme-rockets/rbac");
        Assert.True(members.Json[0]!["isOwner"]!.GetValue<bool>() && members.Json[0]!["user"]!["verified"]!.GetValue<bool>());
        Assert.DoesNotContain(code, gateway.Logs + TableDump.Of(gateway), StringComparison.Ordinal);

        // Used up, for everybody.
        Assert.Equal(404, (await new PageBrowser(gateway).Get("/first-owner")).Status);
        Assert.Null(gateway.Gateway.FirstOwner.Open());
        await gateway.Restart();
        Assert.Equal(404, (await new PageBrowser(gateway).Get("/first-owner")).Status);
    }

    [Fact]
    public async Task Without_a_code_having_been_printed_there_is_no_such_page()
    {
        await using var gateway = await TestGateway.StartUnowned();
        var browser = new PageBrowser(gateway);
        Assert.Equal(404, (await browser.Get("/first-owner")).Status);
        await browser.Get("/sign-in");
        await browser.Post("/first-owner", [("code", ""), .. Owner]);
        Assert.Equal(404, browser.Page.Status);
        Assert.False(gateway.Gateway.Accounts.Any());
    }

    [Fact]
    public async Task A_wrong_code_makes_nobody_and_too_many_of_them_have_to_wait()
    {
        await using var gateway = await TestGateway.StartUnowned();
        var code = gateway.Gateway.FirstOwner.Open()!.Value.Reveal();
        var browser = new PageBrowser(gateway);
        await browser.Get("/first-owner");
        await browser.Post("/first-owner", [("code", "BBBBB-BBBBB-BBBBB-BBBBB"), .. Owner]);
        Assert.Equal(400, browser.Page.Status);
        Assert.Contains("aria-invalid=\"true\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("value=\"Acme Rockets\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("correct horse", browser.Page.Body, StringComparison.Ordinal);
        for (var i = 0; i < 8; i++)
        {
            await browser.Post("/first-owner", [("code", "BBBBB-BBBBB-BBBBB-BBBBB"), .. Owner]);
        }

        Assert.Equal(429, browser.Page.Status);
        await browser.Post("/first-owner", [("code", code), .. Owner]);
        Assert.Equal(429, browser.Page.Status);
        Assert.False(gateway.Gateway.Accounts.Any());
        Assert.Equal(0, gateway.Gateway.Passwords.Hashed);
        gateway.Clock.Advance(TimeSpan.FromMinutes(20));
        await browser.Post("/first-owner", [("code", code), .. Owner]);
        Assert.Equal(303, browser.Page.Status);
    }

    [Fact]
    public async Task Who_became_owner_elsewhere_meanwhile_stays_the_only_one()
    {
        await using var gateway = await TestGateway.StartUnowned();
        var code = gateway.Gateway.FirstOwner.Open()!.Value.Reveal();
        var browser = new PageBrowser(gateway);
        await browser.Get("/first-owner");
        await gateway.Gateway.Accounts.CreateLocal("ops@acme.test", "Ops", null);
        await browser.Post("/first-owner", [("code", code), .. Owner]);
        Assert.Equal(409, browser.Page.Status);
        Assert.Equal(404, (await browser.Get("/first-owner")).Status);
        Assert.DoesNotContain("ada@acme.test", TableDump.Of(gateway), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_is_wrong_with_the_form_is_told_field_by_field()
    {
        await using var gateway = await TestGateway.StartUnowned();
        gateway.Gateway.FirstOwner.Open();
        var browser = new PageBrowser(gateway);
        await browser.Get("/first-owner");
        await browser.Post("/first-owner", ("code", ""), ("name", ""), ("email", "x"), ("password", "short"), ("workspace", "}"), ("slug", "A"));
        Assert.Equal(400, browser.Page.Status);
        Assert.All((string[])["code", "name", "email", "password", "workspace", "slug"], field => Assert.Contains($"id=\"e-{field}\"", browser.Page.Body, StringComparison.Ordinal));
    }
}
