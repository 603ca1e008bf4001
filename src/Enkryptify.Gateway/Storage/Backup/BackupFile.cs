using System.Globalization;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>What was made.</summary>
internal sealed record MadeBackup(string Path, BackupHeader Header, BackupManifest Manifest, long Bytes);

/// <summary>
/// Makes one backup file: under a name that no backup has, for this user alone, synced, read back and compared, and only then given its name. Whatever goes wrong
/// before leaves no file.
/// </summary>
internal static class BackupFile
{
    public const string Extension = ".ekbackup";

    /// <summary>A name that sorts by time and tells stores apart.</summary>
    public static string NameOf(string storeId, DateTimeOffset takenAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix(storeId)}{takenAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}{Extension}");

    public static string Prefix(string storeId) => $"enkryptify-{storeId[^8..]}-";

    /// <param name="to">A file that is not there, or a directory that is.</param>
    /// <exception cref="BackupException">It could not be made; nothing is left of it.</exception>
    public static MadeBackup Make(string dataDirectory, string to, BackupOrigin origin, BackupKey key, Guid id, TimeProvider time, BackupProgress progress, CancellationToken stop)
    {
        string? partial = null;
        try
        {
            using var snapshot = StoreSnapshot.Take(dataDirectory, key.MasterKeyId, time.GetUtcNow(), progress, stop);
            var manifest = snapshot.Manifest;
            var path = Directory.Exists(to) ? Path.Combine(to, NameOf(manifest.StoreId, manifest.TakenAt)) : to;
            Free(path);
            StoreSnapshot.Room(Path.GetDirectoryName(path)!, manifest.Files.Sum(part => part.Length) + (1 << 20));
            partial = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.partial");
            File.Delete(partial);
            var (header, fileKey) = BackupHeader.Make(origin, key, manifest.StoreId, id, manifest.TakenAt);
            using (var file = PrivateMode.New(partial))
            {
                BackupContent.Write(file, header, fileKey, snapshot, progress, stop);
                file.Flush(flushToDisk: true);
            }

            var bytes = Verify(partial, key, manifest, progress, stop);
            stop.ThrowIfCancellationRequested();
            Free(path);
            File.Move(partial, path, overwrite: false);
            DiskSync.Names(Path.GetDirectoryName(path)!);
            return new MadeBackup(path, header, manifest, bytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            Remove(partial);
            throw new BackupException("write_failed", $"the backup could not be written: {error.Message}", error);
        }
        catch
        {
            Remove(partial);
            throw;
        }
    }

    /// <summary>Removes what a killed process left: files of ours that never became backups.</summary>
    public static void RemoveLeftOver(string directory, string storeId)
    {
        foreach (var path in Directory.EnumerateFiles(directory, $".{Prefix(storeId)}*{Extension}.partial"))
        {
            File.Delete(path);
        }
    }

    /// <summary>
    /// Read from the disk again, to its end. Its digests are those of the copy that was just looked through and counted, so that those findings hold for what is in the
    /// file too.
    /// </summary>
    private static long Verify(string path, BackupKey key, BackupManifest written, BackupProgress progress, CancellationToken stop)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var reader = BackupReader.Open(file, key);
        var read = BackupContent.Read(reader, null, progress, stop);
        return read.Files.SequenceEqual(written.Files) && read.Audit == written.Audit && read.Rows.SequenceEqual(written.Rows)
            ? file.Length
            : throw BackupException.Damaged("what was read back is not what was written.");
    }

    private static void Free(string path)
    {
        if (Path.Exists(path))
        {
            throw new BackupException("target_exists", $"{path} is there already: nothing is overwritten.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw new BackupException("no_directory", $"there is no directory {Path.GetDirectoryName(path)}: make it first, for the gateway's user.");
        }
    }

    private static void Remove(string? partial)
    {
        if (partial is not null)
        {
            File.Delete(partial);
        }
    }
}
