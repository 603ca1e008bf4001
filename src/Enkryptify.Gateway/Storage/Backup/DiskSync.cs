using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>What makes a file's name, and not only its content, survive a power cut; and an exchange of two directories in one step.</summary>
internal static partial class DiskSync
{
    private const int AtCurrentDirectory = -100;
    private const uint Exchange = 2;
    private const int CloseOnExec = 0x80000;

    /// <summary>Brings the names in a directory to the disk.</summary>
    public static void Names(string directory)
    {
        var descriptor = Open(directory, CloseOnExec);
        var failed = descriptor < 0 || FSync(descriptor) != 0;
        var error = Marshal.GetLastPInvokeError();
        if (descriptor >= 0)
        {
            _ = Close(descriptor);
        }

        if (failed)
        {
            throw new IOException($"{directory} could not be brought to the disk (error {error}).");
        }
    }

    /// <summary>Two paths change places at once; false where the file system or the C library cannot do that (renameat2(2)).</summary>
    public static bool TryExchange(string one, string other)
    {
        try
        {
            return RenameAt2(AtCurrentDirectory, one, AtCurrentDirectory, other, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>A second name of a file; false where that cannot be.</summary>
    public static bool TryLink(string from, string to) => Link(from, to) == 0;

    /// <exception cref="IOException">The owner cannot be changed.</exception>
    public static void GiveTo(string path, uint user, uint group)
    {
        if (ChangeOwner(path, user, group) != 0)
        {
            throw new IOException($"{path} cannot be given to user {user} (error {Marshal.GetLastPInvokeError()}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
