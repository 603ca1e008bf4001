using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption;

/// <summary>
/// The random keys under which digests of API tokens are made (HMAC-SHA-256): a stolen database confirms no guess. Never derived from the master
/// key, so that the master key can change. The newest makes digests; older ones stay until their last token has expired.
/// </summary>
internal sealed class DigestKeys
{
    private volatile Key[] keys;

    private DigestKeys(Key[] keys) => this.keys = keys;

    /// <summary>Opens the keys, the current one first, or makes the first.</summary>
    public static DigestKeys Open(WriteTransaction transaction, Keyring keyring, TimeProvider time)
    {
        if (!transaction.Sql.Any("SELECT 1 FROM digest_key"))
        {
            Create(transaction.Sql, keyring, time);
        }

        return new DigestKeys(Load(transaction.Sql, keyring));
    }

    /// <summary>The one that makes digests. Changes on the writer thread, after the commit of its rotation.</summary>
    public string CurrentId => keys[0].Id;

    public (string KeyId, byte[] Digest) Current(Sensitive token)
    {
        var current = keys[0];
        return (current.Id, current.Digest(token));
    }

    /// <summary>Each digest that a token may be stored under, the likeliest first.</summary>
    public IEnumerable<byte[]> Digests(Sensitive token)
    {
        foreach (var key in keys)
        {
            yield return key.Digest(token);
        }
    }

    /// <summary>The rows changed: what they hold now is opened, and serves from the commit on.</summary>
    public void Reload(WriteTransaction transaction, Keyring keyring)
    {
        var loaded = Load(transaction.Sql, keyring);
        transaction.AfterCommit(() => keys = loaded);
    }

    public static string Create(Sql sql, Keyring keyring, TimeProvider time)
    {
        var id = Keyring.NewKeyId(time);
        var (kek, wrapped) = keyring.Wrap(RandomNumberGenerator.GetBytes(Seal.KeySize), Purpose(id));
        sql.Execute(
            "INSERT INTO digest_key (id, kek_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, 'current', ?4)", id, kek, wrapped, time.GetUtcNow());
        return id;
    }

    public static string Purpose(string id) => $"digest-key/{id}";

    private static Key[] Load(Sql sql, Keyring keyring) => [.. sql.Query(
        "SELECT id, kek_id, wrapped FROM digest_key WHERE destroyed_at IS NULL ORDER BY state = 'current' DESC, created_at DESC",
        row => new Key(row.GetString(0), keyring.Unwrap(row.GetString(1), row.Bytes(2), Purpose(row.GetString(0)))))];

    private sealed record Key(string Id, byte[] Bytes)
    {
        public byte[] Digest(Sensitive token)
        {
            var text = token.Reveal();
            Span<byte> utf8 = text.Length <= 128 ? stackalloc byte[128 * 3] : new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
            return HMACSHA256.HashData(Bytes, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
        }
    }
}
