using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// Goes along the chain entry by entry, wherever the entries are, and keeps what is wrong with them. An alteration shows at the next entry; a rewritten
/// chain shows only where a checkpoint speaks.
/// </summary>
/// <param name="checkpoints">Digests by number of entry, as far as signed checkpoints vouch for them.</param>
internal sealed class ChainWalk(IReadOnlyDictionary<long, string> checkpoints, List<string> problems)
{
    public const int MaxProblems = 20;

    /// <summary>The kind of target by which the entries of segments are known.</summary>
    public const string SegmentKind = "audit_segment";

    private readonly List<(long Sequence, string Name)> deletions = [];

    public ChainHead Head { get; private set; } = ChainHead.Start;

    /// <summary>The highest entry that a checkpoint vouched for.</summary>
    public long Anchored { get; private set; }

    public IReadOnlyList<string> Problems => problems;

    /// <summary>Enough is wrong: nobody reads on.</summary>
    public bool IsFull => problems.Count >= MaxProblems;

    /// <summary>The chain goes on from here although the entries up to here were not seen.</summary>
    public void Jump(ChainHead head) => Head = head;

    public void Entry(ReadOnlyMemory<byte> line)
    {
        Head = Next(line);
        if (checkpoints.TryGetValue(Head.Sequence, out var digest))
        {
            Vouched(Head.Sequence, digest);
        }
    }

    /// <summary>A checkpoint, whose signature was checked, that stands behind the entry it is about.</summary>
    public void Vouched(long sequence, string digest)
    {
        if (sequence != Head.Sequence || digest != Convert.ToBase64String(Head.Digest))
        {
            Problem($"entry {Head.Sequence} is not the one that the signed checkpoint vouches for");
        }
        else
        {
            Anchored = Math.Max(Anchored, sequence);
        }
    }

    /// <summary>Whether one of these entries tells that the gateway deleted this segment.</summary>
    public bool Recorded(string segment, long after, long atMost) =>
        deletions.Exists(one => one.Name == segment && one.Sequence > after && one.Sequence <= atMost);

    public void Problem(FormattableString text)
    {
        if (!IsFull)
        {
            problems.Add(text.ToString(CultureInfo.InvariantCulture));
        }
    }

    private ChainHead Next(ReadOnlyMemory<byte> line)
    {
        var digest = SHA256.HashData(line.Span);
        try
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            var sequence = entry.GetProperty("seq"u8).GetInt64();
            if (sequence != Head.Sequence + 1)
            {
                Problem($"entry {sequence} stands where entry {Head.Sequence + 1} belongs");
            }

            if (!entry.GetProperty("prev"u8).GetBytesFromBase64().AsSpan().SequenceEqual(Head.Digest))
            {
                Problem($"entry {sequence} does not follow from the one before it: one of them was altered, removed or moved");
            }

            if (entry.GetProperty("action"u8).ValueEquals(AuditAction.Delete) && entry.GetProperty("target"u8) is var target
                && target.GetProperty("kind"u8).ValueEquals(SegmentKind) && entry.GetProperty("actor"u8).GetProperty("kind"u8).ValueEquals(AuditActor.Gateway.Kind))
            {
                deletions.Add((sequence, target.GetProperty("name"u8).GetString()!));
            }

            return new ChainHead(sequence, digest);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            Problem($"entry {Head.Sequence + 1} is not readable");
            return new ChainHead(Head.Sequence + 1, digest);
        }
    }
}
