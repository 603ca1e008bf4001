using System.Globalization;
using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>The folder of the sealed segments, <c>segments</c> in the data directory; the one place that says where and under what name they are.</summary>
internal sealed partial class SegmentFolder(string dataDirectory)
{
    public const string FolderName = "segments";
    public const string Unfinished = ".new";

    public string FullPath { get; } = Path.Combine(dataDirectory, FolderName);

    public static string NameOf(long first, long last) => string.Create(CultureInfo.InvariantCulture, $"{first}-{last}.jsonl");

    public string PathOf(SegmentRow row) => Path.Combine(FullPath, row.Name);

    public string PathOf(string name) => Path.Combine(FullPath, name);

    public void Make()
    {
        if (!Directory.Exists(FullPath))
        {
            const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(FullPath, mode);
            File.SetUnixFileMode(FullPath, mode);
            Sync(dataDirectory);
        }
    }

    /// <summary>What lies there under a name of ours: first and last entry, and the path.</summary>
    public IEnumerable<(long First, long Last, string Path)> Files()
    {
        foreach (var path in Directory.Exists(FullPath) ? Directory.EnumerateFiles(FullPath, "*.jsonl") : [])
        {
            var parts = Path.GetFileNameWithoutExtension(path).Split('-');
            if (parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                yield return (first, last, path);
            }
        }
    }

    /// <summary>A crash left these: they never got their name.</summary>
    public void RemoveUnfinished()
    {
        foreach (var path in Directory.Exists(FullPath) ? Directory.EnumerateFiles(FullPath, "*.jsonl" + Unfinished) : [])
        {
            File.Delete(path);
        }
    }

    /// <summary>Makes new names and removals in the folder survive a power cut: a synced file whose name is lost is lost.</summary>
    public void Sync() => Sync(FullPath);

    private static void Sync(string directory)
    {
        var descriptor = Open(directory, ReadOnlyDirectory);
        if (descriptor < 0)
        {
            throw new IOException($"{directory} cannot be opened to be synced (errno {Marshal.GetLastPInvokeError()})");
        }

        try
        {
            if (FSync(descriptor) != 0)
            {
                throw new IOException($"{directory} cannot be synced (errno {Marshal.GetLastPInvokeError()})");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>O_RDONLY | O_CLOEXEC, the same on x64 and arm64.</summary>
    private const int ReadOnlyDirectory = 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
