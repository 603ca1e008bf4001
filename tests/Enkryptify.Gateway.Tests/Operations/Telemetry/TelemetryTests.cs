using System.Diagnostics;
using System.Text;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Operations.Telemetry;
using Enkryptify.Gateway.Tests.Forwarding.Proxy;
using Enkryptify.Gateway.Tests.Forwarding.Routes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Operations.Telemetry;

/// <summary>Traces and metrics by OTLP: what arrives at a collector, what never does, and that a collector that is gone costs no request.</summary>
public class TelemetryTests
{
    private const string Secret = "/v1/workspace/{ws}/project/{prj}/secret/{key}";
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Parent = "b7ad6b7169203331";

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task Spans_and_metrics_arrive(string protocol)
    {
        using var folder = new ConfigFolder();
        await using var collector = await OtlpCollector.Start(protocol == "grpc");
        var (gateway, acme) = await TestGateway.StartWithAcme(
            ("telemetry.endpoint", collector.Url), ("telemetry.protocol", protocol), ("telemetry.metrics_interval_seconds", "1"), ("telemetry.service_name", "vault-of-acme"),
            ("telemetry.resource_attributes", "deployment.environment.name=test"), ("telemetry.headers", folder.Secret("headers", "Authorization: Bearer collector-credential\nX-Tenant: acme\n")));
        await using (gateway)
        {
            var (_, _, machine) = await gateway.Machine();
            var read = await machine.Send(HttpMethod.Get, $"/v1/workspace/acme/project/shop/secret/KEY?environmentId={acme.ShopDev}", null, Traced);
            Assert.Equal(200, read.Status);
            Assert.Equal(404, (await gateway.Anonymous.Get("/no/such/route")).Status);
            await OtlpCollector.Until(() => collector.Points.Any(point => point.Metric == "http.server.request.duration" && point.Attributes.GetValueOrDefault("http.route") == Secret));
        }

        var span = Assert.Single(collector.Spans, span => span.Name == "GET " + Secret);
        Assert.Equal((OtlpCollector.Server, Trace, Parent, 0UL), (span.Kind, span.TraceId, span.Parent, span.Status));
        Assert.Equal(("GET", "http", "200", Secret), (span.Attributes["http.request.method"], span.Attributes["url.scheme"], span.Attributes["http.response.status_code"], span.Attributes["http.route"]));
        Assert.Contains($" {span.Attributes["enkryptify.request_id"]}", gateway.Logs.Replace("\"", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(collector.Spans, other => other.Name == "GET" && other.Kind == OtlpCollector.Server && other.Attributes["http.response.status_code"] == "404" && other.TraceId != Trace);
        Assert.Equal(collector.Spans.Count, collector.Spans.Select(one => one.SpanId).Distinct().Count());

        var points = collector.Points;
        var duration = points.Last(point => point.Metric == "http.server.request.duration" && point.Attributes.GetValueOrDefault("http.route") == Secret);
        Assert.Equal((1d, "s", "200"), (duration.Value, duration.Unit, duration.Attributes["http.response.status_code"]));
        Assert.Equal(1, points.Last(point => point.Metric == "enkryptify_exchanges_total").Value);
        Assert.True(points.Last(point => point.Metric == "enkryptify_audit_entries_total").Value > 10);
        Assert.True(points.Last(point => point.Metric == "enkryptify_commit_duration_seconds").Value > 1);
        Assert.DoesNotContain(points, point => point.Metric == "enkryptify_http_request_duration_seconds");

        Assert.All(collector.Resources, resource => Assert.Equal(("vault-of-acme", "test"), (resource["service.name"], resource["deployment.environment.name"])));
        Assert.All(collector.Exports, export => Assert.Equal(("Bearer collector-credential", "acme"), (export.Headers["Authorization"], export.Headers["X-Tenant"])));
        Assert.DoesNotContain("collector-credential", gateway.Logs, StringComparison.Ordinal);
    }

    /// <summary>The export at a stop is the only one here, and has what came up since the start.</summary>
    [Fact]
    public async Task What_was_measured_before_a_stop_is_in_the_last_export()
    {
        await using var collector = await OtlpCollector.Start();
        var (gateway, _) = await TestGateway.StartWithAcme(("telemetry.endpoint", collector.Url), ("telemetry.metrics_interval_seconds", "3600"));
        await using (gateway)
        {
            await gateway.Machine();
        }

        Assert.Contains(collector.Points, point => point.Metric == "enkryptify_exchanges_total" && point.Value == 1);
    }

    /// <summary>Whatever a caller can type, and whatever the vault holds, is full of a mark; not a byte of it leaves.</summary>
    [Fact]
    public async Task Nothing_that_a_caller_typed_or_the_vault_holds_arrives()
    {
        const string mark = "CANARY7";
        await using var collector = await OtlpCollector.Start();
        var (gateway, acme) = await TestGateway.StartWithAcme(("telemetry.endpoint", collector.Url), ("telemetry.metrics_interval_seconds", "1"));
        var secrets = new List<string> { mark };
        await using (gateway)
        {
            var (_, token, machine) = await gateway.Machine();
            secrets.AddRange([token, machine.Token!, "shop-dev"]);
            await gateway.Operator.Post("/v1/workspace/acme/tokens", Json.Of(("name", mark), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "24h")));
            await gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret(mark, mark, [acme.ShopDev]));
            Assert.Equal(200, (await machine.Get($"/v1/workspace/acme/project/shop/secret/{mark}?environmentId={acme.ShopDev}&{mark}={mark}")).Status);
            Assert.Equal(200, (await machine.Get($"/v1/workspace/acme/project/shop/secret?environmentId={acme.ShopDev}")).Status);
            await gateway.Anonymous.Get($"/{mark}?{mark}={mark}");
            await gateway.Bearer(mark).Get("/v1/workspace");
            await gateway.Bearer("ek_live_" + mark).Post("/v1/auth/exchange");
            await gateway.Anonymous.Send(new HttpMethod(mark), "/v1/workspace");
            await gateway.Anonymous.Send(HttpMethod.Get, "/v1/workspace", null, request =>
            {
                request.Headers.TryAddWithoutValidation("traceparent", $"00-{Trace}-{Parent}-01");
                request.Headers.TryAddWithoutValidation("tracestate", $"a={mark}");
                request.Headers.TryAddWithoutValidation("baggage", $"a={mark}");
                request.Headers.TryAddWithoutValidation("User-Agent", mark);
            });
            await gateway.Anonymous.Send(HttpMethod.Get, "/v1/workspace", null, request => request.Headers.TryAddWithoutValidation("traceparent", $"00-{mark}-{Parent}-01"));
            await OtlpCollector.Until(() => collector.Points.Count > 0);
        }

        Assert.True(collector.Spans.Count > 8);
        Assert.Contains(collector.Spans, span => span.TraceId == Trace);
        foreach (var (_, _, body) in collector.Exports)
        {
            var text = Encoding.Latin1.GetString(body);
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>Only whom the operator's CA vouches for learns anything, the credential least of all.</summary>
    [Theory]
    [InlineData("http/protobuf", true)]
    [InlineData("grpc", true)]
    [InlineData("http/protobuf", false)]
    [InlineData("grpc", false)]
    public async Task Over_TLS_the_CA_file_says_whom_to_trust(string protocol, bool trusted)
    {
        using var folder = new ConfigFolder();
        using var pki = new Pki();
        using var other = new Pki("other");
        await File.WriteAllTextAsync(folder.PathOf("ca.crt"), (trusted ? pki : other).RootPem);
        await using var collector = await OtlpCollector.Start(protocol == "grpc", pki);
        await using var gateway = await TestGateway.Start(
            ("telemetry.endpoint", collector.Url), ("telemetry.protocol", protocol), ("telemetry.ca_file", folder.PathOf("ca.crt")), ("telemetry.metrics_interval_seconds", "1"),
            ("telemetry.headers", folder.Secret("headers", "Authorization: Bearer collector-credential")));
        if (trusted)
        {
            await OtlpCollector.Until(() => collector.Points.Count > 0);
            Assert.Equal(0, await Failures(gateway));
        }
        else
        {
            await OtlpCollector.Until(() => Failures(gateway).GetAwaiter().GetResult() >= 2);
            Assert.Empty(collector.Exports);
        }
    }

    [Fact]
    public async Task A_CA_file_without_a_certificate_keeps_it_from_starting()
    {
        using var folder = new ConfigFolder();
        await File.WriteAllTextAsync(folder.PathOf("ca.crt"), "nothing");
        await Assert.ThrowsAsync<UnusableSettingException>(() => TestGateway.Start(("telemetry.endpoint", "https://127.0.0.1:1"), ("telemetry.ca_file", folder.PathOf("ca.crt"))));
    }

    /// <summary>Another server's flag does not decide what is kept here.</summary>
    [Theory]
    [InlineData("0", "01", false)]
    [InlineData("1", "00", true)]
    public async Task Sampling_is_ours_to_say(string ratio, string flags, bool kept)
    {
        await using var collector = await OtlpCollector.Start();
        await using (var gateway = await TestGateway.Start(("telemetry.endpoint", collector.Url), ("telemetry.sampling_ratio", ratio), ("telemetry.metrics", "false")))
        {
            await gateway.Anonymous.Send(HttpMethod.Get, "/healthz", null, request => request.Headers.Add("traceparent", $"00-{Trace}-{Parent}-{flags}"));
        }

        Assert.Equal(kept ? 1 : 0, collector.Spans.Count);
        Assert.Empty(collector.Points);
    }

    [Fact]
    public async Task What_the_gateway_asks_of_others_has_spans_in_the_caller_s_trace_and_tells_them_nothing_of_it()
    {
        await using var collector = await OtlpCollector.Start();
        await using var upstream = await EchoUpstream.Start();
        var (gateway, acme) = await TestGateway.StartWithAcme(("telemetry.endpoint", collector.Url), ("telemetry.metrics", "false"));
        await using (gateway)
        {
            var porter = (await gateway.Machine("read", Json.Scope(environments: [acme.ShopDev]))).Id;
            Assert.Empty(await gateway.Gateway.LegacyRoutes.Reload(RouteWorld.Config(RouteWorld.RouteOf(porter, $"\"http://127.0.0.1:{upstream.Port}\"", """
                headers =
                query = ["key=%KEY%"]
                """))));
            var answer = await gateway.Anonymous.Send(HttpMethod.Get, "/in/a/path", null, request => { Traced(request); request.Headers.Host = RouteWorld.Host; });
            Assert.Equal(200, answer.Status);
            Assert.Contains("key=shop-dev", upstream.Last.Target, StringComparison.Ordinal);

            // An issuer that is asked within another request.
            Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/issuer", Json.Of(("name", "cluster"), ("url", $"http://127.0.0.1:{upstream.Port}")))).Status);
            await gateway.Operator.Get("/doctor");
            Assert.Equal("/.well-known/openid-configuration", upstream.Last.Target);
            Assert.DoesNotContain("traceparent", upstream.Last.Headers.Keys, StringComparer.OrdinalIgnoreCase);
        }

        var server = Assert.Single(collector.Spans, span => span.TraceId == Trace && span.Kind == OtlpCollector.Server);
        Assert.Equal("app", server.Attributes["enkryptify.route"]);
        var client = Assert.Single(collector.Spans, span => span.TraceId == Trace && span.Kind == OtlpCollector.Client);
        Assert.Equal((server.SpanId, "GET", "127.0.0.1", "200"), (client.Parent, client.Name, client.Attributes["server.address"], client.Attributes["http.response.status_code"]));
        var examined = Assert.Single(collector.Spans, span => span.Name == "GET /doctor");
        Assert.Contains(collector.Spans, span => span.Kind == OtlpCollector.Client && span.Parent == examined.SpanId);
        Assert.All(collector.Exports, export => Assert.DoesNotContain("in/a/path", Encoding.Latin1.GetString(export.Body), StringComparison.Ordinal));
        Assert.All(collector.Exports, export => Assert.DoesNotContain("shop-dev", Encoding.Latin1.GetString(export.Body), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_of_ours_is_an_error_and_a_refusal_is_none()
    {
        await using var collector = await OtlpCollector.Start();
        await using (var gateway = await TestGateway.StartUnowned(("telemetry.endpoint", collector.Url), ("telemetry.metrics", "false"), ("storage.min_free_mib", "1048576")))
        {
            Assert.Equal(503, (await gateway.Anonymous.Get("/readyz")).Status);
            Assert.Equal(401, (await gateway.Anonymous.Get("/v1/workspace")).Status);
        }

        var failed = Assert.Single(collector.Spans, span => span.Name == "GET /readyz");
        Assert.Equal((2UL, "503"), (failed.Status, failed.Attributes["error.type"]));
        var refused = Assert.Single(collector.Spans, span => span.Name == "GET /v1/workspace");
        Assert.Equal(0UL, refused.Status);
        Assert.DoesNotContain("error.type", refused.Attributes.Keys);
    }

    [Fact]
    public async Task A_collector_that_is_gone_costs_no_request_and_is_told_of_once()
    {
        var gone = await OtlpCollector.Start();
        await gone.DisposeAsync();
        await using var gateway = await TestGateway.Start(("telemetry.endpoint", gone.Url), ("telemetry.metrics_interval_seconds", "1"), ("telemetry.timeout_seconds", "1"));
        await OtlpCollector.Until(() => Failures(gateway).GetAwaiter().GetResult() >= 3);
        Assert.Equal(200, (await gateway.Anonymous.Get("/healthz")).Status);
        await gateway.Close();
        Assert.Equal(2, gateway.Logs.Split("telemetry: the collector does not take").Length);
        await gateway.Open();
    }

    /// <summary>A collector that never answers: what waits for it is bounded, the rest is dropped, and every request is answered meanwhile.</summary>
    [Fact]
    public async Task A_collector_that_hangs_holds_a_bounded_queue()
    {
        const int requests = 6_000;
        var released = new TaskCompletionSource();
        await using var collector = await OtlpCollector.Start();
        collector.Before = _ => released.Task;
        await using (var gateway = await TestGateway.Start(("telemetry.endpoint", collector.Url), ("telemetry.metrics", "false"), ("telemetry.timeout_seconds", "60")))
        {
            await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancel) =>
            {
                using var answer = await gateway.Http.GetAsync(new Uri("/healthz", UriKind.Relative), cancel);
                Assert.Equal(200, (int)answer.StatusCode);
            });
            released.SetResult();
        }

        // What waited, and the batch that was under way.
        Assert.InRange(collector.Spans.Count, TelemetryExport.MostAtOnce, TelemetryExport.MostWaiting + (2 * TelemetryExport.MostAtOnce));
    }

    [Fact]
    public async Task A_collector_that_refuses_is_counted_and_told_of_when_it_takes_them_again()
    {
        await using var collector = await OtlpCollector.Start();
        collector.Status = 503;
        await using var gateway = await TestGateway.Start(("telemetry.endpoint", collector.Url), ("telemetry.metrics_interval_seconds", "1"));
        await OtlpCollector.Until(() => gateway.Logs.Contains("it answered 503", StringComparison.Ordinal));
        Assert.True(await Failures(gateway) > 0);
        Assert.Contains("\"telemetry\",\"severity\":\"warning\",\"message\":\"the collector does not take traces and metrics: it answered 503", (await gateway.Operator.Get("/doctor")).Body, StringComparison.Ordinal);
        collector.Status = 200;
        await OtlpCollector.Until(() => gateway.Logs.Contains("takes traces and metrics again", StringComparison.Ordinal));
        Assert.DoesNotContain("\"telemetry\"", (await gateway.Operator.Get("/doctor")).Body, StringComparison.Ordinal);
    }

    /// <summary>The variables that OpenTelemetry's SDK would follow lead nowhere, on or off.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_environment_sends_nothing_elsewhere(bool on)
    {
        await using var collector = await OtlpCollector.Start();
        await using var elsewhere = await OtlpCollector.Start();
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", elsewhere.Url);
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_HEADERS", "X-Other=1");
        Environment.SetEnvironmentVariable("OTEL_SDK_DISABLED", "true");
        Environment.SetEnvironmentVariable("OTEL_RESOURCE_ATTRIBUTES", "other=1");
        try
        {
            await using (var gateway = await TestGateway.Start(on ? [("telemetry.endpoint", collector.Url)] : []))
            {
                Assert.Equal(200, (await gateway.Anonymous.Get("/healthz")).Status);
            }
        }
        finally
        {
            foreach (var name in (string[])["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SDK_DISABLED", "OTEL_RESOURCE_ATTRIBUTES"])
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }

        Assert.Empty(elsewhere.Exports);
        Assert.Equal(on, collector.Spans.Any(span => span.Name == "GET /healthz"));
        Assert.All(collector.Exports, export => Assert.DoesNotContain("X-Other", export.Headers.Keys, StringComparer.OrdinalIgnoreCase));
        Assert.All(collector.Resources, resource => Assert.DoesNotContain("other", resource.Keys));
    }

    /// <summary>Off is the default, and then a request makes no activity even for who listens to ours.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Off_a_request_makes_no_activity(bool on)
    {
        const string trace = "11111111111111111111111111111111";
        await using var collector = await OtlpCollector.Start();
        var seen = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Enkryptify", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => _ = activity.TraceId.ToString() == trace ? Interlocked.Increment(ref seen) : 0,
        };
        ActivitySource.AddActivityListener(listener);
        await using var gateway = await TestGateway.Start(on ? [("telemetry.endpoint", collector.Url)] : []);
        var answer = await gateway.Anonymous.Send(HttpMethod.Get, "/healthz", null, request => request.Headers.Add("traceparent", $"00-{trace}-{Parent}-01"));
        Assert.Equal((200, on ? 1 : 0), (answer.Status, seen));
        Assert.Equal(on, gateway.Config.Telemetry is not null);
        Assert.Equal(on, (await gateway.Operator.Get("/metrics")).Body.Contains("enkryptify_telemetry", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no colon")]
    [InlineData("X-Token: ünicode")]
    [InlineData("X Y: value")]
    [InlineData("X-Token:")]
    public async Task Headers_that_cannot_be_sent_keep_it_from_starting_and_are_not_repeated(string text)
    {
        using var folder = new ConfigFolder();
        var error = await Assert.ThrowsAsync<UnusableSettingException>(() => TestGateway.Start(("telemetry.endpoint", "http://127.0.0.1:1"), ("telemetry.headers", folder.Secret("headers", text))));
        Assert.StartsWith("telemetry.headers: file:", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(text, error.Message, StringComparison.Ordinal);
    }

    private static void Traced(HttpRequestMessage request) => request.Headers.Add("traceparent", $"00-{Trace}-{Parent}-01");

    private static async Task<double> Failures(TestGateway gateway) =>
        double.Parse((await gateway.Operator.Get("/metrics")).Body.Split('\n').Single(line => line.StartsWith("enkryptify_telemetry_failures_total ", StringComparison.Ordinal)).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
