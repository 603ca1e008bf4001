using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// A signed statement that entry <paramref name="Sequence"/> had <paramref name="Digest"/> and was on the disk at <paramref name="Time"/>. One
/// line of JSON in <c>audit.anchor</c>:
/// <code>{"seq":7,"digest":"base64","time":"…","kid":"…","sig":"base64 of ES256 over 'enkryptify-audit-checkpoint\n7\nbase64\ntime'"}</code>
/// </summary>
internal sealed record Checkpoint(long Sequence, string Digest, string Time, string KeyId, byte[] Signature)
{
    public static Checkpoint Sign(ChainHead head, DateTimeOffset now, string keyId, ECDsa key)
    {
        var digest = Convert.ToBase64String(head.Digest);
        var time = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return new Checkpoint(head.Sequence, digest, time, keyId, key.SignData(Signed(head.Sequence, digest, time), HashAlgorithmName.SHA256));
    }

    public bool Verifies(ECDsa key) => key.VerifyData(Signed(Sequence, Digest, Time), Signature, HashAlgorithmName.SHA256);

    public string ToLine()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var writer = AuditLine.Writer(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("seq"u8, Sequence);
            writer.WriteString("digest"u8, Digest);
            writer.WriteString("time"u8, Time);
            writer.WriteString("kid"u8, KeyId);
            writer.WriteBase64String("sig"u8, Signature);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Null when the line is not whole, as the last one may be after a power cut.</summary>
    public static Checkpoint? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return new Checkpoint(
                root.GetProperty("seq").GetInt64(), root.GetProperty("digest").GetString()!, root.GetProperty("time").GetString()!,
                root.GetProperty("kid").GetString()!, root.GetProperty("sig").GetBytesFromBase64());
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static byte[] Signed(long sequence, string digest, string time) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"enkryptify-audit-checkpoint\n{sequence}\n{digest}\n{time}"));
}

/// <summary>
/// The file of checkpoints beside the database. Append only, so that a chain cut off and grown again still disagrees with an older line; when it
/// outgrows <see cref="Limit"/>, of the older lines one an hour is kept.
/// </summary>
internal sealed class AnchorFile(string directory)
{
    public const string FileName = "audit.anchor";
    private const long Limit = 1 << 20;
    private const int Recent = 256;
    private readonly string path = Path.Combine(directory, FileName);

    /// <summary>One line an hour outgrows the limit too, in half a year: then the file is thinned again when it has doubled, not at each line.</summary>
    private long thinAt = Limit;

    public IReadOnlyList<string> Lines => File.Exists(path) ? File.ReadAllLines(path) : [];

    public Checkpoint? Last => Lines.Reverse().Select(Checkpoint.Parse).FirstOrDefault(checkpoint => checkpoint is not null);

    public void Append(Checkpoint checkpoint)
    {
        using (var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read))
        {
            EndWhole(file);
            file.Write(Encoding.UTF8.GetBytes(checkpoint.ToLine() + "\n"));
            file.Flush(flushToDisk: true);
            if (file.Length < thinAt)
            {
                return;
            }
        }

        Thin();
    }

    /// <summary>A power cut may have left half a line: the next one must not be glued to it.</summary>
    private static void EndWhole(FileStream file)
    {
        var end = file.Length;
        for (; end > 0; end--)
        {
            file.Position = end - 1;
            if (file.ReadByte() == '\n')
            {
                break;
            }
        }

        file.SetLength(end);
        file.Position = end;
    }

    private void Thin()
    {
        var lines = Lines;
        var hours = new HashSet<string>(StringComparer.Ordinal);
        var older = lines.Take(lines.Count - Recent).Where(line => Checkpoint.Parse(line) is { } checkpoint && hours.Add(checkpoint.Time[..13]));
        var next = path + ".new";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(string.Join('\n', older.Concat(lines.Skip(lines.Count - Recent))) + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        thinAt = Math.Max(Limit, new FileInfo(path).Length * 2);
    }
}
