using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>What ends soon, what was refused and why, exchanges by the hour, health: and nothing of it to those whom it does not concern.</summary>
public class OverviewPageTests
{
    private const string Page = "/w/acme/overview";

    [Fact]
    public async Task It_tells_an_admin_what_ends_what_was_refused_and_what_was_exchanged()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var (admin, developer) = (await gateway.People.Join("admin"), await gateway.People.Join("developer"));
        var browser = await PageBrowser.Of(gateway, admin.Email);
        await browser.Get(Page);
        Assert.Contains("Nothing ends within 14 days", browser.Text, StringComparison.Ordinal);
        Assert.Contains("Nothing was refused", browser.Text, StringComparison.Ordinal);
        Assert.Contains("No credential was exchanged", browser.Text, StringComparison.Ordinal);
        Assert.Contains("All well", browser.Text, StringComparison.Ordinal);

        var (_, token, machine) = await gateway.Machine("read", Json.Scope(environments: [acme.ShopDev]), expiresIn: "5d");
        await gateway.Exchange(token);
        Assert.Equal(403, (await machine.Get("/v1/workspace/acme/audit")).Status);
        gateway.Clock.Advance(TimeSpan.FromHours(2));
        await gateway.Exchange(token);
        browser = await PageBrowser.Of(gateway, admin.Email);
        await browser.Get(Page);
        Assert.Contains("soon: in 5 days", browser.Text, StringComparison.Ordinal);
        Assert.Contains("Exchanges by the hour: 3 in 24 hours, 2 at the most in one", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("Insufficient permissions", browser.Text, StringComparison.Ordinal);
        Assert.Contains("12:00 UTC: 2", browser.Text, StringComparison.Ordinal);
        Assert.Contains("14:00 UTC: 1", browser.Text, StringComparison.Ordinal);

        // A restart forgets what is in memory; the log has it.
        gateway.Clock.Advance(TimeSpan.FromMinutes(1));
        await gateway.Restart();
        await gateway.Exchange(token);
        await browser.Get(Page);
        Assert.Contains("Exchanges by the hour: 4 in 24 hours, 2 at the most in one", browser.Page.Body, StringComparison.Ordinal);

        // A day later none of it is of the last 24 hours.
        gateway.Clock.Advance(TimeSpan.FromHours(25));
        browser = await PageBrowser.Of(gateway, admin.Email);
        await browser.Get(Page);
        Assert.Contains("No credential was exchanged", browser.Text, StringComparison.Ordinal);
        Assert.Contains("Nothing was refused", browser.Text, StringComparison.Ordinal);

        // Who may not read the log sees their own credentials alone.
        var own = await PageBrowser.Of(gateway, developer.Email);
        await own.Get(Page);
        Assert.Equal(200, own.Page.Status);
        Assert.Contains("Nothing ends within 14 days", own.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Refused", own.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exchanges", own.Text, StringComparison.Ordinal);
    }
}
