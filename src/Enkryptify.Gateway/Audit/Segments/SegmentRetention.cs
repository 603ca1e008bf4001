using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>
/// Moves entries that are old enough out of the database into sealed segments, and deletes segments that are older still. Each step ends in one
/// transaction, on the disk before the next begins, so that a crash at any moment neither loses nor doubles an entry:
/// <code>
/// seal    file written, synced, checked, named  →  row of the segment in, rows of its frames out, entry SEAL    (crash between: the file is written anew)
/// delete  signed deletion into the row, entry DELETE  →  file removed, at the next turn                          (crash between: removed then)
/// </code>
/// </summary>
internal sealed class SegmentRetention(
    Database database, string dataDirectory, AuditConfig config, SigningKeys keys, TimeProvider time, ILogger<SegmentRetention> log, long mostBytes = SegmentRetention.MostBytes)
{
    /// <summary>A segment is closed at this size: it bounds how long one transaction holds the writer.</summary>
    public const long MostBytes = 64 << 20;

    /// <summary>A deleted segment's file stays this long: a backup that copied the database before finds it still.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(30);

    private readonly SegmentFolder folder = new(dataDirectory);

    /// <summary>At the start and then each hour, what is due.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        if (config.Retain is null)
        {
            return;
        }

        await Task.Yield();
        using var tick = new PeriodicTimer(TimeSpan.FromHours(1), time);
        try
        {
            do
            {
                try
                {
                    await Turn(stop).ConfigureAwait(false);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    log.LogError("audit: retention could not do its work and tries again in an hour: {Problem}", error.Message);
                }
            }
            while (await tick.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // What is not done stays due.
        }
    }

    public async Task Turn(CancellationToken stop = default)
    {
        Tidy();

        // Whole days, so that a quiet gateway makes one segment a day and not one an hour.
        if (config.Retain is { } retain)
        {
            var before = new DateTimeOffset((time.GetUtcNow() - retain).UtcDateTime.Date, TimeSpan.Zero);
            while (!stop.IsCancellationRequested && database.Space.Level == SpaceLevel.Enough && await SealNext(before).ConfigureAwait(false))
            {
                // The next one.
            }
        }

        if (config.DeleteAfter is { } age)
        {
            while (!stop.IsCancellationRequested && await DeleteNext(time.GetUtcNow() - age).ConfigureAwait(false))
            {
                // The next one.
            }
        }
    }

    /// <summary>False when there is nothing to seal.</summary>
    public async Task<bool> SealNext(DateTimeOffset before)
    {
        if (new SegmentWriter(database, folder, dataDirectory, keys, time, mostBytes).Write(before) is not var (row, frames))
        {
            return false;
        }

        await database.Writer.Change<Done>(transaction =>
        {
            row.Insert(transaction.Sql);
            var removed = transaction.Sql.Execute("DELETE FROM audit_frame WHERE first_seq BETWEEN ?1 AND ?2", row.First, row.Last);
            if (removed != frames)
            {
                throw new StorageException($"segment {row.Name} was made of {frames} frames, and the database holds {removed} of them");
            }

            transaction.Audit(Entry(AuditAction.Seal, row));
            return Done.Value;
        }, SpaceUse.Needed).ConfigureAwait(false);
        log.LogInformation("audit: entries {First} to {Last} were moved to {Name}", row.First, row.Last, row.Name);
        return true;
    }

    /// <summary>False when there is nothing to delete. What is missing is not deleted: then <c>audit verify</c> would not miss it any more.</summary>
    public async Task<bool> DeleteNext(DateTimeOffset before)
    {
        if (database.Readers.Read(SegmentRow.OldestKept) is not { } row || row.NewestAt >= before)
        {
            return false;
        }

        if (!File.Exists(folder.PathOf(row)))
        {
            throw new StorageException($"segment {row.Name} is to be deleted, but it is missing: put it back from a copy");
        }

        await database.Writer.Change<Done>(transaction =>
        {
            // The chain's end before the key, as for a seal.
            var at = database.Chain.Head.Sequence;
            var statement = SegmentStatement.Sign(
                SegmentStatement.Deleted, row.First, new ChainHead(row.Last, row.Head), row.Previous, row.Digest, at, time.GetUtcNow(), keys.Audit);
            transaction.Sql.Execute(
                "UPDATE audit_segment SET deleted_at = ?2, deletion = ?3 WHERE first_seq = ?1 AND deletion IS NULL", row.First, time.GetUtcNow(), statement.ToJson());
            transaction.Audit(Entry(AuditAction.Delete, row));
            return Done.Value;
        }, SpaceUse.Needed).ConfigureAwait(false);
        log.LogInformation("audit: segment {Name} is deleted, it was older than retention keeps; its file goes at the next turn", row.Name);
        return true;
    }

    /// <summary>Removes what a crash left: files without a name, files of deleted segments, and files whose entries the database still holds.</summary>
    private void Tidy()
    {
        folder.RemoveUnfinished();
        foreach (var (first, last, path) in folder.Files())
        {
            var row = database.Readers.Read(sql => SegmentRow.Find(sql, first));
            if (row is { Deletion: not null } && row.Last == last && time.GetUtcNow() < row.DeletedAt + Grace)
            {
                continue;
            }

            var isDeleted = row is { Deletion: not null } && row.Last == last;
            var isDouble = row is null && HeadOf(path) is { } head && database.Readers.Read(sql =>
                sql.Any("SELECT 1 FROM audit_frame WHERE first_seq = ?1", first)
                && sql.First("SELECT last_seq, head FROM audit_frame WHERE first_seq <= ?1 ORDER BY first_seq DESC LIMIT 1", found => new ChainHead(found.GetInt64(0), found.Bytes(1)), last) is { } end
                && end.Sequence == last && Convert.ToBase64String(end.Digest) == head);
            if (isDeleted || isDouble)
            {
                File.Delete(path);
            }
            else if (row is null || row.Last != last)
            {
                log.LogWarning("audit: {Path} is no segment of this database; it is left where it is", path);
            }
        }
    }

    /// <summary>The digest of the last entry, as the file tells it.</summary>
    private static string? HeadOf(string path)
    {
        using var file = new AuditFileReader(path);
        return file.Lines().All(static _ => true) ? file.End?.Head : null;
    }

    private AuditEntry Entry(string action, SegmentRow row) =>
        new(time.GetUtcNow(), AuditActor.Gateway, null, null, action, new AuditTarget(ChainWalk.SegmentKind, null, row.Name))
        {
            Data = [("entries", row.Last - row.First + 1), ("bytes", row.Bytes), ("head", Convert.ToBase64String(row.Head))],
        };
}
