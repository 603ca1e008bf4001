using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Forwarding.Routes;
using Enkryptify.Gateway.Tests.Configuration;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>A reload takes all of a new configuration or none of it, and says why; a start takes what it can, and says so.</summary>
public class RouteReloadTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    private LegacyRoutes Routes => world.Gateway.Gateway.LegacyRoutes;

    [Fact]
    public async Task New_routes_are_served_and_old_ones_gone_when_it_returns()
    {
        await world.Load(world.Route());
        Assert.Equal(200, (await world.Get()).Status);
        await world.Load(world.Route(route: "hosts = [\"moved.internal\"]"));
        Assert.Equal(200, (await world.Get(host: "moved.internal")).Status);
        Assert.Equal(("route_not_found", 404), ((await world.Get()).Code, (await world.Get()).Status));
        await world.Load("");
        Assert.Equal(404, (await world.Get(host: "moved.internal")).Status);
        Assert.Empty(Routes.Status().Routes);
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "credential = \"0197a000-0000-7000-8000-000000000000\"", "route_credential_unknown" },
        { "credential = \"nobody\"", "route_credential_unknown" },
        { "credential = \"machine\"", "route_credential_unknown" },
        { "workspace = \"nowhere\"", "route_scope" },
        { "workspace = \"other\"\nproject = \"yard\"", "route_scope" },
        { "project = \"bank\"", "route_scope" },
        { "environment = \"prod\"", "route_scope" },
        { "environment = \"none\"", "route_scope" },
        { "headers = [\"X-A: %NO_SUCH_SECRET%\"]", "route_secret_missing" },
    };

    /// <summary>What only a running gateway can know, one by one (several credentials are called "machine").</summary>
    [Theory]
    [MemberData(nameof(Bad))]
    public async Task What_the_store_does_not_bear_out_is_refused_and_the_old_routes_stay(string keys, string reason)
    {
        await world.Load(world.Route());
        var problems = await Routes.Reload(RouteWorld.Config(world.Route("wrong", route: keys)));
        Assert.Contains($"route wrong: {reason}: ", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Equal(200, (await world.Get()).Status);
        Assert.Equal("app", Assert.Single(Routes.Status().Routes).Name);
    }

    [Fact]
    public async Task A_revoked_credential_is_refused_by_name_and_by_id()
    {
        var made = await world.Gateway.Operator.Post("/v1/workspace/acme/tokens", Json.Of(("name", "ended"), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "30d")));
        var id = made.Json["id"]!.GetValue<string>();
        await world.Load(world.Route(route: "credential = \"ended\""));
        Assert.Equal(200, (await world.Get()).Status);
        await world.Gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}");
        foreach (var name in (string[])["ended", id])
        {
            Assert.Contains("route_credential_revoked", Assert.Single(await Routes.Reload(RouteWorld.Config(world.Route(route: $"credential = \"{name}\"")))), StringComparison.Ordinal);
        }
    }

    /// <summary>Nobody takes a route over by making a credential of the same name: the id that was found stays.</summary>
    [Fact]
    public async Task A_name_means_the_credential_that_it_led_to_when_it_was_loaded()
    {
        Task<Answer> Make() => world.Gateway.Operator.Post("/v1/workspace/acme/tokens", Json.Of(("name", "namesake"), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "30d")));
        var first = (await Make()).Json["id"]!.GetValue<string>();
        await world.Load(world.Route(route: "credential = \"namesake\""));
        await Make();
        await world.Gateway.Operator.Delete($"/v1/workspace/acme/tokens/{first}");
        Assert.Equal((403, "route_refused"), ((await world.Get()).Status, (await world.Get()).Code));
    }

    [Fact]
    public async Task A_trust_file_that_cannot_be_used_is_refused()
    {
        await world.Load(world.Route());
        var problems = await Routes.Reload(RouteWorld.Config(world.Route(cluster: "ca_file = \"missing.pem\"", destinations: "\"https://127.0.0.1:1\"")));
        Assert.Contains("missing.pem cannot be read as certificates", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Equal(200, (await world.Get()).Status);
    }

    /// <summary>The whole way of a signal: a file that is wrong is told in the log, line by line, and changes nothing.</summary>
    [Fact]
    public async Task A_bad_file_keeps_the_old_routes_and_says_why()
    {
        await world.Load(world.Route());
        using var file = new ConfigFile(world.Route(route: "allow_networks =") + "[nonsense]\n");
        await world.Gateway.Gateway.Reload(ConfigLoader.Load(new ConfigSources { FilePath = file.Path }));
        Assert.Equal(200, (await world.Get()).Status);
        Assert.Contains("is open: say who may use it", world.Gateway.Logs, StringComparison.Ordinal);
        Assert.Contains("nonsense: unknown section", world.Gateway.Logs, StringComparison.Ordinal);
        Assert.Contains("reload: nothing was taken", world.Gateway.Logs, StringComparison.Ordinal);

        using var good = new ConfigFile(world.Route(route: "hosts = [\"good.internal\"]"));
        await world.Gateway.Gateway.Reload(ConfigLoader.Load(new ConfigSources { FilePath = good.Path }));
        Assert.Equal(200, (await world.Get(host: "good.internal")).Status);
        Assert.Contains(AuditTail.Entries(world.Gateway), entry => entry["action"]!.GetValue<string>() == "RELOAD");
    }

    [Fact]
    public async Task A_request_under_way_ends_well_across_a_reload()
    {
        await world.Load(world.Route());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/stream?bytes=50000000") { Headers = { Host = RouteWorld.Host } };
        using var response = await world.Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await world.Load("");
        Assert.Equal(50_000_000, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    /// <summary>A credential that ended must not keep every secret from everybody.</summary>
    [Fact]
    public async Task A_start_goes_on_with_a_route_that_refuses()
    {
        await using var other = new RouteWorld();
        await other.InitializeAsync();
        var config = RouteWorld.Config(other.Route() + other.Route("late", route: "hosts = [\"late.internal\"]\ncredential = \"nobody\"").Split("[[routes]]", 2)[1].Insert(0, "[[routes]]"));
        await other.Gateway.Restart(before => before with { Forwarding = config });
        Assert.Equal(200, (await other.Get()).Status);
        Assert.Equal((403, "route_refused"), ((await other.Get(host: "late.internal")).Status, (await other.Get(host: "late.internal")).Code));
        Assert.Equal(200, (await other.Gateway.Anonymous.Get("/readyz")).Status);
        Assert.Contains("route late: route_credential_unknown", other.Gateway.Logs, StringComparison.Ordinal);
        Assert.Equal("route_credential_unknown", other.Gateway.Gateway.LegacyRoutes.Status().Routes.Single(route => route.Name == "late").Problem);
    }
}
