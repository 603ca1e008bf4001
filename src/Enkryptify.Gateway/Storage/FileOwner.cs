using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.Storage;

/// <summary>Whose a file is: what the platform's API does not tell.</summary>
internal static partial class FileOwner
{
    private const int AtCurrentDirectory = -100;
    private const uint OwnerWanted = 0x8;
    private const uint GroupWanted = 0x10;

    /// <summary>The effective user of this process.</summary>
    public static uint Self => GetUid();

    /// <summary>The owner's user id; symbolic links are followed. Null where the file cannot be asked.</summary>
    public static uint? Of(string path) => Asked(path, OwnerWanted, 20);

    /// <summary>The group's id, as for <see cref="Of"/>.</summary>
    public static uint? GroupOf(string path) => Asked(path, GroupWanted, 24);

    private static uint? Asked(string path, uint wanted, int offset)
    {
        // struct statx (statx(2)), the same on every architecture: stx_mask at 0, stx_uid at 20, stx_gid at 24.
        Span<byte> status = stackalloc byte[256];
        if (StatX(AtCurrentDirectory, path, 0, wanted, ref MemoryMarshal.GetReference(status)) != 0
            || (BinaryPrimitives.ReadUInt32LittleEndian(status) & wanted) == 0)
        {
            return null;
        }

        return MemoryMarshal.Read<uint>(status[offset..]);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetUid();
}
