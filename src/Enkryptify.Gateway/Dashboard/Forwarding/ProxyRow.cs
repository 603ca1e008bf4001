using System.Globalization;
using Enkryptify.Gateway.Dashboard.Audit;
using Enkryptify.Gateway.Dashboard.Layout;

namespace Enkryptify.Gateway.Dashboard.Forwarding;

/// <summary>A request that was sent through the proxy endpoint, or was to be: the PROXY entry of the audit log, for people.</summary>
internal sealed record ProxyRow(AuditRow Entry)
{
    public static ProxyRow Of(ReadOnlyMemory<byte> line) => new(AuditRow.Of(line));

    public string Method => Data("method") ?? "";

    public string Origin => Data("origin") ?? Entry.Target ?? "";

    /// <summary>As it was written, placeholders in it: the query is not in the log.</summary>
    public string Path => Data("path") ?? "";

    public string? Place => Data("project") is { } project ? $"{project} / {Data("environment") ?? "?"}" : null;

    /// <summary>The names that were used, or null.</summary>
    public string? Secrets => Data("secrets") is { Length: > 0 } names ? names : null;

    /// <summary>What came of it: the upstream's status, or that there was none, or that nothing was sent.</summary>
    public Markup Outcome => Data("status") is not { } status ? Parts.Badge(Entry.Reason is "caller gone" || Entry.Reason?.StartsWith("upstream ", StringComparison.Ordinal) == true ? "no answer" : "not sent", "bad")
        : Parts.Badge(status, Entry.Denied || status[0] == '5' ? "bad" : status[0] == '4' ? "warn" : status[0] == '2' ? "good" : "plain");

    public string? Took => long.TryParse(Data("milliseconds"), NumberStyles.None, CultureInfo.InvariantCulture, out var time)
        ? time < 1_000 ? string.Create(CultureInfo.InvariantCulture, $"{time} ms") : string.Create(CultureInfo.InvariantCulture, $"{time / 1000.0:0.0} s")
        : null;

    private string? Data(string name) => Entry.Data.FirstOrDefault(pair => pair.Name == name).Value;
}
