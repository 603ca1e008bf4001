using System.Collections.Concurrent;
using System.Security.Cryptography;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption;

/// <summary>
/// Opened keys in memory, in three layers: master key → key-encryption key → environment, digest and signing keys. What lies in the database is
/// always wrapped (<see cref="Seal"/>).
/// </summary>
internal sealed class Keyring
{
    private readonly ConcurrentDictionary<string, byte[]> environmentKeys = new(StringComparer.Ordinal);
    private readonly string kekId;
    private readonly byte[] kek;

    private Keyring(string kekId, byte[] kek) => (this.kekId, this.kek) = (kekId, kek);

    /// <summary>Opens the key-encryption key of the database, or makes the first one in a new database.</summary>
    /// <exception cref="MasterKeyException">The database belongs to another master key.</exception>
    public static Keyring Open(WriteTransaction transaction, MasterKey master, TimeProvider time)
    {
        var row = transaction.Sql.First(
            "SELECT id, master_key_id, wrapped FROM key_encryption_key WHERE state = 'current'",
            row => new { Id = row.GetString(0), Master = row.GetString(1), Wrapped = row.Bytes(2) });
        if (row is null)
        {
            var (id, fresh) = (NewKeyId(time), RandomNumberGenerator.GetBytes(Seal.KeySize));
            transaction.Sql.Execute(
                "INSERT INTO key_encryption_key (id, master_key_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, 'current', ?4)",
                id, master.Id, Seal.Close(master.Bytes, fresh, KekPurpose(id)), time.GetUtcNow());
            return new Keyring(id, fresh);
        }

        if (row.Master != master.Id)
        {
            throw new MasterKeyException(
                $"this database is sealed under the master key with id {row.Master}, but the one given has id {master.Id}. Give the right key; nothing was changed.");
        }

        try
        {
            return new Keyring(row.Id, Seal.Open(master.Bytes, row.Wrapped, KekPurpose(row.Id)));
        }
        catch (CryptographicException)
        {
            throw new MasterKeyException($"the key-encryption key {row.Id} does not open under master key {master.Id}: the database was altered. Restore a backup.");
        }
    }

    /// <summary>Wraps a key of ours; gives the id of the key-encryption key that goes into its row.</summary>
    public (string KekId, byte[] Wrapped) Wrap(ReadOnlySpan<byte> key, string purpose) => (kekId, Seal.Close(kek, key, purpose));

    public byte[] Unwrap(string wrappedBy, byte[] wrapped, string purpose) =>
        wrappedBy == kekId ? Seal.Open(kek, wrapped, purpose) : throw new CryptographicException($"Key-encryption key {wrappedBy} is not loaded.");

    /// <summary>A new environment gets a data key of its own, in the same transaction.</summary>
    public void CreateEnvironmentKey(Sql sql, Guid environment, TimeProvider time)
    {
        var id = NewKeyId(time);
        var (wrappedBy, wrapped) = Wrap(RandomNumberGenerator.GetBytes(Seal.KeySize), EnvironmentKeyPurpose(id, environment));
        sql.Execute(
            "INSERT INTO environment_key (id, environment_id, kek_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, ?4, 'current', ?5)",
            id, environment, wrappedBy, wrapped, time.GetUtcNow());
    }

    public (string KeyId, byte[] Sealed) SealValue(Sql sql, ReadOnlySpan<byte> plaintext, ValuePlace place)
    {
        var id = sql.First(
            "SELECT id FROM environment_key WHERE environment_id = ?1 AND state = 'current'", row => row.GetString(0), place.Environment)
            ?? throw new CryptographicException($"Environment {place.Environment} has no key.");
        return (id, Seal.Close(EnvironmentKey(sql, id, place.Environment), plaintext, place.Purpose));
    }

    public byte[] OpenValue(Sql sql, string keyId, byte[] sealedValue, ValuePlace place) =>
        Seal.Open(EnvironmentKey(sql, keyId, place.Environment), sealedValue, place.Purpose);

    public static string NewKeyId(TimeProvider time) => Ids.New(time).ToString("N");

    private static string KekPurpose(string id) => $"key-encryption-key/{id}";

    private static string EnvironmentKeyPurpose(string id, Guid environment) => $"environment-key/{id}/{environment:D}";

    private byte[] EnvironmentKey(Sql sql, string id, Guid environment)
    {
        if (environmentKeys.TryGetValue(id, out var known))
        {
            return known;
        }

        // A key's row never changes once written, so what is read here cannot be out of date.
        var row = sql.First(
            "SELECT kek_id, wrapped FROM environment_key WHERE id = ?1 AND environment_id = ?2",
            row => new { Kek = row.GetString(0), Wrapped = row.Bytes(1) }, id, environment)
            ?? throw new CryptographicException($"Environment key {id} is missing.");
        var key = Unwrap(row.Kek, row.Wrapped, EnvironmentKeyPurpose(id, environment));
        environmentKeys[id] = key;
        return key;
    }
}

/// <summary>Where a value lies; what its seal is bound to.</summary>
internal readonly record struct ValuePlace(Guid Environment, Guid Secret, long Version, string Owner)
{
    public string Purpose => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"value/{Environment:D}/{Secret:D}/{Version}/{Owner}");
}
