using System.Globalization;
using System.Text;

namespace Enkryptify.Gateway.Operations.Metrics;

/// <summary>Writes the Prometheus text format, version 0.0.4: a family's help and type, then its samples.</summary>
internal sealed class MetricsText : IMetricsSink
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder text = new();
    private string family = "";

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(text.ToString());

    public IMetricsSink Family(string name, string type, string help)
    {
        family = name;
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    public void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => Line(family, value, labels);

    public void Histogram(Histogram histogram, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var counts = histogram.Cumulated();
        for (var i = 0; i < counts.Length; i++)
        {
            var bound = i < histogram.Bounds.Count ? Number(histogram.Bounds[i]) : "+Inf";
            Line(family + "_bucket", counts[i], [.. labels, ("le", bound)]);
        }

        Line(family + "_sum", histogram.Sum, labels);
        Line(family + "_count", counts[^1], labels);
    }

    private void Line(string name, double value, ReadOnlySpan<(string Name, string Value)> labels)
    {
        text.Append(name);
        for (var i = 0; i < labels.Length; i++)
        {
            text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(Escaped(labels[i].Value)).Append('"');
        }

        text.Append(labels.Length > 0 ? "} " : " ").Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
