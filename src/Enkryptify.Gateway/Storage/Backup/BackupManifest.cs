using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>
/// What a backup says of itself, sealed with the rest: the first thing in it, as its length (4 bytes, big-endian) and JSON; the files follow in its order, one
/// after the other.
/// </summary>
/// <param name="Product">The version that made it.</param>
/// <param name="Schema">Of the database.</param>
/// <param name="Rows">How many rows each table has.</param>
internal sealed record BackupManifest(
    int Format, string Product, int Schema, string StoreId, DateTime TakenAt, string MasterKeyId, IReadOnlyList<BackupPart> Files, SortedDictionary<string, long> Rows, BackupAudit Audit)
{
    public const int CurrentFormat = 1;
    private const int MostBytes = 4 << 20;

    public void Write(BackupWriter writer)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupManifest);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, json.Length);
        writer.Write(length);
        writer.Write(json);
    }

    /// <exception cref="BackupException">Not a manifest of this format.</exception>
    public static BackupManifest Read(BackupReader reader)
    {
        Span<byte> prefix = stackalloc byte[4];
        reader.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        if (length is <= 0 or > MostBytes)
        {
            throw BackupException.Damaged("the backup's manifest has an impossible length.");
        }

        var json = new byte[length];
        reader.ReadExactly(json);
        try
        {
            var manifest = JsonSerializer.Deserialize(json, BackupJson.Default.BackupManifest)!;
            return manifest.Format == CurrentFormat
                ? manifest
                : throw new BackupException("newer_backup", $"this backup's content has format {manifest.Format}, this program knows {CurrentFormat}: a newer version made it. Use that version.");
        }
        catch (JsonException error)
        {
            throw BackupException.Damaged("the backup's manifest is not readable.", error);
        }
    }
}

/// <param name="Name">Within the data directory.</param>
internal sealed record BackupPart(string Name, long Length, string Sha256);

/// <summary>The end of the audit chain in it.</summary>
/// <param name="Anchored">The newest entry that a checkpoint in it vouches for.</param>
internal sealed record BackupAudit(long Entries, string Head, long Anchored);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(BackupStatusBody))]
internal sealed partial class BackupJson : JsonSerializerContext;
