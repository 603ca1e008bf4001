using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>Who may use a route: by the one way it names, judged anew for each request, with nothing sent to the upstream otherwise.</summary>
public class RouteUserTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    private const string Header = "X-Enkryptify-Authorization";

    [Fact]
    public async Task A_listed_credential_gets_through_with_its_JWT_in_a_header_of_its_own()
    {
        await world.Load(world.Route(route: ByCredential));
        var answer = await WithHeader($"Bearer {world.User.Api.Token}");
        Assert.Equal(200, answer.Status);
        Assert.Equal(RouteWorld.Value, RouteWorld.Headers(answer)["X-Api-Key"]!.GetValue<string>());
        Assert.False(RouteWorld.Headers(answer).ContainsKey(Header));
        Assert.Equal(200, (await WithHeader($"bearer {world.User.Api.Token}")).Status);
    }

    [Fact]
    public async Task Whoever_is_not_listed_or_proves_nothing_is_refused_and_nothing_is_sent()
    {
        var (_, _, stranger) = await world.Gateway.Machine();
        var person = await world.Gateway.People.Join("admin", Json.Everything);
        await world.Load(world.Route(route: ByCredential));
        var before = await world.RequestsSoFar();
        foreach (var (header, status, code) in ((string?, int, string)[])
        [
            (null, 401, "invalid_token"), ("", 401, "invalid_token"), ("Bearer ", 401, "invalid_token"), ("Bearer nothing", 401, "invalid_token"),
            (world.User.Api.Token, 401, "invalid_token"), ($"Basic {world.User.Api.Token}", 401, "invalid_token"), ($"Bearer {world.User.Api.Token}x", 401, "invalid_token"),
            ($"Bearer {world.User.Token}", 401, "invalid_token"), ($"Bearer {stranger.Token}", 403, "route_not_allowed"), ($"Bearer {person.Api.Token}", 403, "route_not_allowed"),
        ])
        {
            var answer = await WithHeader(header);
            Assert.True((answer.Status, answer.Code) == (status, code), $"{header}: {answer.Status} {answer.Body}");
            Assert.Equal(("no-store", "nosniff"), (answer.Headers["Cache-Control"], answer.Headers["X-Content-Type-Options"]));
        }

        // In Authorization it is the application's, and proves nothing here.
        var elsewhere = await world.Get("/x", request => request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {world.User.Api.Token}"));
        Assert.Equal(401, elsewhere.Status);
        var twice = await world.Get("/x", request => request.Headers.TryAddWithoutValidation(Header, [$"Bearer {world.User.Api.Token}", "Bearer x"]));
        Assert.Equal(401, twice.Status);
        Assert.Equal(before + 1, await world.RequestsSoFar());
    }

    [Fact]
    public async Task A_user_that_is_revoked_is_out_with_the_next_request()
    {
        var (id, _, api) = await world.Gateway.Machine("read");
        await world.Load(world.Route(route: $"""
            allow_networks =
            allow_credentials = ["{id}"]
            """));
        Assert.Equal(200, (await WithHeader($"Bearer {api.Token}")).Status);
        Assert.Equal(200, (await world.Gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        Assert.Equal(401, (await WithHeader($"Bearer {api.Token}")).Status);
        Assert.Contains(await world.Audit(), entry => entry!["action"]!.GetValue<string>() == "REFUSE" && entry["reason"]?.GetValue<string>() == "revoked"
            && entry["target"]!["name"]!.GetValue<string>() == "route app");
    }

    [Fact]
    public async Task A_raw_API_token_gets_through_only_where_direct_use_is_on()
    {
        await using var other = new RouteWorld();
        await other.InitializeAsync();
        await other.Gateway.Restart(config => config with { Exchange = new ExchangeConfig(AcceptApiTokensDirectly: true) });
        await other.Load(other.Route(route: $"""
            allow_networks =
            allow_credentials = ["{other.User.Id}"]
            """));
        Assert.Equal(200, (await other.Get("/x", request => request.Headers.TryAddWithoutValidation(Header, $"Bearer {other.User.Token}"))).Status);
        Assert.Equal(403, (await other.Get("/x", request => request.Headers.TryAddWithoutValidation(Header, $"Bearer {Token(other)}"))).Status);

        static string Token(RouteWorld world) => world.Gateway.Machine().GetAwaiter().GetResult().Token;
    }

    [Fact]
    public async Task A_network_is_judged_by_the_peer_and_by_no_header()
    {
        await using var other = new RouteWorld();
        await other.InitializeAsync();
        await other.Gateway.Restart(config => config with { Server = config.Server with { TrustedProxies = [System.Net.IPNetwork.Parse("127.0.0.1/32")] } });
        await other.Load(other.Route(route: "allow_networks = [\"10.0.0.0/8\", \"127.0.0.2\"]"));
        var before = await other.RequestsSoFar();
        foreach (var name in (string[])["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"])
        {
            var answer = await other.Get("/x", request => request.Headers.TryAddWithoutValidation(name, name == "Forwarded" ? "for=10.0.0.1" : "10.0.0.1"));
            Assert.Equal((403, "route_not_allowed"), (answer.Status, answer.Code));
        }

        Assert.Equal(before + 1, await other.RequestsSoFar());
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://app.internal", 200)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    [InlineData("Sec-Fetch-Site", "none", 200)]
    public async Task A_browser_in_an_allowed_network_carries_no_other_sites_requests_in(string header, string value, int status)
    {
        await world.Load(world.Route());
        Assert.Equal(status, (await world.Get("/x", request => request.Headers.TryAddWithoutValidation(header, value))).Status);
    }

    [Fact]
    public async Task Refusals_are_tallied_with_the_route_and_never_with_the_token()
    {
        await world.Load(world.Route("counted", route: ByCredential));
        for (var i = 0; i < 5; i++)
        {
            await WithHeader("Bearer canary-token-that-nobody-issued");
        }

        world.Gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        await WithHeader("Bearer canary-token-that-nobody-issued");
        var entries = (await world.Audit()).Where(entry => entry!["target"]?["name"]?.GetValue<string>() == "route counted").ToList();
        Assert.Equal([5, 1], entries.Select(entry => entry!["data"]!["count"]!.GetValue<int>()));
        Assert.All(entries, entry => Assert.Equal("bad_token", entry!["reason"]!.GetValue<string>()));
        Assert.DoesNotContain("canary-token", string.Join('\n', entries.Select(entry => entry!.ToJsonString())) + world.Gateway.Logs, StringComparison.Ordinal);
    }

    private string ByCredential => $"""
        allow_networks =
        allow_credentials = ["{world.User.Id}"]
        """;

    private Task<Answer> WithHeader(string? value) => world.Get("/x", request =>
    {
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(Header, value);
        }
    });
}
