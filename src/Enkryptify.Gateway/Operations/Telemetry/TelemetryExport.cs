using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Operations.Metrics;
using Microsoft.Extensions.Configuration;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Enkryptify.Gateway.Operations.Telemetry;

/// <summary>
/// Traces and metrics by OTLP, where the configuration says so; otherwise none of this exists. What goes out waits in a bounded queue and leaves on threads of its
/// own: a collector that is slow or gone costs its spans, and no request. Only our configuration counts: the variables that OpenTelemetry's SDK reads from the
/// environment (another address, another credential, files to write to) are not heard.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    /// <summary>Spans that wait; the newest are dropped beyond it.</summary>
    public const int MostWaiting = 2048;

    public const int MostAtOnce = 512;
    private const int TraceDelayMilliseconds = 2_000;
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(2);

    private readonly TelemetryConfig config;
    private readonly Collector collector;
    private readonly ServerSpans? spans;
    private readonly RequestDurations? durations;
    private TracerProvider? tracer;
    private MeterProvider? meter;
    private MeteredFamilies? families;

    /// <exception cref="UnusableSettingException">The headers or the CA file cannot be used.</exception>
    public TelemetryExport(TelemetryConfig config, ILogger<TelemetryExport> log)
    {
        this.config = config;
        collector = new Collector(config, log);
        spans = config.Traces ? new ServerSpans() : null;
        durations = config.Metrics ? new RequestDurations() : null;
        Requests = new ObservedRequests(spans, durations);
        IgnoreEnvironment();
        if (spans is not null)
        {
            tracer = Sdk.CreateTracerProviderBuilder()
                .ConfigureServices(NoVariables)
                .SetResourceBuilder(Resource())
                .SetSampler(new TraceIdRatioBasedSampler(config.SamplingRatio))
                .AddSource(spans.SourceName, ClientSpans.SourceName)
                .AddProcessor(new BatchActivityExportProcessor(
                    new OtlpTraceExporter(Options("v1/traces")), MostWaiting, TraceDelayMilliseconds, (int)config.Timeout.TotalMilliseconds, MostAtOnce))
                .Build();
        }
    }

    /// <summary>The step of the pipeline that sees each request.</summary>
    public ObservedRequests Requests { get; }

    public long Failures => collector.Failures.Value;

    /// <summary>Why the collector did not take the last export, or null.</summary>
    public string? Problem => collector.Problem;

    /// <summary>What is measured leaves at intervals from here on.</summary>
    public void Start(GatewayMetrics metrics)
    {
        if (durations is null)
        {
            return;
        }

        families = new MeteredFamilies(metrics);
        meter = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(NoVariables)
            .SetResourceBuilder(Resource())
            .AddMeter(durations.MeterName, families.MeterName)
            .AddReader(new PeriodicExportingMetricReader(
                new OtlpMetricExporter(Options("v1/metrics")), (int)config.MetricsEvery.TotalMilliseconds, (int)config.Timeout.TotalMilliseconds))
            .Build();
    }

    /// <summary>Sends what waits, for a bounded time, and ends.</summary>
    public void Dispose()
    {
        var limit = (int)FlushLimit.TotalMilliseconds;
        tracer?.Shutdown(limit);
        families?.Renew();
        meter?.Shutdown(limit);
        tracer?.Dispose();
        meter?.Dispose();
        families?.Dispose();
        spans?.Dispose();
        durations?.Dispose();
        (tracer, meter, families) = (null, null, null);
    }

    private static void NoVariables(IServiceCollection services) => services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());

    /// <summary>The exporter's options ask the environment by themselves, whatever configuration they are given.</summary>
    private static void IgnoreEnvironment()
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
        {
            if (name.StartsWith("OTEL_", StringComparison.Ordinal))
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }

    private ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService(config.ServiceName, serviceVersion: ProductVersion.Current.Version, autoGenerateServiceInstanceId: false)
        .AddAttributes(config.Attributes.Select(attribute => new KeyValuePair<string, object>(attribute.Name, attribute.Value)));

    private OtlpExporterOptions Options(string signal) => new()
    {
        Protocol = config.Protocol == TelemetryProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        Endpoint = config.Protocol == TelemetryProtocol.Grpc ? config.Endpoint : new Uri($"{config.Endpoint.AbsoluteUri.TrimEnd('/')}/{signal}"),
        TimeoutMilliseconds = (int)config.Timeout.TotalMilliseconds,
        HttpClientFactory = collector.Client,
    };
}
