using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>A place in the chain: the number of an entry and the digest of its line.</summary>
internal sealed record ChainHead(long Sequence, byte[] Digest)
{
    public static readonly ChainHead Start = new(0, new byte[SHA256.HashSizeInBytes]);
}

/// <summary>
/// The end of the audit chain. The writer thread alone appends: it turns the entries of a batch into one frame and stores it in the same
/// transaction as the changes they tell of. If that transaction fails, the head stays where it was.
/// </summary>
internal sealed class AuditChain
{
    private const int MaxKeptBuffer = 1 << 20;
    private ArrayBufferWriter<byte> buffer = new(16 * 1024);
    private readonly Utf8JsonWriter writer;
    private ChainHead pending;
    private volatile ChainHead head;
    private volatile ChainHead synced;

    private AuditChain(ChainHead head)
    {
        (this.head, synced, pending) = (head, head, head);
        writer = AuditLine.Writer(buffer);
    }

    /// <summary>The last committed entry.</summary>
    public ChainHead Head => head;

    /// <summary>The last entry that is known to be on the disk; only this may be attested to by a checkpoint.</summary>
    public ChainHead Synced => synced;

    public static AuditChain Continue(Sql sql)
    {
        var last = sql.First(
            "SELECT last_seq, head FROM audit_frame ORDER BY first_seq DESC LIMIT 1", row => new ChainHead(row.GetInt64(0), row.Bytes(1)));

        // Retention's own entry is always newer than what it moved; but if all frames were gone, the chain would not begin anew.
        return new AuditChain(last ?? (SegmentRow.Newest(sql) is { } segment ? new ChainHead(segment.Last, segment.Head) : ChainHead.Start));
    }

    /// <summary>Stores the entries of a batch. Takes effect on <see cref="Committed"/>.</summary>
    public void Append(Sql sql, List<AuditEntry> entries)
    {
        pending = Head;
        if (entries.Count == 0)
        {
            return;
        }

        if (buffer.Capacity > MaxKeptBuffer)
        {
            buffer = new ArrayBufferWriter<byte>(16 * 1024);
            writer.Reset(buffer);
        }

        buffer.ResetWrittenCount();
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Head.Digest.CopyTo(digest);
        var sequence = Head.Sequence;
        foreach (var entry in entries)
        {
            var start = buffer.WrittenCount;
            writer.Reset();
            AuditLine.Write(writer, entry, ++sequence, digest);
            writer.Flush();
            SHA256.HashData(buffer.WrittenSpan[start..], digest);
            buffer.Write("\n"u8);
        }

        pending = new ChainHead(sequence, digest.ToArray());
        sql.Execute(
            "INSERT INTO audit_frame (first_seq, last_seq, head, entries) VALUES (?1, ?2, ?3, ?4)",
            Head.Sequence + 1, sequence, pending.Digest, buffer.WrittenMemory);
    }

    public void Committed(bool synced)
    {
        head = pending;
        if (synced)
        {
            this.synced = head;
        }
    }
}
