using System.Net;
using System.Text;
using Enkryptify.Gateway.NativeTests.Harness;
using Enkryptify.Gateway.Tests.Operations.Telemetry;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>OTLP out of the published executable, whose libraries are trimmed and compiled ahead of time: both transports, traces and metrics.</summary>
public class TelemetryTests
{
    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task Spans_and_metrics_arrive_and_a_stop_sends_what_waits(string protocol)
    {
        await using var collector = await OtlpCollector.Start(protocol == "grpc");
        await using var gateway = await NativeGateway.StartAsync(new GatewayStart
        {
            Environment = new Dictionary<string, string>
            {
                ["ENKRYPTIFY_TELEMETRY_ENDPOINT"] = collector.Url,
                ["ENKRYPTIFY_TELEMETRY_PROTOCOL"] = protocol,
                ["ENKRYPTIFY_TELEMETRY_METRICS_INTERVAL_SECONDS"] = "3600",
                ["OTEL_SDK_DISABLED"] = "true",
            },
        });
        using var client = new GatewayClient(gateway);
        var jwt = await client.SignInAsync();
        Assert.Equal(HttpStatusCode.Created, (await client.CreateSecretAsync(jwt, "CANARY_NAME", "canary value")).Status);
        Assert.True(await gateway.StopAsync() == 0, gateway.Process.ToString());

        Assert.Contains(collector.Spans, span => span.Name == "POST /v1/auth/exchange" && span.Attributes["http.response.status_code"] == "200");
        Assert.Contains(collector.Points, point => point.Metric == "http.server.request.duration" && point.Attributes.GetValueOrDefault("http.route") == "/v1/auth/exchange");
        Assert.Contains(collector.Points, point => point.Metric == "enkryptify_exchanges_total");
        Assert.All(collector.Exports, export =>
        {
            var text = Encoding.Latin1.GetString(export.Body);
            Assert.All((string[])[client.Start.ApiToken, jwt, "CANARY_NAME", "canary value"], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        });
    }
}
