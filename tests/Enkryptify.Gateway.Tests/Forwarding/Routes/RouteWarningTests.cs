using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>The operator hears of a route before its programs do: of a credential that is about to end, of a route that refuses, of an upstream that is away.</summary>
public class RouteWarningTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    private const string Days = "enkryptify_route_credential_days_to_expiry{route=\"app\"}";

    [Fact]
    public async Task The_end_of_a_routes_credential_is_told_before_it_comes_and_rotation_ends_the_warning()
    {
        var (id, _, _) = await world.Gateway.Machine("read", Json.Scope(environments: [world.Acme.ShopDev]));
        await world.Load(world.Route(route: $"credential = \"{id}\""));
        Assert.Equal(("ok", 30), (await Finding("route"), await Metric(Days)));

        world.Gateway.Clock.Advance(TimeSpan.FromDays(22));
        Assert.Equal("ok", await Finding("route"));
        world.Gateway.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(("warning", 6), (await Finding("route"), await Metric(Days)));

        Assert.Equal(200, (await world.Gateway.Operator.Post($"/v1/workspace/acme/tokens/{id}/rotate")).Status);
        Assert.Equal(("ok", 30, 0), (await Finding("route"), await Metric(Days), await Metric("enkryptify_route_refuses{route=\"app\"}")));
        Assert.Equal(200, (await world.Get()).Status);

        Assert.Equal(200, (await world.Gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        Assert.Equal(("problem", 1), (await Finding("route"), await Metric("enkryptify_route_refuses{route=\"app\"}")));
    }

    [Fact]
    public async Task An_upstream_that_is_away_is_told()
    {
        var (id, _, _) = await world.Gateway.Machine("read", Json.Scope(environments: [world.Acme.ShopDev]));
        await world.Load(world.Route(route: $"credential = \"{id}\"", destinations: "\"http://127.0.0.1:1\""));
        Assert.Equal("", await Finding("upstream"));
        Assert.Equal(502, (await world.Get()).Status);
        Assert.Equal("warning", await Finding("upstream"));
    }

    private async Task<string> Finding(string check) => (await world.Gateway.Operator.Get("/doctor")).Json["findings"]!.AsArray()
        .SingleOrDefault(finding => finding!["check"]!.GetValue<string>() == check)?["severity"]!.GetValue<string>() ?? "";

    private async Task<int> Metric(string name) => (int)Math.Round(double.Parse(
        (await world.Gateway.Operator.Get("/metrics")).Body.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture));
}
