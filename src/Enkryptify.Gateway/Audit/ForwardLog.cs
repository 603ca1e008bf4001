using System.Collections.Concurrent;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// Requests that routes forwarded: one entry for each route and user of it and minute, with the count since the entry before (docs/decisions/0032). The
/// first is written before its request is forwarded; at most <see cref="MaxKeys"/> kinds at once, what comes beyond shares one.
/// </summary>
internal sealed class ForwardLog(Writer writer, TimeProvider time)
{
    public const int MaxKeys = 4096;

    private static readonly AuditActor Others = new("other", null, null);
    private readonly ConcurrentDictionary<Key, Tally> tallies = new();

    /// <param name="user">Who used the route: a credential, a certificate or an address.</param>
    /// <param name="credential">What the route acted with.</param>
    public async ValueTask Forwarded(string route, Guid? workspace, AuditActor user, string? address, Guid credential)
    {
        var key = new Key(route, workspace, user, address, credential);
        if (!tallies.ContainsKey(key) && tallies.Count >= MaxKeys)
        {
            key = key with { User = Others, Address = null };
        }

        Tally tally;
        long due;
        do
        {
            tally = tallies.GetOrAdd(key, static _ => new Tally());
        }
        while (!tally.TryCount(time.GetUtcNow(), null, out due));
        if (due > 0)
        {
            await Write(key, tally, due).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the counts of minutes that have ended, and forgets who was quiet in them. At stop, <paramref name="all"/> counts.</summary>
    public async Task FlushAsync(bool all)
    {
        foreach (var (key, tally) in tallies)
        {
            if (tally.TryRetire(time.GetUtcNow()))
            {
                tallies.TryRemove(key, out _);
            }
            else if (tally.Take(time.GetUtcNow(), all) is > 0 and var due)
            {
                await Write(key, tally, due).ConfigureAwait(false);
            }
        }
    }

    private async Task Write(Key key, Tally tally, long count)
    {
        try
        {
            await writer.Append(new AuditEntry(time.GetUtcNow(), key.User, key.Address, null, AuditAction.Forward, new AuditTarget("route", null, key.Route))
            {
                Workspace = key.Workspace,
                Data = [("count", count), ("credential", key.Credential.ToString("D"))],
            }).ConfigureAwait(false);
        }
        catch
        {
            tally.GiveBack(count);
            throw;
        }
    }

    private sealed record Key(string Route, Guid? Workspace, AuditActor User, string? Address, Guid Credential);
}
