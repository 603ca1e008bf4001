using System.Security.Cryptography;
using System.Text;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>Writes an <see cref="AuditFile"/> line by line, so that a log of any size needs little memory.</summary>
internal sealed class AuditFileWriter : IDisposable
{
    private readonly Stream output;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly AuditFileHeader header;
    private readonly byte[] head = new byte[SHA256.HashSizeInBytes];
    private long last;

    public AuditFileWriter(Stream output, AuditFileHeader header)
    {
        (this.output, this.header, last) = (output, header, header.First - 1);
        Line(header.ToBytes());
    }

    /// <summary>Entries so far.</summary>
    public long Count => last - header.First + 1;

    public ChainHead Head => new(last, [.. head]);

    /// <summary>The next entry, as it was chained.</summary>
    public void Entry(ReadOnlySpan<byte> line)
    {
        SHA256.HashData(line, head);
        last++;
        Line(line);
    }

    /// <summary>A checkpoint of the last entry.</summary>
    public void Checkpoint(Checkpoint checkpoint) => Line(Encoding.UTF8.GetBytes($"{{\"checkpoint\":{checkpoint.ToLine()}}}"));

    /// <summary>The last line, signed by <paramref name="sign"/> where the file is a segment; it is given the digest of all before.</summary>
    public SegmentStatement End(Func<byte[], SegmentStatement>? sign = null)
    {
        var digest = hash.GetCurrentHash();
        var end = sign?.Invoke(digest) ?? SegmentStatement.Unsigned(header.First, Head, header.Previous, digest);
        Line(Encoding.UTF8.GetBytes($"{{\"end\":{end.ToJson()}}}"));
        return end;
    }

    public void Dispose() => hash.Dispose();

    private void Line(ReadOnlySpan<byte> line)
    {
        hash.AppendData(line);
        hash.AppendData("\n"u8);
        output.Write(line);
        output.Write("\n"u8);
    }
}
