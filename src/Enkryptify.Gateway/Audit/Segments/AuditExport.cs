using System.Globalization;
using System.Text.Json;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>What an export holds.</summary>
/// <param name="Anchored">The last entry that a checkpoint in it is about; 0 where there is none.</param>
internal sealed record ExportReport(long First, long Last, long Anchored);

/// <summary>
/// Writes a run of the log, segments and database, as an <see cref="AuditFile"/>: in little memory, from the files of a data directory, beside a running
/// gateway or without one. The run has no holes, since a chain with holes proves nothing; and it goes on to the next signed checkpoint, so that its end
/// is vouched for.
/// </summary>
internal sealed class AuditExport : IDisposable
{
    private readonly SegmentFolder folder;
    private readonly Sql sql;
    private readonly ILookup<long, Checkpoint> checkpoints;

    public AuditExport(string directory)
    {
        folder = new SegmentFolder(directory);
        checkpoints = new AnchorFile(directory).Lines.Select(Checkpoint.Parse).OfType<Checkpoint>().ToLookup(checkpoint => checkpoint.Sequence);
        sql = Database.OpenReader(Path.Combine(directory, Database.FileName));
    }

    /// <summary>Null when no entry lies in the span.</summary>
    /// <param name="from">The first entry at or after this begins the run.</param>
    /// <param name="to">The last entry at or before this, and those up to the next checkpoint, end it.</param>
    /// <exception cref="StorageException">A part of the log is missing.</exception>
    public ExportReport? Write(Stream output, DateTimeOffset? from, DateTimeOffset? to)
    {
        if (Span(from, to) is not var (first, last))
        {
            return null;
        }

        AuditFileWriter? file = null;
        var (anchored, told) = (0L, new HashSet<string>(StringComparer.Ordinal));
        try
        {
            foreach (var (sequence, line, isEntry) in Lines())
            {
                if (sequence < first || (isEntry && sequence > last))
                {
                    if (sequence > last)
                    {
                        break;
                    }

                    continue;
                }

                if (isEntry)
                {
                    file ??= new AuditFileWriter(output, new AuditFileHeader(AuditFile.Export, first, PreviousOf(line), AuditKeys.Rows(sql)));
                    file.Entry(line.Span);
                    told.Clear();
                }

                // A segment has its own; the anchor may have others.
                foreach (var checkpoint in isEntry ? checkpoints[sequence] : AuditFileReader.CheckpointOf(line) is { } own ? [own] : [])
                {
                    if (told.Add(checkpoint.ToLine()))
                    {
                        file!.Checkpoint(checkpoint);
                        anchored = sequence;
                    }
                }
            }

            var end = file!.End();
            output.Flush();
            return new ExportReport(first, end.Last, anchored);
        }
        finally
        {
            file?.Dispose();
        }
    }

    public void Dispose() => sql.Dispose();

    /// <summary>Clocks are set back at times: the span is that of the numbers, from the first entry that fits to the last.</summary>
    private (long First, long Last)? Span(DateTimeOffset? from, DateTimeOffset? to)
    {
        var (first, last) = (0L, 0L);
        foreach (var (sequence, line, isEntry) in Lines())
        {
            if (!isEntry || (first == 0 && from is { } start && SegmentWriter.TimeOf(line.Span) < start))
            {
                continue;
            }

            first = first == 0 ? sequence : first;
            if (to is not { } until)
            {
                return (first, long.MaxValue);
            }

            if (SegmentWriter.TimeOf(line.Span) <= until)
            {
                last = sequence;
            }
        }

        return last == 0 ? null : (first, checkpoints.Select(group => group.Key).Where(sequence => sequence >= last).DefaultIfEmpty(last).Min());
    }

    private IEnumerable<(long Sequence, ReadOnlyMemory<byte> Line, bool IsEntry)> Lines()
    {
        var sequence = 0L;
        var began = false;
        foreach (var piece in ChainPieces.Of(sql))
        {
            if (began && piece.First != sequence + 1)
            {
                throw new StorageException(string.Create(CultureInfo.InvariantCulture, $"entries {sequence + 1} to {piece.First - 1} are missing: run audit verify"));
            }

            if (piece is FramePiece frame)
            {
                sequence = frame.First - 1;
                foreach (var line in frame.Lines())
                {
                    yield return (++sequence, line, true);
                }
            }
            else if (((SegmentPiece)piece).Row is { Deletion: null } row)
            {
                sequence = row.First - 1;
                using var file = Open(row);
                foreach (var (line, isEntry) in file.Lines())
                {
                    sequence += isEntry ? 1 : 0;
                    yield return (sequence, line, isEntry);
                }

                if (file.Problem is { } problem)
                {
                    throw new StorageException($"segment {row.Name} {problem}: run audit verify");
                }
            }
            else
            {
                // Deleted by retention: the log begins behind it.
                continue;
            }

            began = true;
        }
    }

    private AuditFileReader Open(SegmentRow row)
    {
        try
        {
            return new AuditFileReader(folder.PathOf(row));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StorageException($"segment {row.Name} is missing: put it back from a copy, and run audit verify", error);
        }
    }

    private static string PreviousOf(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("prev"u8).GetString()!;
    }
}
