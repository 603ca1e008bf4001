using System.Globalization;
using System.Net;
using System.Text;

namespace Enkryptify.Gateway.LoadTests.Report;

/// <summary>SVG, written by hand: the report is read where there is no network.</summary>
internal static class Plots
{
    private static readonly string[] Colours = ["#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#be185d", "#65a30d", "#475569", "#ea580c", "#0d9488", "#9333ea"];
    private static readonly double[] Percentiles = [50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100];

    public static string Bars(IEnumerable<Phase> phases)
    {
        var rows = phases.ToArray();
        var most = rows.Length == 0 ? 1 : rows.Max(phase => phase.Load.Rate);
        var svg = Open(rows.Length * 26);
        for (var i = 0; i < rows.Length; i++)
        {
            var (y, width) = (i * 26, rows[i].Load.Rate / most * 600);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{y + 16}\">{Name(rows[i])}</text><rect x=\"260\" y=\"{y + 3}\" width=\"{width:0.0}\" height=\"18\" fill=\"{Colours[rows[i].Server == "reference" ? 8 : 0]}\"/><text x=\"{266 + width:0.0}\" y=\"{y + 16}\">{rows[i].Load.Rate:N0}/s</text>");
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>Percentiles from left to right, latency on a logarithmic scale.</summary>
    public static string Latency(IEnumerable<Phase> phases)
    {
        var lines = phases.ToArray();
        const int Height = 320;
        var svg = Open(Height + 40 + (lines.Length * 18));
        var (low, high) = (10.0, lines.Length == 0 ? 100 : Math.Max(100, lines.Max(phase => phase.Load.Max)));
        for (var decade = low; decade <= high * 1.01; decade *= 10)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"70\" x2=\"900\" y1=\"{Y(decade):0.0}\" y2=\"{Y(decade):0.0}\" stroke=\"#8884\"/><text x=\"0\" y=\"{Y(decade) + 4:0.0}\">{decade:N0} µs</text>");
        }

        for (var i = 0; i < Percentiles.Length; i++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(i) - 12:0}\" y=\"{Height + 18}\">{(Percentiles[i] == 100 ? "max" : "p" + Percentiles[i].ToString(CultureInfo.InvariantCulture))}</text>");
        }

        for (var i = 0; i < lines.Length; i++)
        {
            var colour = Colours[i % Colours.Length];
            var points = string.Join(' ', Percentiles.Select((percentile, at) => string.Create(CultureInfo.InvariantCulture, $"{X(at):0},{Y(Math.Max(low, lines[i].Load.Percentile(percentile))):0.0}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke-width=\"2\" stroke=\"{colour}\" points=\"{points}\"/><rect x=\"70\" y=\"{Height + 30 + (i * 18)}\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"86\" y=\"{Height + 39 + (i * 18)}\">{Name(lines[i])}</text>");
        }

        return svg.Append("</svg>").ToString();

        double Y(double micros) => Height - ((Math.Log10(micros) - Math.Log10(low)) / (Math.Log10(high) - Math.Log10(low)) * (Height - 10));

        static double X(int at) => 90 + (at * 96);
    }

    private static string Name(Phase phase) => WebUtility.HtmlEncode($"{phase.Server} {phase.Scenario}");

    private static StringBuilder Open(int height) => new(string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 960 {height}\" width=\"960\" height=\"{height}\" role=\"img\">"));
}
