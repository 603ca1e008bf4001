using System.Diagnostics;
using System.Diagnostics.Metrics;
using Enkryptify.Gateway.Operations.Metrics;

namespace Enkryptify.Gateway.Operations.Telemetry;

/// <summary>
/// Gives what <c>/metrics</c> shows to the platform's instruments, under the same names. All of it is gathered once for each export; families that come up later,
/// such as the age of the first backup, are there from the next one on.
/// </summary>
internal sealed class MeteredFamilies : IMetricsSink, IDisposable
{
    /// <summary>The telemetry has this one under its conventional name, <c>http.server.request.duration</c>.</summary>
    private const string LeftOut = "enkryptify_http_request_duration_seconds";

    /// <summary>The instruments of one export are asked within moments of each other.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(500);

    private readonly GatewayMetrics metrics;
    private readonly Meter meter;
    private readonly Dictionary<string, List<Measurement<double>>> families = new(StringComparer.Ordinal);
    private readonly Lock gathering = new();
    private (string Name, string Type, string Help) family;
    private long gathered;

    public MeteredFamilies(GatewayMetrics metrics)
    {
        this.metrics = metrics;
        MeterName = "Enkryptify.Gateway.Metrics." + Ids.New(TimeProvider.System).ToString("N");
        meter = new Meter(MeterName);
        Gather();
    }

    public string MeterName { get; }

    public IMetricsSink Family(string name, string type, string help)
    {
        family = (name, type, help);
        if (type != "histogram" && families.TryAdd(name, []))
        {
            // Also of one that has no sample yet: an instrument that is made while the others are asked is not asked itself, and the export at a stop is the last.
            _ = type == "counter"
                ? (Instrument)meter.CreateObservableCounter(name, () => Samples(name), UnitOf(name), help)
                : meter.CreateObservableGauge(name, () => Samples(name), UnitOf(name), help);
        }

        return this;
    }

    public void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        // What is unknown at the moment has no sample.
        if (double.IsFinite(value))
        {
            families[family.Name].Add(new Measurement<double>(value, Tags(labels)));
        }
    }

    /// <summary>An instrument that counts observations cannot be asked for them: the histogram hands on each one to it.</summary>
    public void Histogram(Histogram histogram, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        if (family.Name != LeftOut && histogram.Mirror is null)
        {
            histogram.Mirror = meter.CreateHistogram(
                family.Name, UnitOf(family.Name), family.Help, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = histogram.Bounds });
        }
    }

    /// <summary>The next export gathers anew, however soon it comes.</summary>
    public void Renew()
    {
        lock (gathering)
        {
            gathered = 0;
        }
    }

    public void Dispose() => meter.Dispose();

    private IReadOnlyList<Measurement<double>> Samples(string name)
    {
        lock (gathering)
        {
            if (Stopwatch.GetElapsedTime(gathered) > Fresh)
            {
                Gather();
            }

            return [.. families[name]];
        }
    }

    private void Gather()
    {
        foreach (var samples in families.Values)
        {
            samples.Clear();
        }

        try
        {
            metrics.Gather(this);
        }
        finally
        {
            // Also when it failed: not each instrument of an export tries again.
            gathered = Stopwatch.GetTimestamp();
        }
    }

    private static KeyValuePair<string, object?>[] Tags(ReadOnlySpan<(string Name, string Value)> labels)
    {
        var tags = new KeyValuePair<string, object?>[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            tags[i] = new KeyValuePair<string, object?>(labels[i].Name, labels[i].Value);
        }

        return tags;
    }

    private static string? UnitOf(string name) =>
        name.Contains("_seconds", StringComparison.Ordinal) ? "s" : name.Contains("_bytes", StringComparison.Ordinal) ? "By" : name.Contains("_days_", StringComparison.Ordinal) ? "d" : null;
}
