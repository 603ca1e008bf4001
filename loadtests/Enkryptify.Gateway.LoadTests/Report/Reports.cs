using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Enkryptify.Gateway.LoadTests.Report;

/// <summary>The run as JSON, as a page that needs no network, and as a Markdown table.</summary>
internal static class Reports
{
    private static readonly double[] Percentiles = [50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100];

    public static void Write(RunOptions options, IReadOnlyList<Phase> phases, IReadOnlyList<Fact> facts, IReadOnlyList<Target> targets)
    {
        Directory.CreateDirectory(options.Out);
        using (var file = File.Create(Path.Combine(options.Out, "results.json")))
        {
            Json(file, options, phases, facts, targets);
        }

        File.WriteAllText(Path.Combine(options.Out, "report.html"), Html(options, phases, facts, targets));
    }

    public static string Markdown(IReadOnlyList<Phase> phases, IReadOnlyList<Fact> facts, IReadOnlyList<Target> targets)
    {
        var text = new StringBuilder("| server | scenario | model | requests/s | p50 µs | p90 µs | p99 µs | p99.9 µs | max µs | CPU µs each | busy | MiB | errors |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var phase in phases)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Cells(phase))} |\n");
        }

        text.Append("\n| figure | value |\n|---|---|\n");
        foreach (var fact in facts)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {fact.Name} | {fact.Value:N0} {fact.Unit} |\n");
        }

        text.Append("\n| target | asked | measured | met |\n|---|---|---|---|\n");
        foreach (var target in targets)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {target.Name} | {target.Asked} | {target.Figure} | {Word(target.Met)} |\n");
        }

        return text.ToString();
    }

    private static string[] Cells(Phase phase)
    {
        var load = phase.Load;
        return
        [
            phase.Server, phase.Scenario, phase.AskedRate is { } rate ? Number(rate, "'open, 'N0'/s'") : phase.Model, Number(load.Rate, "N0"), Number(load.Percentile(50), "N0"), Number(load.Percentile(90), "N0"),
            Number(load.Percentile(99), "N0"), Number(load.Percentile(99.9), "N0"), Number(load.Max, "N0"), Number(phase.CpuMicroseconds, "N1"), Number(phase.Busy, "P0"), Number(phase.ResidentMiB, "N1"),
            phase.Load.Missed > 0 ? $"{phase.Errors} ({phase.Load.Missed} never sent)" : Number(phase.Errors, "N0"),
        ];
    }

    private static string Number(double value, string format) => format.StartsWith('\'') ? $"open, {value.ToString("N0", CultureInfo.InvariantCulture)}/s" : value.ToString(format, CultureInfo.InvariantCulture);

    private static string Word(bool? met) => met switch { true => "yes", false => "**no**", null => "void" };

    private static string Machine() =>
        $"{File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()}, {Environment.ProcessorCount} core(s) for the generator, {RuntimeInformation.OSDescription}";

    private static string CommandLine() => string.Join(' ', Environment.GetCommandLineArgs().Skip(1));

    private static void Json(Stream file, RunOptions options, IReadOnlyList<Phase> phases, IReadOnlyList<Fact> facts, IReadOnlyList<Target> targets)
    {
        using var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("date", TimeProvider.System.GetUtcNow());
        writer.WriteString("machine", Machine());
        writer.WriteString("options", CommandLine());
        writer.WriteNumber("credentials", options.Credentials);
        writer.WriteNumber("secrets", options.Secrets);
        writer.WriteNumber("connections", options.Connections);
        writer.WriteStartArray("phases");
        foreach (var phase in phases)
        {
            writer.WriteStartObject();
            writer.WriteString("server", phase.Server);
            writer.WriteString("scenario", phase.Scenario);
            writer.WriteString("model", phase.Model);
            if (phase.AskedRate is { } rate)
            {
                writer.WriteNumber("askedPerSecond", rate);
                writer.WriteNumber("neverSent", phase.Load.Missed);
            }

            writer.WriteNumber("requests", phase.Load.Requests);
            writer.WriteNumber("perSecond", phase.Load.Rate);
            writer.WriteNumber("cpuMicrosecondsEach", phase.CpuMicroseconds);
            writer.WriteNumber("busy", phase.Busy);
            writer.WriteNumber("residentMiB", phase.ResidentMiB);
            writer.WriteStartObject("microseconds");
            foreach (var percentile in Percentiles)
            {
                writer.WriteNumber(percentile == 100 ? "max" : "p" + percentile.ToString(CultureInfo.InvariantCulture), phase.Load.Percentile(percentile));
            }

            writer.WriteEndObject();
            writer.WriteStartObject("statuses");
            foreach (var (status, count) in phase.Load.Statuses)
            {
                writer.WriteNumber(status.ToString(CultureInfo.InvariantCulture), count);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("facts");
        foreach (var fact in facts)
        {
            writer.WriteStartObject();
            writer.WriteString("name", fact.Name);
            writer.WriteNumber("value", fact.Value);
            writer.WriteString("unit", fact.Unit);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("targets");
        foreach (var target in targets)
        {
            writer.WriteStartObject();
            writer.WriteString("name", target.Name);
            writer.WriteString("asked", target.Asked);
            writer.WriteString("measured", target.Figure);
            if (target.Met is { } met)
            {
                writer.WriteBoolean("met", met);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Html(RunOptions options, IReadOnlyList<Phase> phases, IReadOnlyList<Fact> facts, IReadOnlyList<Target> targets)
    {
        var page = new StringBuilder($$"""
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Load test</title>
            <style>
            body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
            table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}td,th{padding:.25rem .7rem;border-bottom:1px solid #8884;text-align:right}
            td:nth-child(-n+3),th:nth-child(-n+3){text-align:left}.no{color:#d33;font-weight:600}.yes{color:#2a2}svg{max-width:100%}text{font-size:12px;fill:currentColor}
            </style>
            <h1>Load test</h1><p>{{Text(TimeProvider.System.GetUtcNow().ToString("u", CultureInfo.InvariantCulture))}} · {{Text(Machine())}}<br>{{options.Credentials:N0}} credentials, {{options.Secrets:N0}} secrets, {{options.Connections}} connections · <code>{{Text(CommandLine())}}</code></p>
            <h2>Targets</h2><table><tr><th>target<th>asked<th>measured<th>met</tr>
            """);
        foreach (var target in targets)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(target.Name)}<td>{Text(target.Asked)}<td>{Text(target.Figure)}<td class=\"{(target.Met == false ? "no" : "yes")}\">{Word(target.Met).Trim('*')}</tr>");
        }

        page.Append("</table><h2>Phases</h2><table><tr>");
        foreach (var head in new[] { "server", "scenario", "model", "requests/s", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "max µs", "CPU µs each", "busy", "MiB", "errors" })
        {
            page.Append(CultureInfo.InvariantCulture, $"<th>{head}");
        }

        page.Append("</tr>");
        foreach (var phase in phases)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{string.Join("<td>", Cells(phase).Select(Text))}</tr>");
        }

        page.Append("</table><h2>Peak rate</h2>").Append(Plots.Bars(phases.Where(phase => phase.Model == "closed")));
        page.Append("<h2>Latency at half of peak, by percentile</h2>").Append(Plots.Latency(phases.Where(phase => phase.Model == "open")));
        page.Append("<h2>Figures</h2><table>");
        foreach (var fact in facts)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(fact.Name)}<td>{fact.Value:N0} {Text(fact.Unit)}</tr>");
        }

        return page.Append("</table></html>").ToString();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
