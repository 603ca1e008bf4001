using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Workspaces;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage;

/// <summary>The one file <c>gateway.db</c>: one writer, pooled readers, and the memory that follows its commits.</summary>
internal sealed class Database : IDisposable
{
    public const string FileName = "gateway.db";

    /// <summary>Up to this size the whole file is checked before the first answer; a larger one would hold up the start.</summary>
    private const long CheckedAtStart = 32 << 20;

    /// <summary>See <see cref="Checkpointer"/>.</summary>
    private const int OldestSqlite = 3_051_003;

    private readonly DataDirectoryLock? held;
    private readonly Checkpointer checkpointer;

    private Database(string path, DataDirectoryLock? held, Sql writing, Sql checkpointing, AuditChain chain, Structure structure, ReadPool readers, DiskSpace space)
    {
        Space = space;
        this.held = held;
        FilePath = path;
        Chain = chain;
        Structure = structure;
        Readers = readers;
        Writer = new Writer(writing, chain, structure, space);
        checkpointer = new Checkpointer(checkpointing, Writer.Distrust);
    }

    public string FilePath { get; }

    public Writer Writer { get; }

    public DiskSpace Space { get; }

    public ReadPool Readers { get; }

    public Structure Structure { get; }

    public AuditChain Chain { get; }

    /// <summary>Opens or creates the database of a data directory, which must exist, and locks the directory.</summary>
    /// <param name="space">Watches the disk for a gateway that serves.</param>
    /// <exception cref="StorageException">In use, corrupt, newer, not ours, or on a full disk; the message says which and what to do.</exception>
    public static Database Open(string directory, DiskSpace? space = null)
    {
        SQLitePCL.Batteries_V2.Init();
        if (SQLitePCL.raw.sqlite3_libversion_number() < OldestSqlite)
        {
            throw new StorageException($"SQLite {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()} is older than 3.51.3, which first checkpoints safely beside a writer.");
        }

        space ??= DiskSpace.Unwatched(directory);
        var held = DataDirectoryLock.Take(directory);
        try
        {
            // First: on a full disk, what is opened next needs the room that the reserve gives up.
            space.Check();
            var path = Path.Combine(directory, FileName);
            var writing = OpenWriter(path);
            try
            {
                Migrator.Run(writing, path);
                var structure = new Structure();
                foreach (var tree in TreeLoader.LoadAll(writing))
                {
                    structure.Publish(tree.Id, tree);
                }

                var readers = new ReadPool(() => OpenReader(path), Math.Max(4, Environment.ProcessorCount * 2));
                var chain = AuditChain.Continue(writing);
                return new Database(path, held, writing, OpenCheckpointer(path), chain, structure, readers, space);
            }
            catch
            {
                writing.Dispose();
                throw;
            }
        }
        catch (Exception error) when (DiskSpace.IsFull(error) || (error is SqliteException && space.Free < DiskSpace.Tight))
        {
            held.Dispose();
            throw new StorageException($"{directory} is on a full disk: there is no room to open the database. Free space there, then start again; nothing was changed.", error);
        }
        catch (SqliteException error)
        {
            held.Dispose();
            throw new StorageException(
                $"{Path.Combine(directory, FileName)} cannot be opened: {error.Message}. If the file is damaged, restore a backup into an empty directory.", error);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>A connection that cannot write, for looking at a data directory from outside the running gateway.</summary>
    public static Sql OpenReader(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        var sql = Connect(path, SqliteOpenMode.ReadOnly);

        // A reader's page cache lives for one transaction, since every commit of the writer, so every audit frame, empties it: it is only as large as
        // a list of one environment needs.
        sql.Script("PRAGMA query_only = ON; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -512;");
        return sql;
    }

    /// <summary>A connection to copy from: it writes nothing here, but may make the file that <c>VACUUM INTO</c> names, which <c>query_only</c> would refuse.</summary>
    public static Sql OpenCopied(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        var sql = Connect(path, SqliteOpenMode.ReadOnly);
        sql.Script("PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF;");
        return sql;
    }

    /// <summary>The writer goes last: only a last connection that may write folds the log into <c>gateway.db</c>, which then is the whole database.</summary>
    public void Dispose()
    {
        Readers.Dispose();
        checkpointer.Dispose();
        Writer.Dispose();
        held?.Dispose();
    }

    private static Sql OpenWriter(string path)
    {
        var sql = Connect(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            sql.Script("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = FAST;");
            Migrator.Recognise(sql, path);
            sql.Script(FormattableString.Invariant($"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {Checkpointer.WriterPages};"));
            if (new FileInfo(path).Length <= CheckedAtStart && sql.Text("PRAGMA quick_check(1)") is var check and not "ok")
            {
                throw new StorageException($"{path} is damaged ({check}). Restore a backup into an empty directory.");
            }

            return sql;
        }
        catch
        {
            sql.Dispose();
            throw;
        }
    }

    private static Sql OpenCheckpointer(string path)
    {
        var sql = Connect(path, SqliteOpenMode.ReadWrite);
        try
        {
            sql.Script("PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL;");
            return sql;
        }
        catch
        {
            sql.Dispose();
            throw;
        }
    }

    private static Sql Connect(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return new Sql(connection);
    }
}
