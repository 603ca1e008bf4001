using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// The statement by which one audit key hands over to the next, signed by both: who trusts either can follow to the other. The old key signs no
/// checkpoint of an entry behind <paramref name="Sequence"/>, so that one who steals it later cannot vouch for what came after.
/// Stored with the new key's row, as one line of JSON; the signatures are ES256 over
/// <code>enkryptify-audit-handover\n{old id}\n{old key, base64}\n{new id}\n{new key, base64}\n{sequence}\n{time}</code>
/// </summary>
internal sealed record HandOver(
    string OldId, byte[] OldKey, string NewId, byte[] NewKey, long Sequence, string Time, byte[] OldSignature, byte[] NewSignature)
{
    public static HandOver Sign(SigningKey old, SigningKey made, long sequence, DateTimeOffset now)
    {
        var time = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var unsigned = new HandOver(old.Id, old.PublicKey, made.Id, made.PublicKey, sequence, time, [], []);
        return unsigned with
        {
            OldSignature = old.Ecdsa.SignData(unsigned.Signed(), HashAlgorithmName.SHA256),
            NewSignature = made.Ecdsa.SignData(unsigned.Signed(), HashAlgorithmName.SHA256),
        };
    }

    public bool SignedByOld => Verifies(OldKey, OldSignature);

    public bool SignedByNew => Verifies(NewKey, NewSignature);

    public string ToLine()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(1024);
        using (var writer = AuditLine.Writer(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("old"u8, OldId);
            writer.WriteBase64String("oldKey"u8, OldKey);
            writer.WriteString("new"u8, NewId);
            writer.WriteBase64String("newKey"u8, NewKey);
            writer.WriteNumber("seq"u8, Sequence);
            writer.WriteString("time"u8, Time);
            writer.WriteBase64String("oldSig"u8, OldSignature);
            writer.WriteBase64String("newSig"u8, NewSignature);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Null when it is none.</summary>
    public static HandOver? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return new HandOver(
                root.GetProperty("old").GetString()!, root.GetProperty("oldKey").GetBytesFromBase64(), root.GetProperty("new").GetString()!,
                root.GetProperty("newKey").GetBytesFromBase64(), root.GetProperty("seq").GetInt64(), root.GetProperty("time").GetString()!,
                root.GetProperty("oldSig").GetBytesFromBase64(), root.GetProperty("newSig").GetBytesFromBase64());
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private bool Verifies(byte[] key, byte[] signature)
    {
        try
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(key, out _);
            return ecdsa.VerifyData(Signed(), signature, HashAlgorithmName.SHA256);
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            return false;
        }
    }

    private byte[] Signed() => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"enkryptify-audit-handover\n{OldId}\n{Convert.ToBase64String(OldKey)}\n{NewId}\n{Convert.ToBase64String(NewKey)}\n{Sequence}\n{Time}"));
}
