using System.Text.RegularExpressions;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Operations.Metrics;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Operations.Metrics;

/// <summary>/metrics: who may read it, what it counts, and that nothing a caller typed gets in.</summary>
public partial class MetricsTests
{
    [Fact]
    public async Task It_counts_what_happened()
    {
        var (gateway, _) = await TestGateway.StartWithAcme(("rate_limits.exchanges_per_minute_per_credential", "2"));
        await using var __ = gateway;
        var (_, token, machine) = await gateway.Machine();
        Assert.Equal(200, (await machine.Get("/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev")).Status);
        Assert.Equal(200, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.Equal(429, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.Equal(401, (await gateway.Anonymous.Get("/v1/workspace")).Status);
        Assert.Equal(404, (await gateway.Anonymous.Get("/no/such/route")).Status);

        var page = await Page(gateway);
        Assert.Equal(1, page["""enkryptify_http_requests_total{method="GET",route="/v1/workspace/{ws}/project/{prj}/secret/{key}",status="2xx"}"""]);
        Assert.Equal(2, page["""enkryptify_http_requests_total{method="POST",route="/v1/auth/exchange",status="2xx"}"""]);
        Assert.Equal(1, page["""enkryptify_http_requests_total{method="POST",route="/v1/auth/exchange",status="4xx"}"""]);
        Assert.Equal(1, page["""enkryptify_http_requests_total{method="-",route="-",status="4xx"}"""]);
        Assert.Equal(3, page["""enkryptify_http_request_duration_seconds_count{method="POST",route="/v1/auth/exchange"}"""]);
        Assert.Equal(3, page["""enkryptify_http_request_duration_seconds_bucket{method="POST",route="/v1/auth/exchange",le="+Inf"}"""]);
        Assert.Equal(2, page["""enkryptify_exchanges_total{type="static"}"""]);
        Assert.Equal(1, page["""enkryptify_refusals_total{reason="no_token"}"""]);
        Assert.Equal(1, page["""enkryptify_refusals_total{reason="rate_limit_exceeded"}"""]);
        Assert.Equal(1, page["""enkryptify_rate_limited_total{limit="credential"}"""]);
        Assert.Equal(0, page["""enkryptify_rate_limited_total{limit="address"}"""]);
        Assert.Equal(1, page["enkryptify_ready"]);
        Assert.Equal(1, page["""enkryptify_cache_entries{cache="credentials"}"""]);
        Assert.Equal(1, page["""enkryptify_cache_entries{cache="tokens"}"""]);
        Assert.Equal(1, page["""enkryptify_cache_entries{cache="secrets"}"""]);
        Assert.True(page["enkryptify_commit_items_sum"] > page["enkryptify_commit_duration_seconds_sum"]);
        Assert.Equal(page["enkryptify_commit_items_count"], page["enkryptify_commit_duration_seconds_count"]);
        Assert.True(page["enkryptify_audit_entries_total"] > 5);
        Assert.True(page["process_resident_memory_bytes"] > 1 << 20);
        Assert.True(page["process_cpu_seconds_total"] > 0);
        Assert.Contains(page.Keys, key => key.StartsWith("enkryptify_build_info{version=\"", StringComparison.Ordinal));
    }

    /// <summary>Tokens live a quarter of an hour: what is remembered of them is gone after two of those, however few there are.</summary>
    [Fact]
    public async Task Tokens_that_nobody_uses_any_more_are_forgotten()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        const string Remembered = """enkryptify_cache_entries{cache="tokens"}""";
        for (var quarter = 1; quarter <= 4; quarter++)
        {
            var (_, _, machine) = await gateway.Machine();
            Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
            Assert.Equal(Math.Min(quarter, 2), (await Page(gateway))[Remembered]);
            gateway.Clock.Advance(TimeSpan.FromMinutes(16));
        }
    }

    [Fact]
    public async Task It_shows_the_days_until_the_next_credentials_end()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (soon, _, _) = await gateway.Machine(expiresIn: "5d");
        var (later, _, _) = await gateway.Machine(expiresIn: "30d");
        var (revoked, _, _) = await gateway.Machine(expiresIn: "24h");
        Assert.Equal(200, (await gateway.Operator.Delete($"/v1/workspace/acme/tokens/{revoked}")).Status);
        gateway.Clock.Advance(TimeSpan.FromDays(4));

        var page = await Page(gateway);
        Assert.Equal(1, page[$$"""enkryptify_credential_days_to_expiry{credential="{{soon}}",type="static"}"""]);
        Assert.Equal(26, page[$$"""enkryptify_credential_days_to_expiry{credential="{{later}}",type="static"}"""]);
        Assert.DoesNotContain(page.Keys, key => key.Contains(revoked, StringComparison.Ordinal));
        Assert.Equal(1, page["enkryptify_credentials_expiring"]);
    }

    /// <summary>Every line is a comment or a sample of a family that was announced, once.</summary>
    [Fact]
    public async Task Its_form_is_that_of_Prometheus()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        await gateway.Machine();
        var lines = (await gateway.Operator.Get("/metrics")).Body.TrimEnd('\n').Split('\n');
        var families = lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).ToList();
        Assert.Equal(families.Count, families.Distinct().Count());
        Assert.All(lines.Where(line => line[0] != '#'), line =>
        {
            Assert.Matches(Sample(), line);
            var name = line[..line.IndexOfAny(['{', ' '])];
            Assert.Contains(families, family => name == family || name == family + "_bucket" || name == family + "_sum" || name == family + "_count");
        });
        Assert.Equal(lines.Length, lines.Distinct().Count());
    }

    [Fact]
    public async Task On_the_network_it_is_no_route_unless_a_token_is_set()
    {
        await using var gateway = await TestGateway.Start();
        var answer = await gateway.Anonymous.Get("/metrics");
        Assert.Equal((await gateway.Anonymous.Get("/no/such/route")).Telling, answer.Telling);
        Assert.Equal(404, (await gateway.Bearer("x").Get("/metrics")).Status);
    }

    [Fact]
    public async Task On_the_network_the_token_opens_it_and_nothing_else_does()
    {
        using var folder = new ConfigFolder();
        const string token = "0123456789abcdef0123";
        await using var gateway = await TestGateway.Start(("metrics.token", folder.Secret("token", token + "\n")));
        Assert.Equal(401, (await gateway.Anonymous.Get("/metrics")).Status);
        Assert.Equal(401, (await gateway.Bearer(token + "4").Get("/metrics")).Status);
        Assert.Equal(401, (await gateway.Bearer(token[..^1]).Get("/metrics")).Status);
        var page = await gateway.Bearer(token).Get("/metrics");
        Assert.Equal((200, MetricsText.ContentType), (page.Status, page.Headers["Content-Type"]));
        Assert.Contains("enkryptify_refusals_total{reason=\"wrong_metrics_token\"} 3", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(token, page.Body, StringComparison.Ordinal);
        Assert.Equal(401, (await gateway.Bearer(token).Get("/v1/workspace")).Status);
    }

    [Fact]
    public async Task A_token_that_could_be_guessed_keeps_it_from_starting()
    {
        using var folder = new ConfigFolder();
        var error = await Assert.ThrowsAsync<UnusableSettingException>(() => TestGateway.Start(("metrics.token", folder.Secret("token", "0123456789abcde"))));
        Assert.Contains("fewer than 16 characters", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Paths, names, headers and tokens full of a mark; it is in none of the labels.</summary>
    [Fact]
    public async Task Nothing_that_a_caller_typed_is_in_it()
    {
        const string mark = "CANARY7";
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        await gateway.Operator.Post("/v1/workspace/acme/tokens", Json.Of(("name", mark), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "24h")));
        await gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret(mark, mark, [acme.ShopDev]));
        await gateway.Operator.Get($"/v1/workspace/acme/project/shop/secret/{mark}");
        await gateway.Anonymous.Get($"/{mark}?{mark}={mark}");
        await gateway.Bearer(mark).Get("/v1/workspace");
        await gateway.Bearer("ek_live_" + mark).Post("/v1/auth/exchange");
        await gateway.Anonymous.Post("/v1/auth/oidc/exchange", Json.Of(("token", mark), ("workspaceId", mark)));
        await gateway.Anonymous.Send(new HttpMethod(mark), "/v1/workspace");
        Assert.DoesNotContain(mark, (await gateway.Operator.Get("/metrics")).Body, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The hot path counts without making garbage.</summary>
    [Fact]
    public void Counting_allocates_nothing()
    {
        var route = new RouteMetrics("GET", "/v1/x");
        var words = new WordCounters(4);
        words.Add("seen");
        route.Ended(200, TimeSpan.FromMilliseconds(3));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            route.Ended(200, TimeSpan.FromMilliseconds(i));
            words.Add("seen");
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Words_end_somewhere()
    {
        var words = new WordCounters(3);
        for (var i = 0; i < 10; i++)
        {
            words.Add($"word{i}");
        }

        Assert.Equal([("other", 7L), ("word0", 1L), ("word1", 1L), ("word2", 1L)], words.All);
    }

    private static async Task<Dictionary<string, double>> Page(TestGateway gateway) =>
        (await gateway.Operator.Get("/metrics")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')
            .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));

    [GeneratedRegex("""^[a-z_]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? (-?[0-9]+(\.[0-9]+)?|NaN)$""")]
    private static partial Regex Sample();
}
