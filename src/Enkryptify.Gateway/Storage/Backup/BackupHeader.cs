using System.Buffers.Binary;
using System.Security.Cryptography;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>Who asked for a backup. Retention deletes what the schedule made, and nothing else.</summary>
internal enum BackupOrigin : byte
{
    Operator = 1,
    Schedule = 2,
}

/// <summary>
/// The clear beginning of a backup: which key it needs, and of which store and moment it is. The file:
/// <code>
/// byte   0   magic "EKGWBACK"
///        8   format = 1
///        9   asked for by: 1 the operator, 2 the schedule
///        10  id of the master key (8)
///        18  id of the store (16): the id of its first audit key, which is kept for ever
///        34  id of this backup (16), random
///        50  taken at, Unix milliseconds (8, big-endian)
///        58  the file key, sealed (61, see Seal) under HKDF-SHA-256(master key, info "enkryptify-gateway/1/backup"),
///            bound to bytes 0 to 57 by its purpose "backup-key/{those bytes in hexadecimal}"
///        119 SHA-256 of bytes 0 to 118 (32): tells damage from another key
///        151 chunks, see BackupStream
/// </code>
/// The file key is random and seals this one file. With the master key of another store, or of another time, the file says by id which one it needs.
/// </summary>
internal sealed record BackupHeader(BackupOrigin Origin, string MasterKeyId, string StoreId, Guid Id, DateTimeOffset TakenAt, byte[] SealedFileKey)
{
    public const int Length = 151;
    private const int BoundLength = 58;
    private const int SealedLength = 61;
    private const byte Format = 1;

    private static ReadOnlySpan<byte> Magic => "EKGWBACK"u8;

    /// <summary>A header with a new file key.</summary>
    public static (BackupHeader Header, byte[] FileKey) Make(BackupOrigin origin, BackupKey key, string storeId, Guid id, DateTimeOffset takenAt)
    {
        var unsealed = new BackupHeader(origin, key.MasterKeyId, storeId, id, takenAt, []);
        var fileKey = RandomNumberGenerator.GetBytes(Seal.KeySize);
        return (unsealed with { SealedFileKey = Seal.Close(key.Bytes, fileKey, unsealed.Purpose()) }, fileKey);
    }

    /// <exception cref="BackupException">Another master key, or not what was written.</exception>
    public byte[] OpenFileKey(BackupKey key)
    {
        if (key.MasterKeyId != MasterKeyId)
        {
            throw new BackupException(
                "wrong_master_key", $"this backup is sealed under the master key with id {MasterKeyId}, but the one given has id {key.MasterKeyId}. Give the key of the time when it was made.");
        }

        try
        {
            return Seal.Open(key.Bytes, SealedFileKey, Purpose());
        }
        catch (CryptographicException error)
        {
            throw BackupException.Damaged($"the backup's header does not open under master key {MasterKeyId}: it was altered.", error);
        }
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        Bound().CopyTo(bytes, 0);
        SealedFileKey.CopyTo(bytes, BoundLength);
        SHA256.HashData(bytes.AsSpan(..(BoundLength + SealedLength)), bytes.AsSpan(BoundLength + SealedLength));
        return bytes;
    }

    /// <exception cref="BackupException">No backup, of a later format, or damaged.</exception>
    public static BackupHeader Read(Stream file)
    {
        var bytes = new byte[Length];
        var read = file.ReadAtLeast(bytes, Length, throwOnEndOfStream: false);
        if (read < Magic.Length || !bytes.AsSpan().StartsWith(Magic))
        {
            throw new BackupException("not_a_backup", "this file is not a backup of this program, or its first bytes are damaged.");
        }

        if (read < Length || !SHA256.HashData(bytes.AsSpan(..(BoundLength + SealedLength))).AsSpan().SequenceEqual(bytes.AsSpan(BoundLength + SealedLength)))
        {
            throw BackupException.Damaged(read < Length ? "the backup is cut off in its header." : "the backup's header is damaged.");
        }

        if (bytes[8] != Format || !Enum.IsDefined((BackupOrigin)bytes[9]))
        {
            throw new BackupException("newer_backup", $"this backup has format {bytes[8]}, this program knows {Format}: a newer version made it. Use that version.");
        }

        var taken = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(50));
        if (taken < 0 || taken > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            throw BackupException.Damaged("the backup's header names an impossible time.");
        }

        return new BackupHeader(
            (BackupOrigin)bytes[9], Convert.ToHexStringLower(bytes, 10, 8), Convert.ToHexStringLower(bytes, 18, 16), new Guid(bytes.AsSpan(34, 16), bigEndian: true),
            DateTimeOffset.FromUnixTimeMilliseconds(taken), bytes[BoundLength..(BoundLength + SealedLength)]);
    }

    private string Purpose() => "backup-key/" + Convert.ToHexStringLower(Bound());

    private byte[] Bound()
    {
        var bytes = new byte[BoundLength];
        Magic.CopyTo(bytes);
        (bytes[8], bytes[9]) = (Format, (byte)Origin);
        Convert.FromHexString(MasterKeyId, bytes.AsSpan(10, 8), out _, out _);
        Convert.FromHexString(StoreId, bytes.AsSpan(18, 16), out _, out _);
        Id.TryWriteBytes(bytes.AsSpan(34, 16), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(50), TakenAt.ToUnixTimeMilliseconds());
        return bytes;
    }
}

/// <summary>What seals backups: derived from the master key, so that whoever holds that one needs to keep nothing more.</summary>
internal sealed record BackupKey(string MasterKeyId, byte[] Bytes)
{
    public static BackupKey Of(MasterKey master) => new(master.Id, HKDF.DeriveKey(HashAlgorithmName.SHA256, master.Bytes.ToArray(), Seal.KeySize, info: "enkryptify-gateway/1/backup"u8.ToArray()));

    public override string ToString() => $"backup key of {MasterKeyId}";
}
