using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>A database in a directory of its own, without a gateway around it.</summary>
internal sealed class TestStore : IDisposable
{
    private TestStore(string directory) => Directory = directory;

    public string Directory { get; }

    public string FilePath => Path.Combine(Directory, Database.FileName);

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));

    public Database Database { get; private set; } = null!;

    public Writer Writer => Database.Writer;

    /// <summary>A directory without a database yet.</summary>
    public static TestStore Empty() => new(System.IO.Directory.CreateTempSubdirectory("ekst-").FullName);

    public static TestStore Open()
    {
        var store = Empty();
        store.Reopen();
        return store;
    }

    public void Close()
    {
        Database?.Dispose();
        Database = null!;
    }

    public void Reopen()
    {
        Close();
        Database = Database.Open(Directory);
    }

    /// <summary>Changes the closed file as somebody else would, with SQLite but without the gateway.</summary>
    public void Tamper(string sql, params (string Name, object Value)[] arguments) => Tamper(FilePath, sql, arguments);

    public static void Tamper(string path, string sql, params (string Name, object Value)[] arguments)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in arguments)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }

    /// <summary>A small change that its test can find again.</summary>
    public Task<Outcome<Done>> Put(string name) => Writer.Change<Done>(transaction => Put(transaction, name));

    public static Outcome<Done> Put(WriteTransaction transaction, string name)
    {
        transaction.Audit(Entry(name));
        transaction.Sql.Execute("INSERT INTO meta (name, value) VALUES (?1, '')", name);
        return Done.Value;
    }

    public static AuditEntry Entry(string name) =>
        new(DateTimeOffset.UnixEpoch, AuditActor.Gateway, null, null, "TEST", new AuditTarget("test", null, name));

    public bool Has(string name) => Database.Readers.Read(sql => sql.Any("SELECT 1 FROM meta WHERE name = ?1", name));

    public long Frames => Database.Readers.Read(sql => sql.Number("SELECT count(*) FROM audit_frame"))!.Value;

    /// <summary>Stops the writer before its next batch, so that whatever comes until <see cref="Held.Release"/> is one batch.</summary>
    public Held Hold()
    {
        var held = new Held();
        held.Passing = Writer.Change<Done>(_ =>
        {
            held.Began.Set();
            held.Ended.Wait();
            return Done.Value;
        });
        held.Began.Wait();
        return held;
    }

    public void Dispose()
    {
        Close();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    internal sealed class Held
    {
        public ManualResetEventSlim Began { get; } = new();

        public ManualResetEventSlim Ended { get; } = new();

        public Task Passing { get; set; } = Task.CompletedTask;

        public Task Release()
        {
            Ended.Set();
            return Passing;
        }
    }
}
