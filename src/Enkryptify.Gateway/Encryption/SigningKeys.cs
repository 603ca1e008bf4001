using System.Security.Cryptography;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption;

/// <summary>A P-256 key pair. Instances of <see cref="ECDsa"/> are not promised to be thread-safe, so each thread signs with its own.</summary>
internal sealed class SigningKey : IDisposable
{
    private readonly ThreadLocal<ECDsa> key;

    public SigningKey(string id, byte[] publicKey, byte[]? privateKey)
    {
        Id = id;
        PublicKey = publicKey;
        key = new ThreadLocal<ECDsa>(() => Import(publicKey, privateKey), trackAllValues: true);
        using var ecdsa = Import(publicKey, null);
        Parameters = ecdsa.ExportParameters(includePrivateParameters: false);
    }

    public string Id { get; }

    /// <summary>SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey { get; }

    public ECParameters Parameters { get; }

    public ECDsa Ecdsa => key.Value!;

    public void Dispose()
    {
        foreach (var ecdsa in key.Values)
        {
            ecdsa.Dispose();
        }

        key.Dispose();
    }

    private static ECDsa Import(byte[] publicKey, byte[]? privateKey)
    {
        var ecdsa = ECDsa.Create();
        if (privateKey is null)
        {
            ecdsa.ImportSubjectPublicKeyInfo(publicKey, out _);
        }
        else
        {
            ecdsa.ImportPkcs8PrivateKey(privateKey, out _);
        }

        return ecdsa;
    }
}

/// <summary>
/// The ES256 keys: for JWTs the current one that signs, the next one that verifiers can already learn, and previous ones while their tokens live;
/// for the audit log a key of its own, whose public part is kept for ever.
/// </summary>
internal sealed class SigningKeys
{
    private SigningKeys(IReadOnlyList<SigningKey> published, SigningKey current, SigningKey audit) =>
        (Published, Current, Audit) = (published, current, audit);

    /// <summary>What <c>/.well-known/jwks.json</c> shows and verification accepts.</summary>
    public IReadOnlyList<SigningKey> Published { get; }

    public SigningKey Current { get; }

    public SigningKey Audit { get; }

    public static SigningKeys Open(WriteTransaction transaction, Keyring keyring, TimeProvider time)
    {
        var jwt = Load(transaction, keyring, "jwt");
        if (jwt.Count == 0)
        {
            jwt.Add((Create(transaction, keyring, "jwt", "current", time), "current"));
            jwt.Add((Create(transaction, keyring, "jwt", "next", time), "next"));
        }

        var audit = Load(transaction, keyring, "audit");
        if (audit.Count == 0)
        {
            audit.Add((Create(transaction, keyring, "audit", "current", time), "current"));
        }

        return new SigningKeys([.. jwt.Select(key => key.Key)], jwt.Single(key => key.State == "current").Key, audit.Single(key => key.State == "current").Key);
    }

    public SigningKey? Find(string kid) => Published.FirstOrDefault(key => key.Id == kid);

    private static List<(SigningKey Key, string State)> Load(WriteTransaction transaction, Keyring keyring, string purpose) => transaction.Sql.Query(
        """
        SELECT kid, public_key, kek_id, wrapped, state FROM signing_key
        WHERE purpose = ?1 AND state IN ('next', 'current', 'previous') AND wrapped IS NOT NULL ORDER BY created_at
        """,
        row => (new SigningKey(row.GetString(0), row.Bytes(1), keyring.Unwrap(row.GetString(2), row.Bytes(3), Purpose(row.GetString(0)))), row.GetString(4)),
        purpose);

    private static SigningKey Create(WriteTransaction transaction, Keyring keyring, string purpose, string state, TimeProvider time)
    {
        using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (id, publicKey, privateKey) = (Keyring.NewKeyId(time), fresh.ExportSubjectPublicKeyInfo(), fresh.ExportPkcs8PrivateKey());
        var (kek, wrapped) = keyring.Wrap(privateKey, Purpose(id));
        transaction.Sql.Execute(
            "INSERT INTO signing_key (kid, purpose, public_key, kek_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            id, purpose, publicKey, kek, wrapped, state, time.GetUtcNow());
        return new SigningKey(id, publicKey, privateKey);
    }

    private static string Purpose(string kid) => $"signing-key/{kid}";
}
