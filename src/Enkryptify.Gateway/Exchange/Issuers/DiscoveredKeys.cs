using System.Security.Cryptography;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>
/// The keys that one issuer publishes. Known keys serve at once, also old ones, and are renewed behind the request once they are older than
/// <see cref="FreshFor"/>; a set that was fetched replaces the one before. An unknown <c>kid</c> waits for one fetch that all share; there is at most
/// one each <see cref="Pause"/>, and what it did not bring is taken as unknown for <see cref="UnknownFor"/>. Keys do not age out while the issuer is down: that
/// would end all its workloads with it. Keys from the disk count as old: when they were stored is what the file says. Spans are those of a clock that never goes back.
/// </summary>
internal sealed class DiscoveredKeys(long version, Func<KeySet?> kept, Func<Task<FetchedKeys>> fetch, TimeProvider time)
{
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(60);
    private const int RememberedUnknown = 1024;

    private readonly Lock gate = new();
    private readonly BoundedMap<string, long> unknown = new(RememberedUnknown);
    private KeySet? keys;
    private long? fetchedAt;
    private long? askedAt;
    private Task? asking;
    private string? problem;
    private bool lookedOnDisk;

    public long Version => version;

    public async ValueTask<KeyLookup> Find(string kid, CancellationToken aborted)
    {
        Task waiting;
        var own = false;
        lock (gate)
        {
            if (!lookedOnDisk)
            {
                lookedOnDisk = true;
                keys = kept();
            }

            var may = asking is null && IsOlder(askedAt, Pause);
            if (keys?.Find(kid) is { Count: > 0 } known)
            {
                if (may && IsOlder(fetchedAt, FreshFor))
                {
                    Ask();
                }

                return KeyLookup.Of(known);
            }

            if (unknown.TryGet(kid, out var missed) && !IsOlder(missed, UnknownFor))
            {
                return Missing();
            }

            if (asking is null)
            {
                if (!may)
                {
                    return Missing();
                }

                own = true;
                Ask();
            }

            waiting = asking ?? Task.CompletedTask;
        }

        await waiting.WaitAsync(aborted).ConfigureAwait(false);
        lock (gate)
        {
            if (keys?.Find(kid) is { Count: > 0 } found)
            {
                return KeyLookup.Of(found);
            }

            // Only by a fetch that began after the question: one under way may have missed what was published meanwhile.
            if (own && problem is null)
            {
                unknown.Put(kid, time.GetTimestamp());
            }

            return Missing();
        }
    }

    private KeyLookup Missing() => problem is { } down
        ? new KeyLookup([], true, "the issuer's keys could be fetched; they could not: " + down)
        : new KeyLookup([], false, "one of the keys that the issuer publishes: " + Oidc.Examination.Some(keys?.Kids ?? []));

    private bool IsOlder(long? since, TimeSpan span) => since is not { } began || time.GetElapsedTime(began) >= span;

    private void Ask()
    {
        askedAt = time.GetTimestamp();
        asking = Task.Run(async () =>
        {
            FetchedKeys fetched;
            try
            {
                fetched = await fetch().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // Whatever it is: a question that never ended would be the last one.
                fetched = new FetchedKeys(null, null, error switch
                {
                    OperationCanceledException => "the gateway is stopping",
                    CryptographicException => "its bearer token cannot be opened",
                    _ => $"an error of the gateway ({error.GetType().Name})",
                });
            }

            lock (gate)
            {
                problem = fetched.Problem;
                if (fetched.Keys is { } set)
                {
                    (keys, fetchedAt) = (set, time.GetTimestamp());
                }

                asking = null;
            }
        });
    }
}
