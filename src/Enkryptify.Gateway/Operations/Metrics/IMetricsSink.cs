namespace Enkryptify.Gateway.Operations.Metrics;

/// <summary>Where what is gathered goes: a family, then its samples. The page for Prometheus, or the instruments of the telemetry.</summary>
internal interface IMetricsSink
{
    IMetricsSink Family(string name, string type, string help);

    void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels);

    void Histogram(Histogram histogram, params ReadOnlySpan<(string Name, string Value)> labels);
}

internal static class MetricsSinks
{
    extension(IMetricsSink sink)
    {
        public void Gauge(string name, string help, double value) => sink.Family(name, "gauge", help).Sample(value);

        public void Counter(string name, string help, double value) => sink.Family(name, "counter", help).Sample(value);
    }
}
