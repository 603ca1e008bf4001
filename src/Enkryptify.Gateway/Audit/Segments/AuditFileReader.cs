using System.Security.Cryptography;
using System.Text;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>
/// Reads an <see cref="AuditFile"/> line by line. <see cref="Problem"/> says, after the last line, why it is not the file that was written; what its
/// entries are worth is for <see cref="ChainWalk"/> to say.
/// </summary>
internal sealed class AuditFileReader : IDisposable
{
    /// <summary>The longest line that is taken; an entry names at most some thousand secrets.</summary>
    private const int LongestLine = 64 << 20;

    private readonly FileStream file;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] buffer = new byte[128 * 1024];
    private int start;
    private int end;

    /// <exception cref="IOException">The file cannot be read.</exception>
    public AuditFileReader(string path)
    {
        file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        Header = Next() is { } line ? AuditFileHeader.Parse(line) : null;
    }

    /// <summary>Null when the first line is none.</summary>
    public AuditFileHeader? Header { get; }

    /// <summary>The last line, once all were read.</summary>
    public SegmentStatement? End { get; private set; }

    public string? Problem { get; private set; }

    /// <summary>Entries and checkpoints in their order. A line is good until the next one is asked for.</summary>
    public IEnumerable<(ReadOnlyMemory<byte> Line, bool IsEntry)> Lines()
    {
        for (var number = 2; ; number++)
        {
            var digest = hash.GetCurrentHash();
            if (Next() is not { } line)
            {
                Problem ??= End is null ? "has no last line: it was cut off" : null;
                yield break;
            }

            if (End is not null)
            {
                Problem = "goes on behind its last line";
                yield break;
            }

            if (line.Span.StartsWith(AuditFile.EndStart))
            {
                End = SegmentStatement.Parse(Text(line, AuditFile.EndStart.Length));
                Problem = End is null || $"{{\"end\":{End.ToJson()}}}" != Encoding.UTF8.GetString(line.Span) ? "has a last line that cannot be read"
                    : End.Digest != Convert.ToBase64String(digest) ? "is not the one that was written: a byte of it was altered" : null;
                if (End is null)
                {
                    yield break;
                }
            }
            else if (line.Span.StartsWith(AuditFile.CheckpointStart) || line.Span.StartsWith(AuditFile.EntryStart))
            {
                yield return (line, line.Span.StartsWith(AuditFile.EntryStart));
            }
            else
            {
                Problem = $"has a line {number} that cannot be read";
                yield break;
            }
        }
    }

    public static Checkpoint? CheckpointOf(ReadOnlyMemory<byte> line) => Checkpoint.Parse(Text(line, AuditFile.CheckpointStart.Length));

    public void Dispose()
    {
        file.Dispose();
        hash.Dispose();
    }

    /// <summary>The JSON within <c>{"word":…}</c>.</summary>
    private static string Text(ReadOnlyMemory<byte> line, int from) => line.Length > from ? Encoding.UTF8.GetString(line.Span[from..^1]) : "";

    /// <summary>Without its line feed; null at the end of the file. A last line without a line feed is not one that was written whole.</summary>
    private ReadOnlyMemory<byte>? Next()
    {
        while (true)
        {
            if (buffer.AsSpan(start, end - start).IndexOf((byte)'\n') is var length and >= 0)
            {
                var line = buffer.AsMemory(start, length);
                hash.AppendData(line.Span);
                hash.AppendData("\n"u8);
                start += length + 1;
                return line;
            }

            // Only what was handed out before is moved or overwritten.
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
            {
                if (buffer.Length >= LongestLine)
                {
                    Problem = "has a line that is too long";
                    return null;
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var read = file.Read(buffer, end, buffer.Length - end);
            if (read == 0)
            {
                if (end > 0)
                {
                    Problem = "ends in a line that is not whole";
                }

                return null;
            }

            end += read;
        }
    }
}
