using System.Globalization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>What is to become of what a restore finds in its place.</summary>
/// <param name="Replace">A store may be there; it is kept aside.</param>
/// <param name="ReplaceNewer">Also one that is newer than the backup, another one, or one that cannot be read.</param>
/// <param name="RevokeCredentials">Every credential and open invitation ends.</param>
/// <param name="DespiteAudit">The audit log in the backup may be broken.</param>
internal sealed record RestoreWishes(bool Replace, bool ReplaceNewer, bool RevokeCredentials, bool DespiteAudit);

/// <param name="KeptAside">Where what was there before is now; null when nothing was.</param>
/// <param name="Credentials">Valid now.</param>
/// <param name="Revoked">Null when nobody asked for that.</param>
internal sealed record Restored(CheckedBackup Backup, string? KeptAside, long Credentials, long? Revoked);

/// <summary>
/// Puts a backup in a data directory's place. All of it is made and verified in a directory beside, then the two change places in one step: at no moment is there
/// half a store, nor none, where a gateway would start an empty one. What was there is kept under another name.
/// </summary>
internal static class StoreRestore
{
    /// <summary>More rotations than a credential has in its life, so that no JWT of the time after the backup fits a version that is reached again.</summary>
    private const int VersionStep = 1_000_000;

    /// <exception cref="BackupException">Refused, or it failed; what was there is as it was.</exception>
    /// <exception cref="StorageException">A gateway runs there.</exception>
    public static Restored Run(string file, MasterKey master, string directory, RestoreWishes wishes, TimeProvider time, BackupProgress progress, CancellationToken stop)
    {
        directory = Resolve(directory);
        var parent = Path.GetDirectoryName(directory)!;
        using var held = Path.Exists(Path.Combine(directory, Database.FileName)) ? DataDirectoryLock.Take(directory) : null;
        var stamp = time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var (fresh, aside) = ($"{directory}.restoring", $"{directory}.before-restore-{stamp}");
        if (Path.Exists(aside))
        {
            throw new BackupException("target_exists", $"{aside} is there already: move it away first.");
        }

        try
        {
            if (Directory.Exists(fresh))
            {
                Directory.Delete(fresh, recursive: true);
            }

            PrivateMode.MakeDirectory(fresh);
            var backup = BackupCheck.Extract(file, master, fresh, progress, stop);
            if (backup.Chain.Problems is [var problem, ..] && !wishes.DespiteAudit)
            {
                throw new BackupException("audit_broken", $"the audit log in the backup does not verify: {problem}. To restore it all the same: --despite-audit");
            }

            Compare(directory, backup, wishes);
            var (credentials, revoked) = Note(fresh, backup, wishes, time);
            Own(fresh, directory);
            DiskSync.Names(fresh);
            var replaced = Place(fresh, directory, aside);
            DiskSync.Names(parent);
            return new Restored(backup, replaced ? aside : null, credentials, wishes.RevokeCredentials ? revoked : null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackupException("write_failed", $"the backup could not be restored: {error.Message} (the directory {parent} must be one that this user may write to)", error);
        }
        finally
        {
            if (Directory.Exists(fresh))
            {
                Directory.Delete(fresh, recursive: true);
            }
        }
    }

    /// <summary>Without a link and a slash at the end: what changes places is the directory itself.</summary>
    private static string Resolve(string directory)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var link = Directory.Exists(full) ? new DirectoryInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName : null;
        return Path.GetDirectoryName(full) is null ? throw new BackupException("no_directory", $"{full} cannot be a data directory.") : Path.TrimEndingDirectorySeparator(link ?? full);
    }

    /// <summary>A store that is there is replaced only by someone who said so; a newer one only by someone who knows that it is newer.</summary>
    private static void Compare(string directory, CheckedBackup backup, RestoreWishes wishes)
    {
        var path = Path.Combine(directory, Database.FileName);
        if (!File.Exists(path))
        {
            return;
        }

        string? reason;
        try
        {
            using var sql = Database.OpenReader(path);
            var (store, head) = (StoreSnapshot.StoreId(sql), StoreSnapshot.Head(sql));
            var made = backup.Manifest;
            reason = store is null ? null
                : store != made.StoreId ? $"the store in {directory} is another one (id {store}, the backup is of {made.StoreId})"
                : head.Sequence > made.Audit.Entries ? string.Create(CultureInfo.InvariantCulture, $"the store in {directory} is newer: its audit log has {head.Sequence} entries, the backup's {made.Audit.Entries}")
                : null;
        }
        catch (Exception error) when (error is SqliteException or InvalidCastException)
        {
            reason = $"the store in {directory} cannot be read ({error.Message}), so it may be newer";
        }

        if (reason is not null && !wishes.ReplaceNewer)
        {
            throw new BackupException("newer_store", $"{reason}. Nothing was changed. To replace it all the same (it is kept aside): --replace-newer");
        }

        if (!wishes.Replace && !wishes.ReplaceNewer)
        {
            throw new BackupException("store_exists", $"there is a store in {directory}. Nothing was changed. To replace it (it is kept aside): --replace");
        }
    }

    /// <summary>
    /// Opens the store as the gateway does, migrations included, and notes the restore in its audit log. Proofs of short life from after the backup must not fit again:
    /// sessions end, and every credential's version is raised, which ends the JWTs that name an earlier one.
    /// </summary>
    private static (long Credentials, long Revoked) Note(string fresh, CheckedBackup backup, RestoreWishes wishes, TimeProvider time)
    {
        using var database = Database.Open(fresh);
        return database.Writer.Change<(long, long)>(transaction =>
        {
            var (sql, now, revoked) = (transaction.Sql, time.GetUtcNow(), 0L);
            sql.Execute("DELETE FROM session");
            sql.Execute("UPDATE credential SET version = version + ?1", VersionStep);
            if (wishes.RevokeCredentials)
            {
                revoked = sql.Execute("UPDATE credential SET revoked_at = ?1 WHERE revoked_at IS NULL", now);
                sql.Execute("DELETE FROM invitation");
            }

            var live = sql.Number("SELECT count(*) FROM credential WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)", now) ?? 0;
            transaction.Audit(new AuditEntry(now, AuditActor.Gateway, null, null, AuditAction.Restore, new AuditTarget("store"))
            {
                Data =
                [
                    ("backup", backup.Header.Id.ToString("D")), ("takenAt", backup.Manifest.TakenAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
                    ("entries", backup.Manifest.Audit.Entries), ("user", (long)FileOwner.Self), ("revokedCredentials", revoked), .. wishes.DespiteAudit ? (ReadOnlySpan<(string, object)>)[("despiteAudit", true)] : [],
                ],
            });
            return (live, revoked);
        }).GetAwaiter().GetResult().Value;
    }

    /// <summary>Root restores for the service: what is made belongs to whom the directory belonged.</summary>
    private static void Own(string fresh, string directory)
    {
        if (!Directory.Exists(directory) || FileOwner.Of(directory) is not { } owner || owner == FileOwner.Self)
        {
            return;
        }

        foreach (var path in Directory.EnumerateFileSystemEntries(fresh, "*", SearchOption.AllDirectories).Append(fresh))
        {
            DiskSync.GiveTo(path, owner, FileOwner.GroupOf(directory) ?? owner);
        }
    }

    /// <summary>What in the old directory is no part of a store, such as a key file or the backups, comes along. Whether there was a directory.</summary>
    private static bool Place(string fresh, string directory, string aside)
    {
        if (!Directory.Exists(directory))
        {
            Directory.Move(fresh, directory);
            return false;
        }

        if (DiskSync.TryExchange(fresh, directory))
        {
            Directory.Move(fresh, aside);
        }
        else
        {
            Directory.Move(directory, aside);
            Directory.Move(fresh, directory);
        }

        foreach (var path in Directory.EnumerateFileSystemEntries(aside).Where(path => !StoreFiles.IsOfStore(Path.GetFileName(path))).ToList())
        {
            Directory.Move(path, Path.Combine(directory, Path.GetFileName(path)));
        }

        if (Directory.EnumerateFileSystemEntries(aside).Any())
        {
            return true;
        }

        Directory.Delete(aside);
        return false;
    }
}
