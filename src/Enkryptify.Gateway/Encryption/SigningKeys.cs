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

/// <summary>The ES256 keys of one moment. Immutable.</summary>
/// <param name="Published">What <c>/.well-known/jwks.json</c> shows and verification accepts: next, current, previous.</param>
internal sealed record SigningSet(IReadOnlyList<SigningKey> Published, SigningKey Current, SigningKey Audit);

/// <summary>
/// The ES256 keys: for JWTs the current one that signs, the next one that verifiers can already learn, and previous ones, without their private
/// part, while their tokens live; for the audit log a key of its own, whose public part is kept for ever.
/// </summary>
internal sealed class SigningKeys
{
    private volatile SigningSet set;

    private SigningKeys(SigningSet set) => this.set = set;

    /// <summary>Changes on the writer thread, after the commit of a rotation. Who signs takes it once and works with that.</summary>
    public SigningSet Now => set;

    public SigningKey Audit => set.Audit;

    public static SigningKeys Open(WriteTransaction transaction, Keyring keyring, TimeProvider time)
    {
        var sql = transaction.Sql;
        if (!sql.Any("SELECT 1 FROM signing_key WHERE purpose = 'jwt'"))
        {
            Create(sql, keyring, "jwt", "current", time);
            Create(sql, keyring, "jwt", "next", time);
        }

        if (!sql.Any("SELECT 1 FROM signing_key WHERE purpose = 'audit'"))
        {
            Create(sql, keyring, "audit", "current", time);
        }

        return new SigningKeys(Load(sql, keyring));
    }

    /// <summary>The rows changed: what they hold now is opened and tried, and serves from the commit on.</summary>
    public SigningSet Reload(WriteTransaction transaction, Keyring keyring)
    {
        var loaded = Load(transaction.Sql, keyring);
        Try(loaded.Current);
        Try(loaded.Audit);
        transaction.AfterCommit(() => set = loaded);
        return loaded;
    }

    public static string Create(Sql sql, Keyring keyring, string purpose, string state, TimeProvider time)
    {
        using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (id, publicKey, privateKey) = (Keyring.NewKeyId(time), fresh.ExportSubjectPublicKeyInfo(), fresh.ExportPkcs8PrivateKey());
        var (kek, wrapped) = keyring.Wrap(privateKey, Purpose(id));
        CryptographicOperations.ZeroMemory(privateKey);
        sql.Execute(
            "INSERT INTO signing_key (kid, purpose, public_key, kek_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            id, purpose, publicKey, kek, wrapped, state, time.GetUtcNow());
        return id;
    }

    public static string Purpose(string kid) => $"signing-key/{kid}";

    private static SigningSet Load(Sql sql, Keyring keyring)
    {
        var keys = sql.Query(
            """
            SELECT kid, public_key, kek_id, wrapped, purpose, state FROM signing_key
            WHERE state IN ('next', 'current', 'previous') ORDER BY created_at, kid
            """,
            row => (
                Key: new SigningKey(
                    row.GetString(0), row.Bytes(1), row.IsDBNull(3) ? null : keyring.Unwrap(row.GetString(2), row.Bytes(3), Purpose(row.GetString(0)))),
                Purpose: row.GetString(4), State: row.GetString(5)));
        SigningKey Current(string purpose) => keys.Single(key => key.Purpose == purpose && key.State == "current").Key;
        return new SigningSet([.. keys.Where(key => key.Purpose == "jwt").Select(key => key.Key)], Current("jwt"), Current("audit"));
    }

    /// <summary>What it signs must verify under the public key that everybody else gets.</summary>
    private static void Try(SigningKey key)
    {
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.PublicKey, out _);
        if (!verifier.VerifyData("enkryptify-gateway"u8, key.Ecdsa.SignData("enkryptify-gateway"u8, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256))
        {
            throw new CryptographicException($"The private and public parts of signing key {key.Id} do not belong together.");
        }
    }
}
