using System.Collections.Concurrent;

namespace Enkryptify.Gateway.Exchange;

/// <summary>
/// How many exchanges succeeded, by workspace and hour, over <see cref="Hours"/> hours: a few numbers in memory, since the hot path has no time for more. Bounded
/// by the number of workspaces, which only the operator makes, and at <see cref="MaxWorkspaces"/> anyhow. What was before <see cref="Since"/> is in the audit log.
/// </summary>
internal sealed class ExchangeCounts(TimeProvider time)
{
    public const int Hours = 24;
    private const int MaxWorkspaces = 10_000;
    private readonly ConcurrentDictionary<Guid, Ring> rings = new();

    public DateTimeOffset Since { get; } = time.GetUtcNow();

    /// <summary>The beginning of the first hour of those that <see cref="Of"/> tells of now.</summary>
    public DateTimeOffset From => DateTimeOffset.FromUnixTimeSeconds((Hour(time.GetUtcNow()) - Hours + 1) * 3600);

    public void Count(Guid workspace, DateTimeOffset now)
    {
        if (rings.TryGetValue(workspace, out var ring) || (rings.Count < MaxWorkspaces && rings.GetOrAdd(workspace, static _ => new Ring()) is var made && (ring = made) is not null))
        {
            ring.Count(Hour(now));
        }
    }

    /// <summary>Oldest first; the last is the hour that runs.</summary>
    public IReadOnlyList<long> Of(Guid workspace)
    {
        var last = Hour(time.GetUtcNow());
        return rings.TryGetValue(workspace, out var ring) ? [.. Enumerable.Range(0, Hours).Select(i => ring.Of(last - Hours + 1 + i))] : new long[Hours];
    }

    private static long Hour(DateTimeOffset at) => at.ToUnixTimeSeconds() / 3600;

    /// <summary>A place for each hour, and one more, so that an hour that ends is not yet overwritten by the one that begins.</summary>
    private sealed class Ring
    {
        private readonly Lock gate = new();
        private readonly long[] hours = new long[Hours + 1];
        private readonly long[] counts = new long[Hours + 1];

        public void Count(long hour)
        {
            var place = hour % (Hours + 1);
            if (Volatile.Read(ref hours[place]) != hour)
            {
                lock (gate)
                {
                    // A clock that was set back finds its place taken by a later hour, and counts there.
                    if (hours[place] < hour)
                    {
                        counts[place] = 0;
                        Volatile.Write(ref hours[place], hour);
                    }
                }
            }

            Interlocked.Increment(ref counts[place]);
        }

        public long Of(long hour)
        {
            var place = hour % (Hours + 1);
            return Volatile.Read(ref hours[place]) == hour ? Interlocked.Read(ref counts[place]) : 0;
        }
    }
}
