namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>A backup could not be made, or is not what it should be. The message is for the operator.</summary>
/// <param name="reason">One word of ours, for the audit log.</param>
internal sealed class BackupException(string reason, string message, Exception? cause = null) : Exception(message, cause)
{
    public string Reason => reason;

    public static BackupException Damaged(string message, Exception? cause = null) => new("backup_damaged", message, cause);
}
