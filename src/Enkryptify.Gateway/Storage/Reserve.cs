using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// A file of blocks that nothing is written to: room that is the gateway's own on a disk that others fill too. Giving it up is one truncation, which a full
/// disk allows.
/// </summary>
internal sealed partial class Reserve(string directory, long bytes)
{
    public const string FileName = "reserve";
    private readonly string path = Path.Combine(directory, FileName);

    public bool IsHeld { get; private set; } = bytes > 0 && new FileInfo(Path.Combine(directory, FileName)) is { Exists: true, Length: var length } && length == bytes;

    /// <summary>False when there is no room for it after all, or the file system cannot set blocks aside.</summary>
    public bool Take()
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            RandomAccess.SetLength(file, 0);
            IsHeld = Allocate(file, 0, bytes) == 0;
            if (!IsHeld)
            {
                RandomAccess.SetLength(file, 0);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            IsHeld = false;
        }

        return IsHeld;
    }

    public void GiveUp()
    {
        IsHeld = false;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.SetLength(file, 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Somebody took the file away: then there is nothing to give up.
        }
    }

    /// <summary>posix_fallocate(3): real blocks, not a hole. Its answer is the error number.</summary>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int Allocate(SafeFileHandle file, long offset, long length);
}
