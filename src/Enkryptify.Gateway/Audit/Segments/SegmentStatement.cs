using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>
/// What the audit key says of a run of entries that left the database: that they were sealed into a file, or that retention deleted that file.
/// <code>{"first":1,"last":9,"previous":"…","head":"…","digest":"…","at":42,"time":"…","kid":"…","sig":"base64 of ES256 over
/// 'enkryptify-audit-{word}\n{first}\n{last}\n{previous}\n{head}\n{digest}\n{at}\n{time}'"}</code>
/// </summary>
/// <param name="Previous">Digest of the entry before the first, in base64 like the others.</param>
/// <param name="Digest">Of the file's bytes before its last line.</param>
/// <param name="At">
/// The end of the chain when it was signed. A key that was replaced vouches for nothing behind its end, and the entry that tells of a deletion is among
/// the next <see cref="Storage.Writer.BatchSize"/>: so one who steals an old key cannot make up a deletion.
/// </param>
internal sealed record SegmentStatement(
    long First, long Last, string Previous, string Head, string Digest, long At, string Time, string KeyId, byte[] Signature)
{
    public const string Sealed = "segment";
    public const string Deleted = "deletion";

    public static SegmentStatement Sign(string word, long first, ChainHead last, byte[] previous, byte[] digest, long at, DateTimeOffset now, SigningKey key)
    {
        var unsigned = new SegmentStatement(
            first, last.Sequence, Convert.ToBase64String(previous), Convert.ToBase64String(last.Digest), Convert.ToBase64String(digest), at,
            now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), key.Id, []);
        return unsigned with { Signature = key.Ecdsa.SignData(unsigned.Signed(word), HashAlgorithmName.SHA256) };
    }

    /// <summary>Without a signature: the end of an export, which is made without the private key.</summary>
    public static SegmentStatement Unsigned(long first, ChainHead last, string previous, byte[] digest) =>
        new(first, last.Sequence, previous, Convert.ToBase64String(last.Digest), Convert.ToBase64String(digest), 0, "", "", []);

    public bool IsSigned => Signature.Length > 0;

    public bool Verifies(string word, ECDsa key) => key.VerifyData(Signed(word), Signature, HashAlgorithmName.SHA256);

    public bool IsOf(SegmentRow row) =>
        First == row.First && Last == row.Last && Previous == Convert.ToBase64String(row.Previous) && Head == Convert.ToBase64String(row.Head)
        && Digest == Convert.ToBase64String(row.Digest);

    public string ToJson()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(512);
        using (var writer = AuditLine.Writer(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("first"u8, First);
            writer.WriteNumber("last"u8, Last);
            writer.WriteString("previous"u8, Previous);
            writer.WriteString("head"u8, Head);
            writer.WriteString("digest"u8, Digest);
            if (IsSigned)
            {
                writer.WriteNumber("at"u8, At);
                writer.WriteString("time"u8, Time);
                writer.WriteString("kid"u8, KeyId);
                writer.WriteBase64String("sig"u8, Signature);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Null when it is none.</summary>
    public static SegmentStatement? Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var isSigned = root.TryGetProperty("sig", out var signature);
            return new SegmentStatement(
                root.GetProperty("first").GetInt64(), root.GetProperty("last").GetInt64(), root.GetProperty("previous").GetString()!,
                root.GetProperty("head").GetString()!, root.GetProperty("digest").GetString()!, isSigned ? root.GetProperty("at").GetInt64() : 0,
                isSigned ? root.GetProperty("time").GetString()! : "", isSigned ? root.GetProperty("kid").GetString()! : "",
                isSigned ? signature.GetBytesFromBase64() : []);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private byte[] Signed(string word) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"enkryptify-audit-{word}\n{First}\n{Last}\n{Previous}\n{Head}\n{Digest}\n{At}\n{Time}"));
}
