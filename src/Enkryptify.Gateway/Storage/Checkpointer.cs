using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// Copies the write-ahead log into the database beside the writer, so that no commit waits for it: at full load that would be two stalls a second, of two
/// syncs each. Passive: it waits for nobody and nobody waits for it. It cannot end the log while commits go on, so that is left to the writer, which
/// checkpoints by itself at <see cref="WriterPages"/> and then finds little left to copy.
/// <para>
/// Two connections of which one writes and one checkpoints must not be had with SQLite before 3.51.3 (its WAL-reset bug); the version that is linked in is
/// newer, and <see cref="Database.Open"/> refuses an older one.
/// </para>
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    /// <summary>Pages of 4 KiB in the log at which the writer checkpoints: what the log grows to under steady load.</summary>
    public const int WriterPages = 4096;

    /// <summary>Fewer are not worth two syncs.</summary>
    private const int Pages = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Sql sql;
    private readonly Action<Exception> distrust;
    private readonly ManualResetEventSlim stopping = new();
    private readonly Thread thread;

    /// <param name="sql">A connection of its own, which may write.</param>
    /// <param name="distrust">Told of a failed sync: nobody knows then what of the database is on the disk (fsync(2)).</param>
    public Checkpointer(Sql sql, Action<Exception> distrust)
    {
        this.sql = sql;
        this.distrust = distrust;
        thread = new Thread(Work) { IsBackground = true, Name = "checkpoint" };
        thread.Start();
    }

    public void Dispose()
    {
        stopping.Set();
        thread.Join();
        sql.Dispose();
        stopping.Dispose();
    }

    private void Work()
    {
        while (!stopping.Wait(Pause))
        {
            try
            {
                if (sql.WaitingPages("PRAGMA wal_checkpoint(NOOP)") >= Pages)
                {
                    sql.WaitingPages("PRAGMA wal_checkpoint(PASSIVE)");
                }
            }
            catch (SqliteException error) when (!TellsOfTheDisk(error))
            {
                // Busy, or no room: the log keeps what is not copied, and the next turn tries again.
            }
            catch (Exception error)
            {
                distrust(error);
                return;
            }
        }
    }

    /// <summary>A write, read or sync that failed; not a lock that could not be had, nor lack of memory or room.</summary>
    private static bool TellsOfTheDisk(SqliteException error) =>
        !DiskSpace.IsFull(error) && (error.SqliteExtendedErrorCode & 0xFF) == SqliteIoError
        && (error.SqliteExtendedErrorCode >> 8) is ReadFailed or ShortRead or WriteFailed or SyncFailed or DirectorySyncFailed or TruncateFailed;

    // https://www.sqlite.org/rescode.html
    private const int SqliteIoError = 10;
    private const int ReadFailed = 1;
    private const int ShortRead = 2;
    private const int WriteFailed = 3;
    private const int SyncFailed = 4;
    private const int DirectorySyncFailed = 5;
    private const int TruncateFailed = 6;
}
