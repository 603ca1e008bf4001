namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>
/// Keeps the newest few of what the schedule made. Only a file is deleted that has such a name, and whose header says that it is the schedule's and of this very store:
/// what an operator made, what another store made and what is damaged stays.
/// </summary>
internal static class BackupRetention
{
    /// <summary>Never throws for a file: the backup that was just made is good all the same.</summary>
    public static void Apply(string directory, string storeId, int keep, ILogger log)
    {
        try
        {
            foreach (var (path, _) in Made(directory, storeId).OrderByDescending(made => made.TakenAt).ThenByDescending(made => made.Path, StringComparer.Ordinal).Skip(keep))
            {
                File.Delete(path);
                log.LogInformation("backup: {Path} is older than the newest {Keep} and was deleted", path, keep);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.LogError("backup: older ones than the newest {Keep} are due to be deleted and cannot be: {Problem}", keep, error.Message);
        }
    }

    private static IEnumerable<(string Path, DateTimeOffset TakenAt)> Made(string directory, string storeId)
    {
        foreach (var path in Directory.EnumerateFiles(directory, $"{BackupFile.Prefix(storeId)}*{BackupFile.Extension}"))
        {
            if (Header(path) is { Origin: BackupOrigin.Schedule } header && header.StoreId == storeId)
            {
                yield return (path, header.TakenAt);
            }
        }
    }

    private static BackupHeader? Header(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return BackupHeader.Read(file);
        }
        catch (Exception error) when (error is BackupException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
