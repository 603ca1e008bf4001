using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>
/// Writes the oldest entries of the database into a file, seals it with the audit key, brings it to the disk, reads it back and checks it as
/// <c>audit verify</c> would. Nothing is taken out of the database here.
/// </summary>
internal sealed class SegmentWriter(Database database, SegmentFolder folder, string dataDirectory, SigningKeys keys, TimeProvider time, long mostBytes)
{
    /// <summary>Null when no whole frame is older than <paramref name="before"/>.</summary>
    /// <exception cref="StorageException">The log in the database is not whole: it is not to be sealed as if it were.</exception>
    public (SegmentRow Row, int Frames)? Write(DateTimeOffset before)
    {
        if (database.Readers.Read(sql => sql.First("SELECT first_seq, entries FROM audit_frame ORDER BY first_seq LIMIT 1", row => new FramePiece(row.GetInt64(0), 0, [], row.Bytes(1)))) is not { } oldest
            || !IsOlder(oldest, before))
        {
            return null;
        }

        var previous = database.Readers.Read(SegmentRow.Newest)?.Head ?? ChainHead.Start.Digest;
        var header = new AuditFileHeader(AuditFile.Segment, oldest.First, Convert.ToBase64String(previous), database.Readers.Read(AuditKeys.Rows));
        folder.Make();
        var unfinished = Path.Combine(folder.FullPath, SegmentFolder.NameOf(oldest.First, oldest.First) + SegmentFolder.Unfinished);
        SegmentStatement seal;
        int frames;
        DateTimeOffset newest;
        long bytes;
        using (var file = new FileStream(unfinished, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 128 * 1024, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            using var writer = new AuditFileWriter(file, header);
            (frames, newest) = Entries(writer, oldest.First - 1, before, file);

            // The chain's end before the key: a new key is published before the end that follows its hand-over (AnchorLoop).
            var at = database.Chain.Synced.Sequence;
            if (at < writer.Head.Sequence)
            {
                throw new StorageException("entries to be sealed are not on the disk yet");
            }

            var key = keys.Audit;
            seal = writer.End(digest => SegmentStatement.Sign(SegmentStatement.Sealed, header.First, writer.Head, previous, digest, at, time.GetUtcNow(), key));
            file.Flush(flushToDisk: true);
            bytes = file.Length;
        }

        var head = Convert.FromBase64String(seal.Head);
        Check(unfinished, seal);
        File.Move(unfinished, folder.PathOf(SegmentFolder.NameOf(seal.First, seal.Last)), overwrite: true);
        folder.Sync();
        return (new SegmentRow(seal.First, seal.Last, previous, head, Convert.FromBase64String(seal.Digest), bytes, newest, time.GetUtcNow(), null, null), frames);
    }

    public static DateTimeOffset TimeOf(ReadOnlySpan<byte> line)
    {
        var reader = new System.Text.Json.Utf8JsonReader(line);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == System.Text.Json.JsonTokenType.PropertyName && reader.ValueTextEquals("time"u8))
            {
                reader.Read();
                return reader.GetDateTimeOffset();
            }
        }

        throw new StorageException("an entry of the audit log has no time");
    }

    private (int Frames, DateTimeOffset Newest) Entries(AuditFileWriter writer, long after, DateTimeOffset before, FileStream file)
    {
        var checkpoints = new Dictionary<long, Checkpoint>();
        foreach (var checkpoint in new AnchorFile(dataDirectory).Lines.Select(Checkpoint.Parse).OfType<Checkpoint>())
        {
            checkpoints[checkpoint.Sequence] = checkpoint;
        }

        var (count, newest) = (0, DateTimeOffset.MinValue);
        while (true)
        {
            var frames = database.Readers.Read(sql => ChainPieces.Frames(sql, after));
            foreach (var frame in frames)
            {
                if (!IsOlder(frame, before) || (count > 0 && file.Position >= mostBytes))
                {
                    return (count, newest);
                }

                foreach (var line in frame.Lines())
                {
                    writer.Entry(line.Span);
                    if (checkpoints.TryGetValue(writer.Head.Sequence, out var checkpoint))
                    {
                        writer.Checkpoint(checkpoint);
                    }
                }

                (count, newest) = (count + 1, TimeOf(frame.Newest.Span));
            }

            if (frames.Count == 0)
            {
                return (count, newest);
            }

            after = frames[^1].First;
        }
    }

    /// <summary>What was written is read back, and the entry that the database goes on with must follow from it.</summary>
    private void Check(string path, SegmentStatement seal)
    {
        var report = ChainVerifier.VerifyFile(path, [keys.Audit.PublicKey]);
        if (report.Problems.Count > 0)
        {
            File.Delete(path);
            throw new StorageException("the oldest entries of the audit log are not whole: " + report.Problems[0]);
        }

        var next = database.Readers.Read(sql => ChainPieces.Frames(sql, seal.Last).FirstOrDefault());
        if (next is not null)
        {
            var walk = new ChainWalk(new Dictionary<long, string>(), []);
            walk.Jump(new ChainHead(seal.Last, Convert.FromBase64String(seal.Head)));
            walk.Entry(next.Lines().First());
            if (walk.Problems.Count > 0)
            {
                File.Delete(path);
                throw new StorageException("the oldest entries of the audit log are not whole: " + walk.Problems[0]);
            }
        }
    }

    private static bool IsOlder(FramePiece frame, DateTimeOffset before) => TimeOf(frame.Newest.Span) < before;
}
