using System.Security.Cryptography;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Credentials;

/// <summary>
/// What the hot path needs of a credential, in memory after first use, at most <see cref="Capacity"/> of them; see <see cref="Live{TKey, TRow}"/>
/// for why a revoke cannot be undone by a read that raced it.
/// </summary>
/// <param name="findByDigest">What has this digest now.</param>
internal sealed class LiveCredentials(Func<Guid, Credential?> loadById, Func<byte[], FoundCredential?> findByDigest)
{
    public const int Capacity = 65_536;

    private readonly Lock gate = new();
    private readonly Live<Guid, Credential> byId = new(loadById, Capacity);
    private readonly BoundedMap<Digest256, Guid> idByDigest = new(Capacity);
    private readonly Dictionary<Guid, DateTimeOffset> used = [];

    /// <summary>How many are in memory.</summary>
    public int Held => byId.Count;

    public Credential? ById(Guid id) => byId.Get(id);

    /// <summary>
    /// Finds by the digest of a token. The map only leads from digest to id; the digest is then compared with the credential's own, in constant
    /// time, so that a rotated token's old digest leads nowhere.
    /// </summary>
    public Credential? ByDigest(byte[] digest)
    {
        var key = new Digest256(digest);
        bool known;
        Guid id;
        lock (gate)
        {
            known = idByDigest.TryGet(key, out id);
        }

        // A digest that is not known is looked up each time: guesses must not fill memory.
        Credential? row = null;
        if (!known)
        {
            var began = byId.Generation;
            if (findByDigest(digest) is not { } found)
            {
                return null;
            }

            id = found.Id;
            row = found.Row is { } read ? byId.Offer(id, read, began) : null;
            lock (gate)
            {
                idByDigest.Put(key, id);
            }
        }

        return (row ?? ById(id)) is { Digest: { } own } credential && CryptographicOperations.FixedTimeEquals(own, digest) ? credential : null;
    }

    /// <summary>A change of this credential was committed. Called by the writer thread before the change is acknowledged.</summary>
    public void Changed(Guid id) => byId.Changed(id);

    /// <summary>Notes a use; <see cref="LastUsedLoop"/> writes it down later.</summary>
    public void Used(Guid id, DateTimeOffset now)
    {
        lock (gate)
        {
            used[id] = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        }
    }

    /// <summary>A use that is not yet written down.</summary>
    public DateTimeOffset? LastUse(Guid id)
    {
        lock (gate)
        {
            return used.TryGetValue(id, out var time) ? time : null;
        }
    }

    public IReadOnlyDictionary<Guid, DateTimeOffset> PendingUses()
    {
        lock (gate)
        {
            return new Dictionary<Guid, DateTimeOffset>(used);
        }
    }

    /// <summary>These uses are written down; a later use of the same credential stays noted.</summary>
    public void Written(IReadOnlyDictionary<Guid, DateTimeOffset> uses)
    {
        lock (gate)
        {
            foreach (var (id, time) in uses)
            {
                if (used.TryGetValue(id, out var latest) && latest == time)
                {
                    used.Remove(id);
                }
            }
        }
    }
}

/// <summary>A credential that was found by its digest, with its row where that was read along.</summary>
internal readonly record struct FoundCredential(Guid Id, Credential? Row)
{
    public static implicit operator FoundCredential(Guid id) => new(id, null);

    public static implicit operator FoundCredential(Credential row) => new(row.Id, row);
}
