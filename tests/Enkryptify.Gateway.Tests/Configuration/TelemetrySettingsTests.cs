using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary>The keys of <c>[telemetry]</c>: off unless asked for, and half of it is a mistake.</summary>
public class TelemetrySettingsTests
{
    [Fact]
    public void It_is_off_by_default() => Assert.Null(ConfigFile.Load("").Config!.Telemetry);

    [Fact]
    public void An_endpoint_switches_it_on()
    {
        TelemetryConfig config = ConfigFile.Load("""
            [telemetry]
            endpoint = "https://otel.example.com:4318/base"
            protocol = "grpc"
            sampling_ratio = 0.25
            resource_attributes = ["deployment.environment.name = production"]
            """).Config!.Telemetry!;
        Assert.Equal(("https://otel.example.com:4318/base", TelemetryProtocol.Grpc, 0.25), (config.Endpoint.AbsoluteUri, config.Protocol, config.SamplingRatio));
        Assert.Equal([new ResourceAttribute("deployment.environment.name", "production")], config.Attributes);
        Assert.True(config is { Traces: true, Metrics: true, Headers: null, ServiceName: "enkryptify-gateway" });
    }

    [Theory]
    [InlineData("endpoint = \"http://10.0.0.1:4318\"", "2 telemetry.endpoint: must be an https URL without user, query or fragment (http only on a loopback address)")]
    [InlineData("endpoint = \"https://user:pw@otel.example.com\"", "2 telemetry.endpoint: must be an https URL without user, query or fragment (http only on a loopback address)")]
    [InlineData("headers = \"file:/x\"", "2 telemetry.headers: says nothing while telemetry.endpoint is empty")]
    [InlineData("headers = \"Authorization: Bearer x\"", null)]
    [InlineData("sampling_ratio = 1.5", "2 telemetry.sampling_ratio: must be between 0 and 1")]
    [InlineData("sampling_ratio = -1", "2 telemetry.sampling_ratio: must be between 0 and 1")]
    [InlineData("sampling_ratio = nan", "2 telemetry.sampling_ratio: must be between 0 and 1")]
    [InlineData("sampling_ratio = \"half\"", "2 telemetry.sampling_ratio: must be a number from 0 to 1, not a string")]
    [InlineData("protocol = \"http/json\"", "2 telemetry.protocol: must be one of http/protobuf, grpc")]
    [InlineData("resource_attributes = [\"production\"]", "2 telemetry.resource_attributes: must be NAME=VALUE, such as deployment.environment.name=production")]
    [InlineData("resource_attributes = [\"service.name=x\"]", "2 telemetry.resource_attributes: the name of the service is telemetry.service_name")]
    [InlineData("endpoint = \"http://127.0.0.1:4318\"\ntraces = false\nmetrics = false", "2 telemetry.endpoint: says nothing while telemetry.traces and telemetry.metrics are both false")]
    public void Mistakes_are_told(string lines, string? error)
    {
        string[] errors = ConfigFile.Errors("[telemetry]\n" + lines);
        Assert.Single(errors);
        if (error is not null)
        {
            Assert.Equal(error, errors[0]);
        }

        // A credential that was written where its place belongs is not repeated.
        Assert.DoesNotContain("Bearer x", errors[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData("1", 1)]
    [InlineData("0", 0)]
    public void The_ratio_may_come_from_the_environment(string text, double ratio) => Assert.Equal(
        ratio, ConfigFile.Load("[telemetry]\nendpoint = \"http://127.0.0.1:4318\"", new() { ["ENKRYPTIFY_TELEMETRY_SAMPLING_RATIO"] = text }).Config!.Telemetry!.SamplingRatio);
}
