using System.Collections.Concurrent;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// Refusals of callers who have proven nothing. They must be kept, and must not be a way to fill the disk: one entry per (route, reason, address)
/// and minute, with a count of all since the entry before; at most <see cref="MaxKeys"/> kinds at once, what comes beyond shares one
/// (invariant 8). The first of a kind is written at once.
/// </summary>
internal sealed class RefusalLog(Writer writer, TimeProvider time)
{
    public const int MaxKeys = 4096;
    private readonly ConcurrentDictionary<Key, Tally> tallies = new();

    /// <summary>How many, by reason. Reasons are words of ours; should one ever not be, there is an end to them.</summary>
    public WordCounters Reasons { get; } = new(128);

    /// <param name="subject">Tells kinds apart, so it is nothing that a caller can make up at will.</param>
    /// <param name="evidence">What an entry tells beside the kind: that of the latest refusal of it. Bounded by the caller.</param>
    public async ValueTask Refused(string route, string reason, string? address, string? requestId, string? subject = null, Guid? workspace = null,
        IReadOnlyList<(string Name, object Value)>? evidence = null)
    {
        Reasons.Add(reason);
        var key = new Key(route, reason, address, subject, workspace);
        if (tallies.Count >= MaxKeys && !tallies.ContainsKey(key))
        {
            key = new Key("other", "other", null, null, null);
        }

        Tally tally;
        long due;
        do
        {
            tally = tallies.GetOrAdd(key, static _ => new Tally());
        }
        while (!tally.TryCount(time.GetUtcNow(), evidence, out due));
        await Write(key, tally, due, requestId).ConfigureAwait(false);
    }

    /// <summary>Writes the counts of windows that have ended, and forgets what was quiet in them. At stop, <paramref name="all"/> counts.</summary>
    public async Task FlushAsync(bool all)
    {
        foreach (var (key, tally) in tallies)
        {
            if (tally.TryRetire(time.GetUtcNow()))
            {
                tallies.TryRemove(key, out _);
            }
            else
            {
                await Write(key, tally, tally.Take(time.GetUtcNow(), all), null).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask Write(Key key, Tally tally, long count, string? requestId)
    {
        if (count == 0)
        {
            return;
        }

        try
        {
            await writer.Append(Entry(key, count, requestId, tally.Evidence)).ConfigureAwait(false);
        }
        catch
        {
            tally.GiveBack(count);
            throw;
        }
    }

    private AuditEntry Entry(Key key, long count, string? requestId, IReadOnlyList<(string Name, object Value)>? evidence) =>
        new(time.GetUtcNow(), AuditActor.Anonymous, key.Address, requestId, AuditAction.Refuse, new AuditTarget("route", null, key.Route))
        {
            Denied = key.Reason,
            Workspace = key.Workspace,
            Data = [("count", count), .. Subject(key, evidence), .. evidence ?? []],
        };

    private static IEnumerable<(string Name, object Value)> Subject(Key key, IReadOnlyList<(string Name, object Value)>? evidence) =>
        key.Subject is null || evidence?.Any(item => item.Name == "subject") == true ? [] : [("subject", key.Subject)];

    private sealed record Key(string Route, string Reason, string? Address, string? Subject, Guid? Workspace);
}
