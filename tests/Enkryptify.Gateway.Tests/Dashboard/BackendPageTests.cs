using Enkryptify.Gateway.Tests.Forwarding.Backends;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>The backend of a remote workspace in the dashboard: for admins of all of it, also while it gives nothing.</summary>
public class BackendPageTests
{
    private const string Page = "/w/acme/forwarding/backend";

    [Fact]
    public async Task It_says_how_the_backend_does_through_an_outage()
    {
        await using var world = await RemoteWorld.Start();
        var (_, _, machine) = await world.Near.Machine("read");
        Assert.Equal(200, (await machine.Get("/v1/workspace/acme/project/shop/secret?environmentId=dev")).Status);
        var browser = await PageBrowser.Of(world.Near, (await world.Near.People.Owner()).Email);
        Assert.Equal(200, (await browser.Get(Page)).Status);
        foreach (var part in new[] { "far", "answers", "Enkryptify-compatible API", world.Far.Gateway.Urls[0].GetLeftPart(UriPartial.Authority), "up to 60 minutes old", "just now" })
        {
            Assert.Contains(part, browser.Text, StringComparison.Ordinal);
        }

        Assert.Matches("<dt>Answers kept</dt><dd>[1-9]", browser.Page.Body);
        Assert.DoesNotContain("shop-dev", browser.Page.Body, StringComparison.Ordinal);

        await world.Kill();
        world.Later();
        await browser.Get(Page);
        Assert.Contains("fails", browser.Text, StringComparison.Ordinal);
        Assert.Contains("it cannot be reached", browser.Text, StringComparison.Ordinal);

        // Nothing is left to show of the structure: how the backend does is still there, and so is the way to it.
        world.Later(TimeSpan.FromHours(2));
        browser = await PageBrowser.Of(world.Near, (await world.Near.People.Owner()).Email);
        Assert.Equal(503, (await browser.Get("/w/acme/projects")).Status);
        Assert.Equal(200, (await browser.Get("/w/acme/overview")).Status);
        Assert.Contains("href=\"/w/acme/forwarding\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await browser.Get("/w/acme/forwarding")).Status);
        Assert.Equal(200, (await browser.Get(Page)).Status);
        Assert.Contains("2 hours ago", browser.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_credential_shows()
    {
        await using var world = await RemoteWorld.Start();
        var (_, _, machine) = await world.Near.Machine("read");
        Assert.Equal(200, (await world.Far.Operator.Delete($"/v1/workspace/acme/tokens/{world.CredentialId}")).Status);
        world.Later(TimeSpan.FromMinutes(16));
        await machine.Get("/v1/workspace/acme/project");
        var browser = await PageBrowser.Of(world.Near, (await world.Near.People.Owner()).Email);
        await browser.Get(Page);
        Assert.Contains("refuses the gateway’s credential", browser.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("member", null, "acme", 403)]
    [InlineData("developer", null, "acme", 403)]
    [InlineData("admin", "shop", "acme", 403)]
    [InlineData("admin", null, "acme", 200)]
    [InlineData("admin", null, "other", 404)]
    public async Task It_is_for_admins_of_the_whole_workspace(string role, string? project, string workspace, int status)
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using (gateway)
        {
            var person = await gateway.People.Join(role, project is null ? null : Json.Scope(projects: [acme.Id(project)]), workspace);
            var browser = await PageBrowser.Of(gateway, person.Email);
            Assert.Equal(status, (await browser.Get(Page)).Status);
            Assert.Equal(status == 200, browser.Text.Contains("This workspace lives here", StringComparison.Ordinal));
        }
    }
}
