using System.Globalization;

namespace Enkryptify.Gateway.Storage;

/// <summary>The directory that holds all state: made 0700, and refused when others may enter it or it is somebody else's.</summary>
internal static class DataDirectory
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static void Prepare(string path)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path, Private);

                // Exactly this mode, whatever the umask of the moment is.
                File.SetUnixFileMode(path, Private);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"the data directory {path} cannot be made: {error.Message}", error);
        }

        // Somebody else's directory holds somebody else's store, keys and samples: one that was laid out for us to step into is not used.
        if (FileOwner.Of(path) is var owner && owner != FileOwner.Self)
        {
            throw new StorageException($"the data directory {path} belongs to user {owner?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}, and this process runs as {FileOwner.Self}: run it as that user, or change the owner.");
        }

        var mode = File.GetUnixFileMode(path);
        if ((mode & ~Private) != 0)
        {
            throw new StorageException($"the data directory {path} is open to others (mode {Convert.ToString((int)mode, 8)}). Close it: chmod 700 {path}");
        }

        var socket = Path.Combine(path, Http.AdminSocket.FileName);
        if (System.Text.Encoding.UTF8.GetByteCount(socket) > Http.AdminSocket.MaxPathLength)
        {
            throw new StorageException($"the path {socket} is too long for a Unix socket ({Http.AdminSocket.MaxPathLength} bytes at most): choose a shorter data directory.");
        }
    }
}
