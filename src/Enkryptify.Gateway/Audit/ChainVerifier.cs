using System.Globalization;
using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>What a verification found.</summary>
/// <param name="Entries">The number of the last entry.</param>
/// <param name="Anchored">The last entry that a signed checkpoint vouches for.</param>
/// <param name="Problems">Empty when every entry is there, in order, unaltered.</param>
internal sealed record ChainReport(long Entries, string HeadDigest, long Anchored, IReadOnlyList<string> Problems)
{
    /// <summary>The first entry that was looked at; behind what retention deleted, or where an export begins.</summary>
    public long First { get; init; } = 1;

    /// <summary>Sealed segments whose files were read.</summary>
    public int Segments { get; init; }

    public long NotYetAnchored => Math.Max(0, Entries - Anchored);
}

/// <summary>
/// Checks the audit log of a data directory, running or copied, segments and database as one chain: each line's digest against the next line, each frame
/// against its row, each segment against its seal, and every checkpoint of <c>audit.anchor</c> against the chain. The chain alone shows an alteration;
/// only what is signed shows a rewritten or cut-off one. A segment may be missing only where retention signed that it deleted it.
/// </summary>
internal static class ChainVerifier
{
    /// <param name="given">Public keys from outside the database, as SubjectPublicKeyInfo; none: the database's own are taken, which proves less.</param>
    public static ChainReport Verify(string directory, IReadOnlyList<byte[]>? given = null)
    {
        // Checkpoints first: the database read afterwards holds all that they attest to, also while the gateway writes.
        var lines = new AnchorFile(directory).Lines;
        using var sql = Database.OpenReader(Path.Combine(directory, Database.FileName));
        var problems = new List<string>();
        var keys = AuditKeys.Load(AuditKeys.Rows(sql), given ?? [], problems);
        var checkpoints = Checkpoints(lines, keys, problems);
        var walk = new ChainWalk(checkpoints, problems);
        var segments = new SegmentCheck(directory, sql, walk, keys);
        foreach (var piece in ChainPieces.Of(sql))
        {
            if (piece.First != walk.Head.Sequence + 1)
            {
                walk.Problem($"entries {walk.Head.Sequence + 1} to {piece.First - 1} are missing");
            }

            if (piece is SegmentPiece { Row: var row })
            {
                segments.Check(row);
            }
            else
            {
                Frame(walk, (FramePiece)piece);
            }

            if (walk.IsFull)
            {
                break;
            }
        }

        segments.CheckDeletions();
        var head = walk.Head;
        foreach (var (sequence, _) in checkpoints.Where(checkpoint => checkpoint.Key > head.Sequence).Take(1))
        {
            problems.Add(string.Create(
                CultureInfo.InvariantCulture, $"the log ends at entry {head.Sequence}, but a signed checkpoint vouches for entry {sequence}: the tail was cut off, or the database replaced by an older copy"));
        }

        return new ChainReport(
            head.Sequence, Convert.ToBase64String(head.Digest), Math.Max(walk.Anchored, checkpoints.Keys.Where(sequence => sequence <= head.Sequence).DefaultIfEmpty(0).Max()), problems)
        {
            First = segments.DeletedTo + 1, Segments = segments.Read,
        };
    }

    /// <summary>Checks an export, or a segment that was copied away: what the file itself can show.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ChainReport VerifyFile(string path, IReadOnlyList<byte[]>? given = null)
    {
        var problems = new List<string>();
        using var file = new AuditFileReader(path);
        if (file.Header is not { Start: { } start } header)
        {
            return new ChainReport(0, "", 0, ["the file does not begin as an export or a segment of the audit log does"]);
        }

        var keys = AuditKeys.Load(header.Keys, given ?? [], problems, "this file");
        var walk = new ChainWalk(new Dictionary<long, string>(), problems);
        walk.Jump(start);
        var end = SegmentCheck.Walk(file, walk, keys, "the file");
        if (header.Kind == AuditFile.Segment && end is not null && keys.Problem(end, SegmentStatement.Sealed) is { } problem)
        {
            walk.Problem($"the seal of the segment {problem}");
        }

        return new ChainReport(
            walk.Head.Sequence, Convert.ToBase64String(walk.Head.Digest), header.Kind == AuditFile.Segment && problems.Count == 0 ? walk.Head.Sequence : walk.Anchored, problems)
        {
            First = header.First,
        };
    }

    private static void Frame(ChainWalk walk, FramePiece frame)
    {
        foreach (var line in frame.Lines())
        {
            walk.Entry(line);
        }

        if (walk.Head.Sequence != frame.Last || !walk.Head.Digest.AsSpan().SequenceEqual(frame.Head))
        {
            walk.Problem($"the frame of entries {frame.First} to {frame.Last} does not end in the digest stored with it");
        }
    }

    private static Dictionary<long, string> Checkpoints(IReadOnlyList<string> lines, AuditKeys keys, List<string> problems)
    {
        var found = new Dictionary<long, string>();
        var walk = new ChainWalk(found, problems);
        for (var i = 0; i < lines.Count; i++)
        {
            if (Checkpoint.Parse(lines[i]) is not { } checkpoint)
            {
                if (i + 1 < lines.Count)
                {
                    walk.Problem($"audit.anchor line {i + 1} is not a checkpoint");
                }

                continue;
            }

            if (keys.Problem(checkpoint) is { } problem)
            {
                walk.Problem($"audit.anchor line {i + 1} {problem}");
            }
            else if (found.TryGetValue(checkpoint.Sequence, out var other) && other != checkpoint.Digest)
            {
                walk.Problem($"audit.anchor holds two different checkpoints of entry {checkpoint.Sequence}: the log was rewritten");
            }
            else
            {
                found[checkpoint.Sequence] = checkpoint.Digest;
            }
        }

        return found;
    }
}
