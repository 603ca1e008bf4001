using System.Globalization;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>A backup that was opened, read to its end and looked through.</summary>
internal sealed record CheckedBackup(BackupHeader Header, BackupManifest Manifest, ChainReport Chain, long Bytes);

/// <summary>
/// Looks through a backup as a restore would need it: every byte of it, the database in it, how many rows each table has, that its keys open under the master key, and
/// the whole audit chain up to the head that the manifest names.
/// </summary>
internal static class BackupCheck
{
    /// <summary>In a directory that is gone afterwards.</summary>
    public static CheckedBackup Run(string file, MasterKey master, BackupProgress progress, CancellationToken stop)
    {
        var work = Directory.CreateTempSubdirectory("ekgw-check-").FullName;
        try
        {
            return Extract(file, master, work, progress, stop);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <param name="to">An empty directory, which then holds the store.</param>
    /// <exception cref="BackupException">Something is not as it should be. A broken audit chain is told in the answer instead.</exception>
    public static CheckedBackup Extract(string file, MasterKey master, string to, BackupProgress progress, CancellationToken stop)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            using var reader = BackupReader.Open(stream, BackupKey.Of(master));
            var manifest = BackupContent.Read(reader, to, progress, stop);
            if (manifest.Schema > Migrator.Latest)
            {
                throw new BackupException("newer_schema", string.Create(
                    CultureInfo.InvariantCulture, $"the backup has schema version {manifest.Schema}, this program knows up to {Migrator.Latest}: version {manifest.Product} or a newer one is needed."));
            }

            progress.Begin("checking", 0);
            using (var sql = Database.OpenReader(Path.Combine(to, Database.FileName)))
            {
                Look(sql, manifest, master);
            }

            var chain = ChainVerifier.Verify(to);
            return chain.Problems.Count > 0 || (chain.Entries == manifest.Audit.Entries && chain.HeadDigest == manifest.Audit.Head)
                ? new CheckedBackup(reader.Header, manifest, chain, stream.Length)
                : throw BackupException.Damaged("the audit log in the backup does not end where its manifest says.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException && !Path.Exists(file))
        {
            throw new BackupException("not_found", $"there is no file {file}.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackupException("read_failed", $"the backup could not be read: {error.Message}", error);
        }
        catch (SqliteException error)
        {
            throw BackupException.Damaged($"the database in the backup cannot be read: {error.Message}", error);
        }
    }

    private static void Look(Sql sql, BackupManifest manifest, MasterKey master)
    {
        if (sql.Text("PRAGMA integrity_check(1)") is var check and not "ok")
        {
            throw BackupException.Damaged($"the database in the backup is damaged ({check}).");
        }

        var rows = StoreSnapshot.Rows(sql);
        foreach (var table in rows.Keys.Union(manifest.Rows.Keys))
        {
            if (rows.GetValueOrDefault(table, -1) is var found && manifest.Rows.GetValueOrDefault(table, -1) is var expected && found != expected)
            {
                throw BackupException.Damaged(string.Create(CultureInfo.InvariantCulture, $"table {table} in the backup has {found} rows, its manifest says {expected}."));
            }
        }

        if (sql.Number("PRAGMA user_version") != manifest.Schema || StoreSnapshot.StoreId(sql) != manifest.StoreId)
        {
            throw BackupException.Damaged("the database in the backup is not the one that its manifest tells of.");
        }

        try
        {
            foreach (var (id, masterId, wrapped) in sql.Query(
                "SELECT id, master_key_id, wrapped FROM key_encryption_key WHERE state = 'current'", row => (row.GetString(0), row.GetString(1), row.Bytes(2))))
            {
                // While the master key is being changed, the other of the two is as good (KekRow).
                if (masterId == master.Id)
                {
                    Seal.Open(master.Bytes, wrapped, KekRow.Purpose(id));
                }
            }
        }
        catch (System.Security.Cryptography.CryptographicException error)
        {
            throw BackupException.Damaged($"the keys in the backup do not open under master key {master.Id}.", error);
        }
    }
}
