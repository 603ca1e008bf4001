using Enkryptify.Gateway.Tests.Forwarding.Routes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>Legacy routes in the dashboard: for admins, of environments in their sight; names, states and ends, never a value.</summary>
public class RoutesPageTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    private const string Page = "/w/acme/forwarding";

    [Fact]
    public async Task A_route_is_shown_with_its_match_its_upstream_and_what_it_acts_with()
    {
        await world.Load(world.Route());
        Assert.Equal(200, (await world.Get()).Status);
        var browser = await PageBrowser.Of(world.Gateway, (await world.Gateway.People.Owner()).Email);
        Assert.Equal(200, (await browser.Get(Page)).Status);
        foreach (var part in new[] { "app.internal/", "back", world.Upstream.Url, "no failure known", "X-Api-Key: %API_KEY%", "shop / dev", "machine", "ends in 30 days", "Ready", "for listed networks" })
        {
            Assert.Contains(part, browser.Text, StringComparison.Ordinal);
        }

        Assert.Contains($"href=\"/w/acme/credentials/{world.Porter}\"", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", browser.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_with_a_route_is_said()
    {
        await world.Store("GOING", "x");
        var (id, token, _) = await world.Gateway.Machine("read", Json.Scope(environments: [world.Acme.ShopDev]), expiresIn: "5d");
        await world.Load(world.Route(route: $"""
            credential = "{id}"
            headers = ["X-Gone: %GOING%"]
            """));
        var browser = await PageBrowser.Of(world.Gateway, (await world.Gateway.People.Owner()).Email);
        await browser.Get(Page);
        Assert.Contains("ends in 5 days", browser.Text, StringComparison.Ordinal);
        Assert.Contains("class=\"soon warn-text\"", browser.Page.Body, StringComparison.Ordinal);

        Assert.Equal(200, (await world.Drop("GOING")).Status);
        Assert.Equal(502, (await world.Get()).Status);
        await browser.Get(Page);
        Assert.Contains("a secret that it names has no value there", browser.Text, StringComparison.Ordinal);

        Assert.Equal(200, (await world.Gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        await browser.Get(Page);
        Assert.Contains("its credential was revoked", browser.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(token, browser.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_destination_that_is_not_there_shows()
    {
        await world.Load(world.Route(destinations: "\"http://127.0.0.1:1\""));
        Assert.Equal(502, (await world.Get()).Status);
        var browser = await PageBrowser.Of(world.Gateway, (await world.Gateway.People.Owner()).Email);
        await browser.Get(Page);
        Assert.Contains("failed, left out", browser.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("member", 403)]
    [InlineData("developer", 403)]
    [InlineData("admin", 200)]
    public async Task It_is_for_admins(string role, int status)
    {
        await world.Load(world.Route());
        var browser = await PageBrowser.Of(world.Gateway, (await world.Gateway.People.Join(role)).Email);
        Assert.Equal(status, (await browser.Get(Page)).Status);
        Assert.Equal(status == 200, browser.Text.Contains("app.internal", StringComparison.Ordinal));
        await browser.Get("/w/acme/credentials");
        Assert.Equal(status == 200, browser.Page.Body.Contains($"href=\"{Page}\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_admin_of_a_part_sees_what_is_in_it_and_no_tab_that_would_refuse()
    {
        await world.Load(world.Route());
        var inSight = await PageBrowser.Of(world.Gateway, (await world.Gateway.People.Join("admin", Json.Scope(environments: [world.Acme.ShopDev]))).Email);
        await inSight.Get(Page);
        Assert.Contains("app.internal", inSight.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Origins", inSight.Text, StringComparison.Ordinal);
        var other = await PageBrowser.Of(world.Gateway, (await world.Gateway.People.Join("admin", Json.Scope(environments: [world.Acme.ShopProd]))).Email);
        await other.Get(Page);
        Assert.Contains("No route serves this workspace", other.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("app.internal", other.Text, StringComparison.Ordinal);
        var stranger = await PageBrowser.Of(world.Gateway, (await world.Gateway.People.Join("admin", workspace: "other")).Email);
        Assert.Equal(404, (await stranger.Get(Page)).Status);
        await stranger.Get("/w/other/forwarding");
        Assert.DoesNotContain("app.internal", stranger.Text, StringComparison.Ordinal);
    }
}
