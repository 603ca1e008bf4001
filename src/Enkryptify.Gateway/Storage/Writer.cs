using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Workspaces;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// The only thread that writes. It takes all that waits (up to <see cref="BatchSize"/> items), runs each under a savepoint, stores their audit
/// entries as one frame, commits once, publishes to memory what changed, and only then lets the callers go on: group commit.
/// <para>
/// Durability is chosen for each batch: one that holds a change is committed with <c>synchronous=FULL</c> (on the disk before any reply), one of
/// reads and exchanges alone with NORMAL (survives the process; on the disk with the next change, or within a second through <see cref="Sync"/>).
/// </para>
/// </summary>
internal sealed class Writer : IDisposable
{
    /// <summary>Items in a batch, so also entries in an audit frame, at the most.</summary>
    public const int BatchSize = 256;

    private readonly Sql sql;
    private readonly AuditChain chain;
    private readonly DiskSpace space;
    private readonly WriteTransaction transaction;
    private readonly Queue<WriteItem> waiting = new();
    private readonly List<WriteItem> batch = [];
    private readonly Thread thread;
    private bool stopping;

    /// <summary>Set for good when the disk cannot be trusted any more; only a restart, which reads back what is there, clears it.</summary>
    private volatile Exception? broken;
    private bool? full;
    private bool committed;

    public Writer(Sql sql, AuditChain chain, Structure structure, DiskSpace space)
    {
        this.sql = sql;
        this.chain = chain;
        this.space = space;
        transaction = new WriteTransaction(sql, structure);
        thread = new Thread(Work) { IsBackground = true, Name = "writer" };
        thread.Start();
    }

    /// <summary>Set when the last batch could not be committed; readiness reports it.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>The disk failed in a way that nobody can read the state of; only a restart, which reads back what is there, mends it.</summary>
    public bool NeedsRestart => broken is not null;

    /// <summary>Somebody else met a failure of the disk after which no write can be trusted.</summary>
    public void Distrust(Exception error)
    {
        broken ??= error;
        LastFailure = error.Message;
    }

    /// <summary>Items that one commit wrote together.</summary>
    public Histogram CommitItems { get; } = new(1, 2, 4, 8, 16, 32, 64, 128, 256);

    public Histogram CommitSeconds { get; } = new(Histogram.Seconds);

    /// <summary>Ends when the writer has come round to it, well or not: whether it hangs is the question.</summary>
    public Task Ask() => Enqueue(new Question()).Task;

    /// <summary>How many items wait for the writer.</summary>
    public int Waiting
    {
        get
        {
            lock (waiting)
            {
                return waiting.Count;
            }
        }
    }

    /// <summary>Whether there is room for such a write; the next three fail with <see cref="StorageFullException"/> when there is none.</summary>
    public bool Admits(SpaceUse use) => space.Admits(use);

    /// <summary>A change: its task ends after it is synced to the disk. A refusal undoes it and keeps its audit entries.</summary>
    public Task<Outcome<T>> Change<T>(Func<WriteTransaction, Outcome<T>> work, SpaceUse use = SpaceUse.Needed) =>
        Admits(use) ? Enqueue(new ChangeItem<T>(work, durable: true)).Outcome() : Task.FromException<Outcome<T>>(NoRoom());

    /// <summary>A change that may be lost with the power, such as times of last use.</summary>
    public Task<Outcome<T>> Relaxed<T>(Func<WriteTransaction, Outcome<T>> work, SpaceUse use = SpaceUse.Records) =>
        Admits(use) ? Enqueue(new ChangeItem<T>(work, durable: false)).Outcome() : Task.FromException<Outcome<T>>(NoRoom());

    /// <summary>An audit entry without a change. The operation it tells of must not go on before the task has ended well.</summary>
    public Task Append(AuditEntry entry) => Admits(SpaceUses.OfEntry(entry.Action)) ? Enqueue(new NoteItem(entry)).Task : Task.FromException(NoRoom());

    /// <summary>Brings everything committed so far to the disk.</summary>
    public Task Sync() => Change<Done>(transaction =>
    {
        transaction.Sql.Execute(
            "INSERT INTO meta (name, value) VALUES ('synced', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            chain.Head.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return Done.Value;
    });

    /// <summary>Writes what waits, then ends.</summary>
    public void Dispose()
    {
        lock (waiting)
        {
            stopping = true;
            Monitor.Pulse(waiting);
        }

        thread.Join();
        sql.Dispose();
    }

    private TItem Enqueue<TItem>(TItem item)
        where TItem : WriteItem
    {
        lock (waiting)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            waiting.Enqueue(item);
            if (waiting.Count == 1)
            {
                Monitor.Pulse(waiting);
            }
        }

        return item;
    }

    private void Work()
    {
        while (Await())
        {
            // Whoever is about to hand something in goes first: on a busy processor that makes the batch several times as large, on an idle one it costs
            // nothing.
            Thread.Yield();
            Take();
            try
            {
                if (broken is not null)
                {
                    throw new StorageException("the store failed before and needs a restart", broken);
                }

                var began = TimeProvider.System.GetTimestamp();
                Commit();
                CommitItems.Observe(batch.Count);
                CommitSeconds.Observe(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
                LastFailure = broken?.Message;
            }
            catch (Exception error)
            {
                // After a failed write or sync nobody knows what of it is on the disk, and the kernel reports it once (fsync(2)); after a failure
                // behind COMMIT, memory may lag behind the file. Either way: no more writes on this footing.
                if (committed || (error is SqliteException { SqliteErrorCode: SqliteIoError } && !DiskSpace.IsFull(error)))
                {
                    broken ??= error;
                }
                else if (DiskSpace.IsFull(error))
                {
                    // SQLite undid the batch: it is told as failed. The next one finds the reserve.
                    space.Exhausted();
                }

                LastFailure = error.Message;
                Undo();
                foreach (var item in batch)
                {
                    item.Error ??= error;
                }
            }

            transaction.Clear();
            foreach (var item in batch)
            {
                item.Complete();
            }
        }
    }

    private StorageFullException NoRoom() => new(space.Problem ?? DiskSpace.Refused.Message);

    /// <summary>Until something waits, or false when the writer is to end and nothing does.</summary>
    private bool Await()
    {
        lock (waiting)
        {
            while (waiting.Count == 0)
            {
                if (stopping)
                {
                    return false;
                }

                Monitor.Wait(waiting);
            }

            return true;
        }
    }

    private void Take()
    {
        batch.Clear();
        lock (waiting)
        {
            while (batch.Count < BatchSize && waiting.TryDequeue(out var item))
            {
                batch.Add(item);
            }
        }
    }

    private void Commit()
    {
        committed = false;
        var durable = batch.Exists(static item => item.Durable);
        if (full != durable)
        {
            // Takes effect only outside a transaction.
            sql.Execute(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            full = durable;
        }

        sql.Execute("BEGIN IMMEDIATE");
        foreach (var item in batch)
        {
            if (item is NoteItem)
            {
                item.Run(transaction);
            }
            else
            {
                Run(item);
            }
        }

        chain.Append(sql, transaction.Entries);
        sql.Execute("COMMIT");
        committed = true;
        if (durable && broken is { } failed)
        {
            throw new StorageException("the store failed during the commit and needs a restart", failed);
        }

        // In this order: whoever sees the new head of the chain sees the keys that came with it (AnchorLoop).
        transaction.Committed();
        chain.Committed(synced: durable);
    }

    /// <summary>An item that fails or refuses undoes only itself, unless the failure is the disk's: then the whole batch fails.</summary>
    private void Run(WriteItem item)
    {
        var entries = transaction.Entries.Count;
        sql.Execute("SAVEPOINT item");
        var kept = false;
        try
        {
            kept = item.Run(transaction);
            transaction.EndItem(kept);
        }
        catch (Exception error) when (error is not SqliteException { SqliteErrorCode: not SqliteConstraint })
        {
            item.Error = error;
            kept = false;
            transaction.EndItem(kept);
            transaction.Entries.RemoveRange(entries, transaction.Entries.Count - entries);
        }

        if (!kept)
        {
            sql.Execute("ROLLBACK TO item");
        }

        sql.Execute("RELEASE item");
    }

    private void Undo()
    {
        transaction.EndItem(kept: false);
        try
        {
            sql.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has already rolled back, as it does when the disk is full.
        }
    }

    private const int SqliteIoError = 10;
    private const int SqliteConstraint = 19;
}
