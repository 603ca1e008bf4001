using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>
/// The form of a run of the audit log as a file: what <c>audit export</c> writes and what a sealed segment is. JSON lines:
/// <code>
/// {"format":"enkryptify-audit/1","kind":"export","first":1,"previous":"…","keys":[{"kid":"…","key":"…"}],"handOvers":[{…}]}
/// {"seq":1,"time":"…",…,"prev":"…"}                    an entry, byte for byte as it was chained
/// {"checkpoint":{"seq":1,"digest":"…",…,"sig":"…"}}    a signed checkpoint of the entry before it, as in audit.anchor
/// {"end":{"first":1,"last":9,"previous":"…","head":"…","digest":"SHA-256 of all bytes before this line"[,…,"sig":"…"]}}
/// </code>
/// An entry's own hash is the SHA-256 of its line without the line feed, and is the <c>prev</c> of the next. A segment's end is signed.
/// </summary>
internal static class AuditFile
{
    public const string Format = "enkryptify-audit/1";
    public const string Segment = "segment";
    public const string Export = "export";

    public static ReadOnlySpan<byte> EntryStart => "{\"seq\":"u8;

    public static ReadOnlySpan<byte> CheckpointStart => "{\"checkpoint\":"u8;

    public static ReadOnlySpan<byte> EndStart => "{\"end\":"u8;
}

/// <summary>The first line.</summary>
/// <param name="Previous">Digest of the entry before the first; 32 zero bytes where there is none.</param>
/// <param name="Keys">The audit keys that the database knew, oldest first.</param>
internal sealed record AuditFileHeader(string Kind, long First, string Previous, IReadOnlyList<AuditKeyRow> Keys)
{
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = AuditLine.Writer(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("format"u8, AuditFile.Format);
            writer.WriteString("kind"u8, Kind);
            writer.WriteNumber("first"u8, First);
            writer.WriteString("previous"u8, Previous);
            writer.WriteStartArray("keys"u8);
            foreach (var key in Keys)
            {
                writer.WriteStartObject();
                writer.WriteString("kid"u8, key.Id);
                writer.WriteBase64String("key"u8, key.Key);
                if (key.HandOver is { } handOver)
                {
                    writer.WriteString("handOver"u8, handOver);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null when it is none.</summary>
    public static AuditFileHeader? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.GetProperty("format").GetString() != AuditFile.Format)
            {
                return null;
            }

            return new AuditFileHeader(
                root.GetProperty("kind").GetString()!, root.GetProperty("first").GetInt64(), root.GetProperty("previous").GetString()!,
                [.. root.GetProperty("keys").EnumerateArray().Select(key => new AuditKeyRow(
                    key.GetProperty("kid").GetString()!, key.GetProperty("key").GetBytesFromBase64(),
                    key.TryGetProperty("handOver", out var handOver) ? handOver.GetString() : null))]);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The digest of the entry before the first, or null where it is none.</summary>
    public ChainHead? Start => Convert.TryFromBase64String(Previous, new byte[33], out var length) && length == 32
        ? new ChainHead(First - 1, Convert.FromBase64String(Previous)) : null;
}
