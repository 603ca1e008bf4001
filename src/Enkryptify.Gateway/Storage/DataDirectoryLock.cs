using System.Globalization;

namespace Enkryptify.Gateway.Storage;

/// <summary>One running gateway a data directory: an exclusive lock on <c>gateway.lock</c>, which the kernel drops when the process ends, however it ends.</summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private readonly FileStream file;

    private DataDirectoryLock(FileStream file) => this.file = file;

    public static DataDirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, "gateway.lock");
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new StorageException($"the data directory {directory} is in use by another gateway. Stop it first, or give this one a directory of its own.", error);
        }

        // Root looks after the service's directory too (a backup of a stopped store): the service must be able to take its lock afterwards.
        if (FileOwner.Of(directory) is { } owner && owner != FileOwner.Self && FileOwner.Of(path) == FileOwner.Self)
        {
            Backup.DiskSync.GiveTo(path, owner, FileOwner.GroupOf(directory) ?? owner);
        }

        try
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
            file.Flush();
        }
        catch (IOException error) when (DiskSpace.IsFull(error))
        {
            // The number is for people; the lock is what counts.
        }

        return new DataDirectoryLock(file);
    }

    public void Dispose() => file.Dispose();
}
