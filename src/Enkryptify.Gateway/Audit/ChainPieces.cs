using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>A part of the chain as the database has it: a frame, or the row of a segment.</summary>
internal abstract record ChainPiece(long First, long Last);

internal sealed record FramePiece(long First, long Last, byte[] Head, byte[] Entries) : ChainPiece(First, Last)
{
    /// <summary>The line of its last entry.</summary>
    public ReadOnlyMemory<byte> Newest
    {
        get
        {
            var text = Entries.AsMemory(0, Entries.AsSpan().TrimEnd((byte)'\n').Length);
            return text[(text.Span.LastIndexOf((byte)'\n') + 1)..];
        }
    }

    /// <summary>Its entries, each as its line.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Lines()
    {
        for (var start = 0; start < Entries.Length;)
        {
            var length = Entries.AsSpan(start).IndexOf((byte)'\n');
            length = length < 0 ? Entries.Length - start : length;
            yield return Entries.AsMemory(start, length);
            start += length + 1;
        }
    }
}

internal sealed record SegmentPiece(SegmentRow Row) : ChainPiece(Row.First, Row.Last);

/// <summary>
/// The whole log in its order, segments and frames. A few at a time, so that a log of any size needs little memory; each time as of one moment, so that
/// what retention moves meanwhile is met in the one place or in the other.
/// </summary>
internal static class ChainPieces
{
    private const int AtOnce = 64;

    public static IEnumerable<ChainPiece> Of(Sql sql)
    {
        var areSegmentsKnown = SegmentRow.AreKnown(sql);
        for (var after = 0L; ;)
        {
            var pieces = Next(sql, after, areSegmentsKnown);
            if (pieces.Count == 0)
            {
                yield break;
            }

            foreach (var piece in pieces)
            {
                yield return piece;
            }

            after = pieces[^1].First;
        }
    }

    public static List<FramePiece> Frames(Sql sql, long after) => sql.Query(
        "SELECT first_seq, last_seq, head, entries FROM audit_frame WHERE first_seq > ?1 ORDER BY first_seq LIMIT ?2",
        row => new FramePiece(row.GetInt64(0), row.GetInt64(1), row.Bytes(2), row.Bytes(3)), after, AtOnce);

    private static IReadOnlyList<ChainPiece> Next(Sql sql, long after, bool areSegmentsKnown)
    {
        if (!areSegmentsKnown)
        {
            return Frames(sql, after);
        }

        sql.Script("BEGIN");
        try
        {
            var segment = SegmentRow.Next(sql, after);
            var frames = Frames(sql, after);
            return segment is null ? frames
                : frames.TakeWhile(frame => frame.First < segment.First).ToList() is { Count: > 0 } before ? before
                : [new SegmentPiece(segment)];
        }
        finally
        {
            sql.Script("COMMIT");
        }
    }
}
