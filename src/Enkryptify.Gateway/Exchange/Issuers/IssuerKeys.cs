using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Forwarding;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>The keys of a <c>kid</c>: none means not known, or that who would know could not be asked.</summary>
internal readonly record struct KeyLookup(IReadOnlyList<TrustedKey> Keys, bool Unreachable, string? Problem)
{
    public static KeyLookup Of(IReadOnlyList<TrustedKey> keys) => new(keys, false, null);
}

/// <summary>
/// All keys that tokens are verified with: uploaded ones, and those fetched from issuers, one <see cref="DiscoveredKeys"/> for each version of an issuer, so that
/// nothing fetched under an old URL, CA or token serves a new one. Not more than <see cref="FetchesAtOnce"/> fetches run at once.
/// </summary>
internal sealed class IssuerKeys(KeyFetcher fetcher, OfflineCache offline, Keyring ring, TimeProvider time, ILogger<IssuerKeys> log) : IDisposable
{
    private const int FetchesAtOnce = 16;

    private readonly ConcurrentDictionary<Guid, DiscoveredKeys> discovered = new();
    private readonly SemaphoreSlim places = new(FetchesAtOnce);
    private readonly CancellationTokenSource stop = new();

    public ValueTask<KeyLookup> Find(Issuer issuer, string kid, CancellationToken aborted)
    {
        if (issuer.Uploaded.Find(kid) is { Count: > 0 } uploaded)
        {
            return ValueTask.FromResult(KeyLookup.Of(uploaded));
        }

        return issuer.Discovery
            ? Discovered(issuer).Find(kid, aborted)
            : ValueTask.FromResult(new KeyLookup([], false, "one of the uploaded keys: " + Oidc.Examination.Some(issuer.Uploaded.Kids)));
    }

    public void Forget(Guid issuer) => discovered.TryRemove(issuer, out _);

    public void Dispose()
    {
        stop.Cancel();
    }

    private DiscoveredKeys Discovered(Issuer issuer) => discovered.AddOrUpdate(
        issuer.Id, static (_, made) => made.Self.Start(made.Issuer),
        static (_, held, made) => held.Version >= made.Issuer.Version ? held : made.Self.Start(made.Issuer), (Self: this, Issuer: issuer));

    private DiscoveredKeys Start(Issuer issuer)
    {
        var (owner, path) = ($"issuer/{issuer.Id:D}", $"{issuer.Version}/{issuer.Url}");
        return new DiscoveredKeys(issuer.Version, Kept, Fetch, time);

        (KeySet Keys, DateTimeOffset StoredAt)? Kept() =>
            offline.Get(owner, path) is var (content, storedAt) && KeySet.Fetched(content).Keys is { } keys ? (keys, storedAt) : null;

        async Task<FetchedKeys> Fetch()
        {
            await places.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                var fetched = await fetcher.Fetch(issuer, Token(issuer), stop.Token).ConfigureAwait(false);
                if (fetched.Jwks is { } jwks)
                {
                    offline.Put(owner, path, jwks, time.GetUtcNow());
                }
                else
                {
                    log.LogWarning("issuer: keys of {Issuer} ({Url}) could not be fetched: {Problem}", issuer.Id, issuer.Url, fetched.Problem);
                }

                return fetched;
            }
            finally
            {
                places.Release();
            }
        }
    }

    private string? Token(Issuer issuer) => issuer.BearerToken is { } token
        ? Encoding.UTF8.GetString(ring.Unwrap(token.KekId, token.Box, SealedToken.Purpose(issuer.Id)))
        : null;
}

/// <summary>
/// The keys that one issuer publishes. Known keys serve at once, also old ones, and are renewed behind the request once they are older than
/// <see cref="FreshFor"/>; a set that was fetched replaces the one before. An unknown <c>kid</c> waits for one fetch that all share; there is at most
/// one each <see cref="Pause"/>, and what it did not bring is taken as unknown for <see cref="UnknownFor"/>. Keys do not age out while the issuer is down: that
/// would end all its workloads with it.
/// </summary>
internal sealed class DiscoveredKeys(long version, Func<(KeySet Keys, DateTimeOffset StoredAt)?> kept, Func<Task<FetchedKeys>> fetch, TimeProvider time)
{
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(60);
    private const int RememberedUnknown = 1024;

    private readonly Lock gate = new();
    private readonly BoundedMap<string, DateTimeOffset> unknown = new(RememberedUnknown);
    private KeySet? keys;
    private DateTimeOffset fetchedAt;
    private DateTimeOffset? askedAt;
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
                if (kept() is var (set, storedAt))
                {
                    (keys, fetchedAt) = (set, storedAt);
                }
            }

            var now = time.GetUtcNow();
            var may = asking is null && (askedAt is not { } last || now - last >= Pause);
            if (keys?.Find(kid) is { Count: > 0 } known)
            {
                if (may && now - fetchedAt >= FreshFor)
                {
                    Ask(now);
                }

                return KeyLookup.Of(known);
            }

            if (unknown.TryGet(kid, out var until) && now < until)
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
                Ask(now);
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
                unknown.Put(kid, time.GetUtcNow() + UnknownFor);
            }

            return Missing();
        }
    }

    private KeyLookup Missing() => problem is { } down
        ? new KeyLookup([], true, "the issuer's keys could be fetched; they could not: " + down)
        : new KeyLookup([], false, "one of the keys that the issuer publishes: " + Oidc.Examination.Some(keys?.Kids ?? []));

    private void Ask(DateTimeOffset now)
    {
        askedAt = now;
        asking = Task.Run(async () =>
        {
            FetchedKeys fetched;
            try
            {
                fetched = await fetch().ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or CryptographicException or ObjectDisposedException)
            {
                fetched = new FetchedKeys(null, null, error is OperationCanceledException ? "the gateway is stopping" : "its bearer token cannot be opened");
            }

            lock (gate)
            {
                problem = fetched.Problem;
                if (fetched.Keys is { } set)
                {
                    (keys, fetchedAt) = (set, time.GetUtcNow());
                }

                asking = null;
            }
        });
    }
}
