using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;

namespace Enkryptify.Gateway.Encryption;

/// <summary>
/// Opened keys in memory, in three layers: master key → key-encryption key → environment, digest and signing keys. What lies in the database is
/// always wrapped (<see cref="Seal"/>). How each layer is replaced is in <c>Rotation/</c>.
/// </summary>
internal sealed partial class Keyring
{
    /// <summary>How a key's id is written: 32 hexadecimal digits.</summary>
    public const string KeyIdFormat = "N";

    private readonly ConcurrentDictionary<string, byte[]> environmentKeys = new(StringComparer.Ordinal);

    /// <summary>
    /// All that were not destroyed when the process started, and those made since. One that is replaced stays here until the process ends, for reads
    /// that began before; what lies in the file is gone by then.
    /// </summary>
    private readonly ConcurrentDictionary<string, byte[]> keks = new(StringComparer.Ordinal);
    private readonly MasterKey master;
    private volatile string current;

    private Keyring(MasterKey master, string current) => (this.master, this.current, BackupKey) = (master, current, BackupKey.Of(master));

    /// <summary>The key-encryption key that wraps what is new. Changes on the writer thread, after the commit of its rotation.</summary>
    public string CurrentKek => current;

    /// <summary>Of the master key that this process was started with.</summary>
    public string MasterKeyId => master.Id;

    /// <summary>What seals backups that are made now.</summary>
    public BackupKey BackupKey { get; }

    /// <summary>Opens the key-encryption keys of the database, or makes the first one in a new database.</summary>
    /// <exception cref="MasterKeyException">The database belongs to another master key.</exception>
    public static Keyring Open(WriteTransaction transaction, MasterKey master, TimeProvider time)
    {
        var rows = KekRow.Living(transaction.Sql);
        if (rows.Count == 0)
        {
            var first = new Keyring(master, "");
            first.current = first.MakeKek(transaction.Sql, time);
            return first;
        }

        var ring = new Keyring(master, rows.Single(row => row.IsCurrent).Id);
        foreach (var row in rows)
        {
            ring.keks[row.Id] = row.Open(master);
        }

        return ring;
    }

    /// <summary>
    /// Wraps a key of ours; gives the id of the key-encryption key that goes into its row. For the database only on the writer thread: there the
    /// current key cannot be replaced, and the old one destroyed, between wrapping and storing.
    /// </summary>
    public (string KekId, byte[] Wrapped) Wrap(ReadOnlySpan<byte> key, string purpose)
    {
        var id = current;
        return (id, Seal.Close(keks[id], key, purpose));
    }

    public byte[] Unwrap(string wrappedBy, byte[] wrapped, string purpose) =>
        keks.TryGetValue(wrappedBy, out var kek) ? Seal.Open(kek, wrapped, purpose) : throw new CryptographicException($"Key-encryption key {wrappedBy} is not loaded.");

    /// <summary>A new environment gets a data key of its own, in the same transaction.</summary>
    public string CreateEnvironmentKey(Sql sql, Guid environment, TimeProvider time)
    {
        var id = NewKeyId(time);
        var (wrappedBy, wrapped) = Wrap(RandomNumberGenerator.GetBytes(Seal.KeySize), EnvironmentKeyPurpose(id, environment.ToString("D")));
        sql.Execute(
            "INSERT INTO environment_key (id, environment_id, kek_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, ?4, 'current', ?5)",
            id, environment, wrappedBy, wrapped, time.GetUtcNow());
        return id;
    }

    public (string KeyId, byte[] Sealed) SealValue(Sql sql, ReadOnlySpan<byte> plaintext, ValuePlace place)
    {
        var id = sql.First(
            "SELECT id FROM environment_key WHERE environment_id = ?1 AND state = 'current'", row => row.GetString(0), place.Environment)
            ?? throw new UnreadableValueException(place.Environment, "none", "it has no current key");
        return (id, Seal.Close(EnvironmentKey(sql, id, place.Environment), plaintext, place.Purpose));
    }

    /// <summary>The id of an environment key that is open in memory, as text; null of one that is not.</summary>
    public string? OpenId(Guid id)
    {
        Span<char> text = stackalloc char[32];
        id.TryFormat(text, out _, KeyIdFormat);
        return environmentKeys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var known, out _) ? known : null;
    }

    /// <param name="sql">Where to read the key when it is not open yet; null opens only under a key that is.</param>
    /// <exception cref="UnreadableValueException">Altered, moved, or its key is gone.</exception>
    public byte[] OpenValue(Sql? sql, string keyId, ReadOnlySpan<byte> box, ValuePlace place)
    {
        var plaintext = new byte[Seal.LengthOf(box)];
        Open(sql, keyId, box, place, plaintext);
        return plaintext;
    }

    /// <summary>The same as text, which leaves no second copy of a usual value.</summary>
    /// <exception cref="UnreadableValueException">Altered, moved, or its key is gone.</exception>
    public Sensitive OpenText(Sql? sql, string keyId, ReadOnlySpan<byte> box, ValuePlace place)
    {
        Span<byte> plaintext = Seal.LengthOf(box) is <= 1024 and var length ? stackalloc byte[length] : new byte[Seal.LengthOf(box)];
        Open(sql, keyId, box, place, plaintext);
        var text = Encoding.UTF8.GetString(plaintext);
        CryptographicOperations.ZeroMemory(plaintext);
        return new Sensitive(text);
    }

    private void Open(Sql? sql, string keyId, ReadOnlySpan<byte> box, ValuePlace place, Span<byte> plaintext)
    {
        var key = EnvironmentKey(sql, keyId, place.Environment);
        try
        {
            Seal.Open(key, box, place.PurposeIn(stackalloc char[160]), plaintext);
        }
        catch (CryptographicException)
        {
            throw new UnreadableValueException(place.Environment, keyId, "it does not open under that key");
        }
    }

    public static string NewKeyId(TimeProvider time) => Ids.New(time).ToString(KeyIdFormat);

    public static string EnvironmentKeyPurpose(string id, string environment) => $"environment-key/{id}/{environment}";

    private byte[] EnvironmentKey(Sql? sql, string id, Guid environment)
    {
        if (environmentKeys.TryGetValue(id, out var known))
        {
            return known;
        }

        // A key never changes under its id, whatever wraps it, so what is read here cannot be out of date.
        var row = sql?.First(
            "SELECT kek_id, wrapped FROM environment_key WHERE id = ?1 AND environment_id = ?2",
            row => new { Kek = row.GetString(0), Wrapped = row.Bytes(1) }, id, environment)
            ?? throw new UnreadableValueException(environment, id, "that key is missing");
        try
        {
            var key = Unwrap(row.Kek, row.Wrapped, EnvironmentKeyPurpose(id, environment.ToString("D")));
            environmentKeys[id] = key;
            return key;
        }
        catch (CryptographicException)
        {
            throw new UnreadableValueException(environment, id, "that key does not open");
        }
    }
}

/// <summary>Where a value lies; what its seal is bound to.</summary>
internal readonly record struct ValuePlace(Guid Environment, Guid Secret, long Version, string Owner)
{
    public string Purpose => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"value/{Environment:D}/{Secret:D}/{Version}/{Owner}");

    /// <summary>The same in <paramref name="room"/> where it fits: opening a value is what reads do.</summary>
    public ReadOnlySpan<char> PurposeIn(Span<char> room) =>
        room.TryWrite(System.Globalization.CultureInfo.InvariantCulture, $"value/{Environment:D}/{Secret:D}/{Version}/{Owner}", out var length) ? room[..length] : Purpose;
}
