using System.Collections.Concurrent;
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
    private readonly UnmatchedKeys unmatched = new(time);

    public ValueTask<KeyLookup> Find(Issuer issuer, string kid, CancellationToken aborted)
    {
        if (issuer.Uploaded.Find(kid) is { Count: > 0 } uploaded)
        {
            unmatched.Held(issuer, kid);
            return ValueTask.FromResult(KeyLookup.Of(uploaded));
        }

        return issuer.Discovery
            ? Discovered(issuer).Find(kid, aborted)
            : ValueTask.FromResult(new KeyLookup([], false, "one of the uploaded keys: " + Oidc.Examination.Some(issuer.Uploaded.Kids)));
    }

    /// <summary>Issuers whose uploaded keys seem to be out of date; a hint, since nobody has proven anything. Bounded: see <see cref="UnmatchedKeys"/>.</summary>
    public IReadOnlyList<KeyWarning> Warnings() => unmatched.All;

    /// <summary>A token of this issuer named a key that no issuer with its URL holds.</summary>
    public void NotHeld(Issuer issuer, string kid, bool namesAnIdentity)
    {
        if (!issuer.Discovery)
        {
            unmatched.Note(issuer, kid, namesAnIdentity);
        }
    }

    /// <summary>New keys were uploaded for it.</summary>
    public void Uploaded(Issuer issuer) => unmatched.Held(issuer);

    /// <summary>Asks the issuer for its keys now and keeps nothing of the answer: for who wants to know whether it can be reached.</summary>
    /// <returns>In a few words why its keys cannot be had; null when they can.</returns>
    public async Task<string?> Try(Issuer issuer, CancellationToken aborted)
    {
        try
        {
            return (await fetcher.Fetch(issuer, Token(issuer), aborted).ConfigureAwait(false)).Problem;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return "its bearer token cannot be opened";
        }
    }

    /// <summary>It was removed, or is asked in another way from now on: nothing that it published so far serves again.</summary>
    public void Forget(Issuer issuer)
    {
        discovered.TryRemove(issuer.Id, out _);
        unmatched.Forget(issuer.Id);
        var (owner, path) = Kept(issuer);
        offline.Remove(owner, path);
    }

    public void Dispose()
    {
        stop.Cancel();
    }

    private DiscoveredKeys Discovered(Issuer issuer) => discovered.AddOrUpdate(
        issuer.Id, static (_, made) => made.Self.Start(made.Issuer),
        static (_, held, made) => held.Version >= made.Issuer.Version ? held : made.Self.Start(made.Issuer), (Self: this, Issuer: issuer));

    private DiscoveredKeys Start(Issuer issuer)
    {
        var (owner, path) = Kept(issuer);
        return new DiscoveredKeys(issuer.Version, () => offline.Get(owner, path) is var (content, _) ? KeySet.Fetched(content).Keys : null, Fetch, time);

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

    /// <summary>Where its keys lie in the offline cache: those of one version, so that a change of the issuer leaves them behind.</summary>
    private static (string Owner, string Path) Kept(Issuer issuer) => ($"issuer/{issuer.Id:D}", $"{issuer.Version}/{issuer.Url}");

    private string? Token(Issuer issuer) => issuer.BearerToken is { } token
        ? Encoding.UTF8.GetString(ring.Unwrap(token.KekId, token.Box, SealedToken.Purpose(issuer.Id)))
        : null;
}
