using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>What a verification found.</summary>
/// <param name="Anchored">The last entry that a signed checkpoint vouches for.</param>
/// <param name="Problems">Empty when every entry is there, in order, unaltered.</param>
internal sealed record ChainReport(long Entries, string HeadDigest, long Anchored, IReadOnlyList<string> Problems)
{
    public long NotYetAnchored => Math.Max(0, Entries - Anchored);
}

/// <summary>
/// Checks the audit log of a data directory, running or copied: each line's digest against the next line, each frame against its row, and every
/// checkpoint of <c>audit.anchor</c> against the chain. The chain alone shows an alteration; only the checkpoints show a rewritten or cut-off one.
/// </summary>
internal static class ChainVerifier
{
    private const int MaxProblems = 20;

    /// <param name="given">Public keys from outside the database, as SubjectPublicKeyInfo; none: the database's own are taken, which proves less.</param>
    public static ChainReport Verify(string directory, IReadOnlyList<byte[]>? given = null)
    {
        // Checkpoints first: the database read afterwards holds all that they attest to, also while the gateway writes.
        var lines = new AnchorFile(directory).Lines;
        using var sql = Database.OpenReader(Path.Combine(directory, Database.FileName));
        var problems = new List<string>();
        var keys = AuditKeys.Load(sql, given ?? [], problems);
        var checkpoints = Checkpoints(lines, keys, problems);
        var head = Walk(sql, checkpoints, problems);
        foreach (var (sequence, _) in checkpoints.Where(checkpoint => checkpoint.Key > head.Sequence).Take(1))
        {
            problems.Add(string.Create(
                CultureInfo.InvariantCulture, $"the log ends at entry {head.Sequence}, but a signed checkpoint vouches for entry {sequence}: the tail was cut off, or the database replaced by an older copy"));
        }

        return new ChainReport(
            head.Sequence, Convert.ToBase64String(head.Digest), checkpoints.Keys.Where(sequence => sequence <= head.Sequence).DefaultIfEmpty(0).Max(), problems);
    }

    private static Dictionary<long, string> Checkpoints(IReadOnlyList<string> lines, AuditKeys keys, List<string> problems)
    {
        var found = new Dictionary<long, string>();
        for (var i = 0; i < lines.Count; i++)
        {
            if (Checkpoint.Parse(lines[i]) is not { } checkpoint)
            {
                if (i + 1 < lines.Count)
                {
                    Problem(problems, $"audit.anchor line {i + 1} is not a checkpoint");
                }

                continue;
            }

            if (keys.Problem(checkpoint) is { } problem)
            {
                Problem(problems, $"audit.anchor line {i + 1} {problem}");
            }
            else if (found.TryGetValue(checkpoint.Sequence, out var other) && other != checkpoint.Digest)
            {
                Problem(problems, $"audit.anchor holds two different checkpoints of entry {checkpoint.Sequence}: the log was rewritten");
            }
            else
            {
                found[checkpoint.Sequence] = checkpoint.Digest;
            }
        }

        return found;
    }

    private static ChainHead Walk(Sql sql, Dictionary<long, string> checkpoints, List<string> problems)
    {
        var head = ChainHead.Start;
        foreach (var frame in Frames(sql))
        {
            if (frame.First != head.Sequence + 1)
            {
                Problem(problems, $"entries {head.Sequence + 1} to {frame.First - 1} are missing");
            }

            foreach (var line in Lines(frame.Entries))
            {
                head = Next(head, line, problems);
                if (checkpoints.TryGetValue(head.Sequence, out var digest) && digest != Convert.ToBase64String(head.Digest))
                {
                    Problem(problems, $"entry {head.Sequence} is not the one that the signed checkpoint vouches for");
                }
            }

            if (head.Sequence != frame.Last || !head.Digest.AsSpan().SequenceEqual(frame.Head))
            {
                Problem(problems, $"the frame of entries {frame.First} to {frame.Last} does not end in the digest stored with it");
            }

            if (problems.Count >= MaxProblems)
            {
                break;
            }
        }

        return head;
    }

    /// <summary>Frame by frame, so that a log of any size is checked in little memory.</summary>
    private static IEnumerable<(long First, long Last, byte[] Head, byte[] Entries)> Frames(Sql sql)
    {
        for (var after = 0L; ;)
        {
            var frames = sql.Query(
                "SELECT first_seq, last_seq, head, entries FROM audit_frame WHERE first_seq > ?1 ORDER BY first_seq LIMIT 64",
                row => (First: row.GetInt64(0), Last: row.GetInt64(1), Head: row.Bytes(2), Entries: row.Bytes(3)), after);
            if (frames.Count == 0)
            {
                yield break;
            }

            foreach (var frame in frames)
            {
                yield return frame;
            }

            after = frames[^1].First;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] entries)
    {
        for (var start = 0; start < entries.Length;)
        {
            var length = entries.AsSpan(start).IndexOf((byte)'\n');
            length = length < 0 ? entries.Length - start : length;
            yield return entries.AsMemory(start, length);
            start += length + 1;
        }
    }

    private static ChainHead Next(ChainHead head, ReadOnlyMemory<byte> line, List<string> problems)
    {
        var digest = SHA256.HashData(line.Span);
        try
        {
            using var document = JsonDocument.Parse(line);
            var sequence = document.RootElement.GetProperty("seq").GetInt64();
            if (sequence != head.Sequence + 1)
            {
                Problem(problems, $"entry {sequence} stands where entry {head.Sequence + 1} belongs");
            }

            if (!document.RootElement.GetProperty("prev").GetBytesFromBase64().AsSpan().SequenceEqual(head.Digest))
            {
                Problem(problems, $"entry {sequence} does not follow from the one before it: one of them was altered, removed or moved");
            }

            return new ChainHead(sequence, digest);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            Problem(problems, $"entry {head.Sequence + 1} is not readable");
            return new ChainHead(head.Sequence + 1, digest);
        }
    }

    private static void Problem(List<string> problems, FormattableString text)
    {
        if (problems.Count < MaxProblems)
        {
            problems.Add(text.ToString(CultureInfo.InvariantCulture));
        }
    }
}
