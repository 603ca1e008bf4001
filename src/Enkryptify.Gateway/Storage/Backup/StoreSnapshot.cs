using System.Globalization;
using System.Security.Cryptography;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Encryption;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>
/// A copy of a store as it was at one moment, in a directory of its own that is gone when this is disposed. Writers go on meanwhile: the copy is one read
/// transaction (<c>VACUUM INTO</c>), which also leaves behind what deleted rows had left in the file.
/// </summary>
internal sealed class StoreSnapshot : IDisposable
{
    /// <summary>Within the data directory: nobody else may enter there. What a killed process left is removed by the next.</summary>
    public const string WorkDirectory = "backup-work";

    /// <summary>Left free beside what is needed: the gateway itself must be able to go on writing.</summary>
    private const long Spare = 64L << 20;

    private readonly string directory;

    private StoreSnapshot(string directory, BackupManifest manifest) => (this.directory, Manifest) = (directory, manifest);

    public BackupManifest Manifest { get; }

    public static void RemoveLeftOver(string dataDirectory)
    {
        var work = Path.Combine(dataDirectory, WorkDirectory);
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <exception cref="BackupException">It cannot be copied, or the copy is not sound.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static StoreSnapshot Take(string dataDirectory, string masterKeyId, DateTimeOffset now, BackupProgress progress, CancellationToken stop)
    {
        RemoveLeftOver(dataDirectory);
        var work = Path.Combine(dataDirectory, WorkDirectory);
        PrivateMode.MakeDirectory(work);
        try
        {
            var names = StoreFiles.Copy(dataDirectory, work, to => CopyDatabase(dataDirectory, to, progress, stop));
            return new StoreSnapshot(work, Describe(work, names, masterKeyId, now, progress, stop));
        }
        catch (SqliteException) when (stop.IsCancellationRequested)
        {
            Directory.Delete(work, recursive: true);
            throw new OperationCanceledException(stop);
        }
        catch (SqliteException error)
        {
            Directory.Delete(work, recursive: true);
            throw error.SqliteErrorCode == 13
                ? new BackupException("disk_full", $"there is no room in {dataDirectory} for the copy of the database: {error.Message}", error)
                : new BackupException("copy_failed", $"the database could not be copied: {error.Message}", error);
        }
        catch
        {
            Directory.Delete(work, recursive: true);
            throw;
        }
    }

    public Stream Open(BackupPart part) => new FileStream(Path.Combine(directory, part.Name), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    /// <summary>Its id is that of its first audit key: made once, kept for ever, and never the same twice.</summary>
    public static string? StoreId(Sql sql) =>
        sql.First("SELECT kid FROM signing_key WHERE purpose = 'audit' ORDER BY created_at, kid LIMIT 1", row => row.GetString(0));

    public static SortedDictionary<string, long> Rows(Sql sql)
    {
        var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in sql.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'", row => row.GetString(0)))
        {
            rows[table] = long.Parse(sql.Text($"SELECT count(*) FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\""), CultureInfo.InvariantCulture);
        }

        return rows;
    }

    public static ChainHead Head(Sql sql) => sql.First(
        "SELECT last_seq, head FROM audit_frame ORDER BY first_seq DESC LIMIT 1", row => new ChainHead(row.GetInt64(0), row.Bytes(1)))
        ?? (SegmentRow.AreKnown(sql) && SegmentRow.Newest(sql) is { } segment ? new ChainHead(segment.Last, segment.Head) : ChainHead.Start);

    private static void CopyDatabase(string dataDirectory, string to, BackupProgress progress, CancellationToken stop)
    {
        using var sql = Database.OpenCopied(Path.Combine(dataDirectory, Database.FileName));
        var size = (sql.Number("PRAGMA page_count")!.Value - sql.Number("PRAGMA freelist_count")!.Value) * sql.Number("PRAGMA page_size")!.Value;
        Room(dataDirectory, size + Spare);
        progress.Begin("copying", size);
        using var interrupt = stop.Register(sql.Interrupt);
        using var watch = new Timer(_ => progress.Add(Math.Min(size, new FileInfo(to) is { Exists: true } file ? file.Length : 0) - progress.Done), null, 200, 200);
        stop.ThrowIfCancellationRequested();
        sql.Script($"VACUUM INTO '{to.Replace("'", "''", StringComparison.Ordinal)}'");
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Said before a disk is filled, which the gateway itself writes to.</summary>
    /// <exception cref="BackupException">There is less.</exception>
    public static void Room(string directory, long needed)
    {
        var free = new DriveInfo(directory).AvailableFreeSpace;
        if (free < needed)
        {
            throw new BackupException("disk_full", string.Create(CultureInfo.InvariantCulture, $"a backup needs {needed >> 20} MiB in {directory}, and {free >> 20} MiB are free there."));
        }
    }

    private static BackupManifest Describe(string work, IReadOnlyList<string> names, string masterKeyId, DateTimeOffset now, BackupProgress progress, CancellationToken stop)
    {
        progress.Begin("reading", names.Sum(name => new FileInfo(Path.Combine(work, name)).Length));
        var parts = names.Select(name => Digest(work, name, progress, stop)).ToList();
        using var sql = Database.OpenReader(Path.Combine(work, Database.FileName));
        if (sql.Text("PRAGMA quick_check(1)") is var check and not "ok")
        {
            throw new BackupException("store_damaged", $"the database is damaged ({check}): restore an earlier backup.");
        }

        var head = Head(sql);
        return new BackupManifest(
            BackupManifest.CurrentFormat, Cli.ProductVersion.Current.Version, (int)sql.Number("PRAGMA user_version")!.Value,
            StoreId(sql) ?? throw new BackupException("no_store", "there is no store yet: its keys are made at the first start."), now.UtcDateTime, masterKeyId, parts, Rows(sql),
            new BackupAudit(head.Sequence, Convert.ToBase64String(head.Digest), new AnchorFile(work).Last?.Sequence ?? 0));
    }

    private static BackupPart Digest(string work, string name, BackupProgress progress, CancellationToken stop)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = new FileStream(Path.Combine(work, name), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var buffer = new byte[BackupChunk.Size];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            stop.ThrowIfCancellationRequested();
            digest.AppendData(buffer, 0, read);
            progress.Add(read);
        }

        return new BackupPart(name, file.Length, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }
}
