using System.Globalization;
using System.Text.RegularExpressions;

namespace Enkryptify.Gateway.NativeTests.Tracing;

/// <summary>
/// Reads the log of <c>strace -f -tt -y</c>: a line a call, <c>PID TIME name(FD&lt;PATH&gt;, "DATA", …) = RESULT</c>; where another thread came
/// between, <c>name(… &lt;unfinished ...&gt;</c> and later <c>&lt;... name resumed&gt;…) = RESULT</c>.
/// </summary>
internal static partial class TraceParser
{
    private const string Unfinished = " <unfinished ...>";

    /// <summary>The calls that <see cref="Trace"/> asks for and this parser knows.</summary>
    public static readonly string[] Calls =
    [
        "write", "pwrite64", "writev", "pwritev", "pwritev2", "fsync", "fdatasync", "sync_file_range", "read", "readv", "recvfrom", "recvmsg", "sendto", "sendmsg",
    ];

    /// <summary>The events in the order in which the calls began. Failed calls and other files' reads are left out.</summary>
    public static IReadOnlyList<TraceEvent> Parse(IEnumerable<string> lines)
    {
        var events = new List<TraceEvent>();
        var open = new Dictionary<int, (int Begin, string Text)>();
        var position = 0;
        foreach (var line in lines)
        {
            position++;
            if (Line().Match(line) is not { Success: true } match)
            {
                continue;
            }

            var pid = int.Parse(match.Groups["pid"].ValueSpan, CultureInfo.InvariantCulture);
            var call = match.Groups["call"].Value;
            if (call.EndsWith(Unfinished, StringComparison.Ordinal))
            {
                open[pid] = (position, call[..^Unfinished.Length]);
            }
            else if (Resumed().Match(call) is { Success: true } resumed)
            {
                if (open.Remove(pid, out var begun))
                {
                    Add(events, begun.Begin, position, begun.Text + call[resumed.Length..]);
                }
            }
            else
            {
                Add(events, position, position, call);
            }
        }

        // The process died in these: a sync among them never happened, but a reply may have left.
        foreach (var (begin, text) in open.Values)
        {
            Add(events, begin, TraceEvent.Never, text);
        }

        return [.. events.OrderBy(traced => traced.Begin)];
    }

    private static void Add(List<TraceEvent> events, int begin, int end, string text)
    {
        if (Call().Match(text) is not { Success: true } match || (end != TraceEvent.Never && Failed(text)))
        {
            return;
        }

        var target = match.Groups["target"].Value;
        var isSocket = target.Contains(":[", StringComparison.Ordinal) && !target.StartsWith('/');
        TraceEvent? traced = match.Groups["name"].Value switch
        {
            "fsync" or "fdatasync" => new FileSync(begin, end, target),
            "write" or "pwrite64" or "writev" or "pwritev" or "pwritev2" or "sendto" or "sendmsg" => isSocket
                ? new SocketSend(begin, end, target, StraceString.BytesIn(text))
                : new FileWrite(begin, end, target, StraceString.BytesIn(text)),
            "read" or "readv" or "recvfrom" or "recvmsg" when isSocket => new SocketReceive(begin, end, target, StraceString.BytesIn(text)),
            _ => null,
        };
        if (traced is not null)
        {
            events.Add(traced);
        }
    }

    /// <summary>No result, or a negative one. An interrupted call shows as <c>= ?</c>.</summary>
    private static bool Failed(string text)
    {
        var at = text.LastIndexOf(" = ", StringComparison.Ordinal);
        return at < 0 || text[at + 3] is '-' or '?';
    }

    [GeneratedRegex(@"^(?<pid>\d+)\s+\d\d:\d\d:\d\d\.\d+ (?<call>.*)$", RegexOptions.Singleline)]
    private static partial Regex Line();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(?<name>\w+)\(\d+<(?<target>[^>]*)>")]
    private static partial Regex Call();
}
