using System.Globalization;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>Times in words, with the exact time on hover.</summary>
internal static partial class Parts
{
    public static Markup Time(DateTimeOffset? at, DateTimeOffset now, string otherwise = "never") => at is not { } moment
        ? Markup.Of($"""<span class="sub">{otherwise}</span>""")
        : Markup.Of(
            $"""<time datetime="{Exact(moment)}" title="{moment.UtcDateTime.ToString("d MMMM yyyy, HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)}">{Words(moment, now)}</time>""");

    public static string Exact(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary><c>just now</c>, <c>5 minutes ago</c>, <c>in 3 days</c>. The script in <c>time.js</c> keeps the same words.</summary>
    public static string Words(DateTimeOffset at, DateTimeOffset now)
    {
        var away = (at - now).Duration();
        var (count, unit) = away switch
        {
            { TotalSeconds: < 45 } => (0, ""),
            { TotalMinutes: < 59.5 } => (Rounded(away.TotalMinutes), "minute"),
            { TotalHours: < 23.5 } => (Rounded(away.TotalHours), "hour"),
            { TotalDays: < 44.5 } => (Rounded(away.TotalDays), "day"),
            { TotalDays: < 548 } => (Rounded(away.TotalDays / 30.44), "month"),
            _ => (Rounded(away.TotalDays / 365.25), "year"),
        };
        if (count == 0)
        {
            return at > now ? "in a moment" : "just now";
        }

        var words = string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")}");
        return at > now ? "in " + words : words + " ago";
    }

    private static int Rounded(double value) => Math.Max(1, (int)Math.Round(value, MidpointRounding.AwayFromZero));
}
