using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Configuration;

/// <summary>Where traces and metrics are sent by OTLP; null when nothing is.</summary>
/// <param name="Headers">Lines <c>Name: value</c> that each export carries: the collector's credential.</param>
/// <param name="CaFile">The only trust root of connections to the collector; null takes the system's.</param>
/// <param name="SamplingRatio">The share of traces that is sent, 0 to 1.</param>
/// <param name="Attributes">What the collector is told of this gateway beside its name.</param>
internal sealed record TelemetryConfig(
    Uri Endpoint,
    TelemetryProtocol Protocol,
    SecretReference? Headers,
    string? CaFile,
    bool Traces,
    double SamplingRatio,
    bool Metrics,
    TimeSpan MetricsEvery,
    TimeSpan Timeout,
    string ServiceName,
    ImmutableArray<ResourceAttribute> Attributes);

internal enum TelemetryProtocol
{
    HttpProtobuf,
    Grpc,
}

internal readonly record struct ResourceAttribute(string Name, string Value);

/// <summary>The keys of <c>[telemetry]</c>. An empty endpoint switches the whole of it off.</summary>
internal static class TelemetrySettings
{
    public static TelemetryConfig? Read(SettingReader read)
    {
        string? endpoint = read.Value<string?>("telemetry.endpoint", new OptionalText<string>(new CollectorUrl()), null);
        TelemetryProtocol protocol = read.Value("telemetry.protocol", new Choice<TelemetryProtocol>(
            ("http/protobuf", TelemetryProtocol.HttpProtobuf), ("grpc", TelemetryProtocol.Grpc)), TelemetryProtocol.HttpProtobuf);
        SecretReference? headers = read.Value<SecretReference?>("telemetry.headers", new OptionalText<SecretReference>(new SecretSource("headers")), null);
        string? caFile = read.Value<string?>("telemetry.ca_file", new OptionalText<string>(new FilePath()), null);
        bool traces = read.Value("telemetry.traces", new Truth(), true);
        double ratio = read.Value("telemetry.sampling_ratio", new Ratio(), 1);
        bool metrics = read.Value("telemetry.metrics", new Truth(), true);
        int every = read.Value("telemetry.metrics_interval_seconds", new WholeNumber(1, 3600), 60);
        int timeout = read.Value("telemetry.timeout_seconds", new WholeNumber(1, 60), 10);
        string service = read.Value("telemetry.service_name", new Word(), "enkryptify-gateway");
        ImmutableArray<ResourceAttribute> attributes = read.Value(
            "telemetry.resource_attributes", new ListOf<ResourceAttribute>(new ResourceAttributeText(), mayBeEmpty: true), []);

        if (endpoint is null)
        {
            // Half a section is a mistake, not a switch: the operator believes that it is on.
            if (headers is not null && read.IsSound("telemetry.endpoint"))
            {
                read.Reject("telemetry.headers", "says nothing while telemetry.endpoint is empty");
            }
            return null;
        }
        if (!traces && !metrics)
        {
            read.Reject("telemetry.endpoint", "says nothing while telemetry.traces and telemetry.metrics are both false");
        }
        return new TelemetryConfig(new Uri(endpoint), protocol, headers, caFile, traces, ratio, metrics, TimeSpan.FromSeconds(every), TimeSpan.FromSeconds(timeout), service, attributes);
    }
}

/// <summary>A collector's base address: in clear text to this host alone.</summary>
internal sealed class CollectorUrl : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || !IssuerUrl.IsTrusted(url) || url.Query.Length > 0 || url.UserInfo.Length > 0 || text.Any(char.IsWhiteSpace))
        {
            place.Fail(line, "must be an https URL without user, query or fragment (http only on a loopback address)");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;
}

/// <summary>A share, from 0 to 1.</summary>
internal sealed class Ratio : ValueKind<double>
{
    public override double Read(RawValue raw, ReadingPlace place)
    {
        double? share = raw switch
        {
            RawValue.Fraction written => written.Value,
            RawValue.Number written => written.Value,
            RawValue.Untyped text when double.TryParse(text.Value, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out double parsed) => parsed,
            _ => null,
        };
        if (share is null)
        {
            place.Fail(raw.Line, $"must be a number from 0 to 1, not {raw.Describe()}");
        }
        else if (!(share >= 0 && share <= 1))
        {
            place.Fail(raw.Line, "must be between 0 and 1");
        }
        return share ?? 0;
    }

    public override JsonNode Show(double value) => JsonValue.Create(value);
}

/// <summary><c>deployment.environment.name=production</c>.</summary>
internal sealed class ResourceAttributeText : TextValue<ResourceAttribute>
{
    protected override ResourceAttribute Read(string text, int line, ReadingPlace place)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? "" : text[..equals].Trim();
        string value = text[(equals + 1)..].Trim();
        if (name.Length is 0 or > 255 || value.Length is 0 or > 255 || name.Any(letter => letter is <= ' ' or > '~') || value.Any(char.IsControl))
        {
            place.Fail(line, "must be NAME=VALUE, such as deployment.environment.name=production");
        }
        else if (name == "service.name")
        {
            place.Fail(line, "the name of the service is telemetry.service_name");
        }
        return new ResourceAttribute(name, value);
    }

    protected override string Write(ResourceAttribute value) => $"{value.Name}={value.Value}";
}
