using System.Globalization;
using Enkryptify.Gateway.Dashboard.Layout;

namespace Enkryptify.Gateway.Dashboard.Overview;

/// <summary>Bars by the hour, drawn into the page; and the same as a table, for whoever cannot see or point.</summary>
internal static class Chart
{
    private const int Step = 20;
    private const int Height = 100;

    public static Markup Bars(Traffic traffic) => Markup.Of(
        $"""
        <figure class="chart"><svg viewBox="0 0 {traffic.Exchanges.Count * Step} {Height}" preserveAspectRatio="none" role="img" aria-label="Exchanges by the hour: {Number(traffic.Sum)} in {traffic.Exchanges.Count} hours, {Number(traffic.Peak)} at the most in one">{Markup.Join(traffic.Exchanges.Select((count, hour) => Bar(traffic, count, hour)))}</svg>
        <figcaption><span>{traffic.Exchanges.Count - 1} hours ago</span><span>this hour</span></figcaption></figure>
        <details class="more"><summary>As a table</summary><table class="table small"><thead><tr><th scope="col">Hour (UTC)</th><th scope="col" class="end">Exchanges</th></tr></thead><tbody>{Markup.Join(traffic.Exchanges.Select((count, hour) => Markup.Of(
            $"<tr><td data-label=\"Hour (UTC)\">{Hour(traffic, hour)}</td><td class=\"count\" data-label=\"Exchanges\">{Number(count)}</td></tr>")))}</tbody></table></details>
        """);

    public static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The whole column answers to the pointer, however low its bar is.</summary>
    private static Markup Bar(Traffic traffic, long count, int hour)
    {
        var height = count == 0 ? 0 : Math.Max(2, (int)(count * (Height - 4) / traffic.Peak));
        var bar = height == 0 ? Markup.Of($"""<rect class="none" x="{(hour * Step) + 3}" y="{Height - 1}" width="{Step - 6}" height="1"/>""")
            : Markup.Of($"""<rect class="bar" x="{(hour * Step) + 3}" y="{Height - height}" width="{Step - 6}" height="{height}"/>""");
        return Markup.Of($"""<g><title>{Hour(traffic, hour)} UTC: {Number(count)}</title><rect class="column" x="{hour * Step}" y="0" width="{Step}" height="{Height}"/>{bar}</g>""");
    }

    private static string Hour(Traffic traffic, int hour) => traffic.From.AddHours(hour).UtcDateTime.ToString("d MMM, HH:00", CultureInfo.InvariantCulture);
}
