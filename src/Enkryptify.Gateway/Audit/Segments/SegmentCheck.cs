using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>Checks the sealed segments of a data directory as the part of the chain that they are.</summary>
internal sealed class SegmentCheck(string directory, Sql sql, ChainWalk walk, AuditKeys keys)
{
    private readonly SegmentFolder folder = new(directory);
    private readonly List<SegmentStatement> deletions = [];

    /// <summary>How many files were read.</summary>
    public int Read { get; private set; }

    /// <summary>The last entry of the deleted segments that the log begins with; 0 where nothing was deleted.</summary>
    public long DeletedTo { get; private set; }

    public void Check(SegmentRow row)
    {
        if (row.Deletion is null)
        {
            try
            {
                using var file = new AuditFileReader(folder.PathOf(row));
                Content(file, row);
                return;
            }
            catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
            {
                // Retention may have deleted it since the row was read.
                row = SegmentRow.Find(sql, row.First) ?? row;
            }
        }

        if (row.Deletion is not null)
        {
            Deleted(row);
        }
        else
        {
            walk.Problem($"segment {row.Name} with entries {row.First} to {row.Last} is missing, and retention did not delete it");
        }

        walk.Jump(new ChainHead(row.Last, row.Head));
    }

    /// <summary>
    /// Each deletion is an entry of the log too, among those that were written with it. Where the log still holds these, it must be there: the signature alone
    /// could be a stolen old key's.
    /// </summary>
    public void CheckDeletions()
    {
        foreach (var deletion in deletions.Where(deletion => !walk.IsFull && !deletions.Exists(other => other.First <= deletion.At + 1 && deletion.At + 1 <= other.Last)))
        {
            if (!walk.Recorded(SegmentFolder.NameOf(deletion.First, deletion.Last), deletion.At, deletion.At + Writer.BatchSize))
            {
                walk.Problem($"segment {SegmentFolder.NameOf(deletion.First, deletion.Last)} is said to be deleted, but no entry of the log tells of it");
            }
        }
    }

    /// <summary>Goes along a file's entries and compares its ends with them.</summary>
    public static SegmentStatement? Walk(AuditFileReader file, ChainWalk walk, AuditKeys keys, string name)
    {
        var start = walk.Head;
        foreach (var (line, isEntry) in file.Lines())
        {
            if (isEntry)
            {
                walk.Entry(line);
            }
            else if (AuditFileReader.CheckpointOf(line) is not { } checkpoint)
            {
                walk.Problem($"{name} holds a checkpoint that cannot be read");
            }
            else if (keys.Problem(checkpoint) is { } problem)
            {
                walk.Problem($"{name}: the checkpoint of entry {checkpoint.Sequence} {problem}");
            }
            else
            {
                walk.Vouched(checkpoint.Sequence, checkpoint.Digest);
            }

            if (walk.IsFull)
            {
                return null;
            }
        }

        if (file.Problem is { } wrong)
        {
            walk.Problem($"{name} {wrong}");
        }

        if (file.End is { } end && (end.First != start.Sequence + 1 || end.Previous != Convert.ToBase64String(start.Digest)
            || end.Last != walk.Head.Sequence || end.Head != Convert.ToBase64String(walk.Head.Digest)))
        {
            walk.Problem($"{name} does not hold the entries {end.First} to {end.Last} that its last line tells of");
        }

        return file.End;
    }

    private void Content(AuditFileReader file, SegmentRow row)
    {
        Read++;
        if (file.Header is not { } header || header.First != row.First || header.Previous != Convert.ToBase64String(walk.Head.Digest))
        {
            walk.Problem($"segment {row.Name} does not begin where the chain before it ends");
        }

        var end = Walk(file, walk, keys, $"segment {row.Name}");
        if (end is null)
        {
            return;
        }

        if (!end.IsOf(row))
        {
            walk.Problem($"segment {row.Name} is not the one that the database tells of");
        }

        if (keys.Problem(end, SegmentStatement.Sealed) is { } problem)
        {
            walk.Problem($"the seal of segment {row.Name} {problem}");
        }
    }

    private void Deleted(SegmentRow row)
    {
        if (SegmentStatement.Parse(row.Deletion!) is not { } deletion || !deletion.IsOf(row) || deletion.At < deletion.Last
            || deletion.Previous != Convert.ToBase64String(walk.Head.Digest))
        {
            walk.Problem($"segment {row.Name} is gone, and what the database says of its deletion does not fit it");
        }
        else if (keys.Problem(deletion, SegmentStatement.Deleted) is { } problem)
        {
            walk.Problem($"segment {row.Name} is gone, and the statement of its deletion {problem}");
        }
        else
        {
            deletions.Add(deletion);
            if (DeletedTo == row.First - 1)
            {
                DeletedTo = row.Last;
            }
        }
    }
}
