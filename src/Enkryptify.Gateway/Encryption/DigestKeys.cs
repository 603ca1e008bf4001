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
    private readonly (string Id, byte[] Key)[] keys;

    private DigestKeys((string Id, byte[] Key)[] keys) => this.keys = keys;

    /// <summary>Opens the keys, the current one first, or makes the first.</summary>
    public static DigestKeys Open(WriteTransaction transaction, Keyring keyring, TimeProvider time)
    {
        var rows = transaction.Sql.Query(
            "SELECT id, kek_id, wrapped FROM digest_key ORDER BY state = 'current' DESC, created_at DESC",
            row => (Id: row.GetString(0), Key: keyring.Unwrap(row.GetString(1), row.Bytes(2), Purpose(row.GetString(0)))));
        if (rows.Count == 0)
        {
            var (id, key) = (Keyring.NewKeyId(time), RandomNumberGenerator.GetBytes(Seal.KeySize));
            var (kek, wrapped) = keyring.Wrap(key, Purpose(id));
            transaction.Sql.Execute(
                "INSERT INTO digest_key (id, kek_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, 'current', ?4)", id, kek, wrapped, time.GetUtcNow());
            rows.Add((id, key));
        }

        return new DigestKeys([.. rows]);
    }

    /// <summary>How many digests a token may be stored under.</summary>
    public int Count => keys.Length;

    public (string KeyId, byte[] Digest) Current(Sensitive token) => (keys[0].Id, Digest(0, token));

    public byte[] Digest(int key, Sensitive token) => HMACSHA256.HashData(keys[key].Key, Encoding.UTF8.GetBytes(token.Reveal()));

    private static string Purpose(string id) => $"digest-key/{id}";
}
