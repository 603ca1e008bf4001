using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Audit.Segments;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>
/// What of a data directory is the store. In this order it is copied: the anchor must not vouch for entries that the copied database lacks; the database says which
/// audit segments belong to it, and they are there before it says so.
/// <para>
/// Not in a backup: the master key, the samples' <c>dev.json</c>, the lock and the socket, copies from before upgrades, and the offline cache, which is fetched again.
/// </para>
/// </summary>
internal static class StoreFiles
{
    public const string Segments = SegmentFolder.FolderName;

    /// <summary>What replacing a store replaces; everything else in the directory stays where it is.</summary>
    private static readonly string[] OfStore =
    [
        AnchorFile.FileName, Database.FileName, Database.FileName + "-wal", Database.FileName + "-shm", Database.FileName + "-journal", Segments, "gateway.lock", Http.AdminSocket.FileName, StoreSnapshot.WorkDirectory, Reserve.FileName,
    ];

    private static readonly string[] PrefixesOfStore = [Database.FileName + ".before-", "offline-cache"];

    public static bool IsOfStore(string name) =>
        OfStore.Contains(name, StringComparer.Ordinal) || PrefixesOfStore.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Copies the store of a directory, which a gateway may be writing to, into an empty one. Each file's name there.</summary>
    public static IReadOnlyList<string> Copy(string from, string to, Action<string> database)
    {
        var names = new List<string>();
        if (TryCopy(Path.Combine(from, AnchorFile.FileName), Path.Combine(to, AnchorFile.FileName)))
        {
            names.Add(AnchorFile.FileName);
        }

        // Linked before the database is copied, so that one which retention deletes meanwhile is not missed; which of them belong to the copy, the copy says.
        var linked = LinkSegments(from, to);
        var path = Path.Combine(to, Database.FileName);
        database(path);
        names.Add(Database.FileName);
        using var sql = Database.OpenReader(path);
        var kept = SegmentRow.AreKnown(sql) ? SegmentRow.KeptNames(sql) : [];
        foreach (var segment in kept)
        {
            if (!linked.Remove(segment))
            {
                Link(Path.Combine(from, Segments, segment), Path.Combine(to, Segments, segment));
            }

            names.Add($"{Segments}/{segment}");
        }

        foreach (var other in linked)
        {
            File.Delete(Path.Combine(to, Segments, other));
        }

        return names;
    }

    private static HashSet<string> LinkSegments(string from, string to)
    {
        PrivateMode.MakeDirectory(Path.Combine(to, Segments));
        var linked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, _, path) in new SegmentFolder(from).Files())
        {
            if (IsSafe($"{Segments}/{Path.GetFileName(path)}") && Link(path, Path.Combine(to, Segments, Path.GetFileName(path))))
            {
                linked.Add(Path.GetFileName(path));
            }
        }

        return linked;
    }

    /// <summary>A second name for the same file, since a sealed segment never changes; a copy where that cannot be. False when it is not there, or no more.</summary>
    private static bool Link(string from, string to) => DiskSync.TryLink(from, to) || TryCopy(from, to);

    /// <summary>Whether a backup may say that a file of it has this name: nothing leads out of the directory.</summary>
    public static bool IsSafe(string name) => name is AnchorFile.FileName or Database.FileName
        || (name.Split('/') is [Segments, { Length: > 0 and <= 200 } file] && file[0] != '.' && file.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_'));

    /// <summary>False when it is not there, or no more.</summary>
    private static bool TryCopy(string from, string to)
    {
        try
        {
            using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = PrivateMode.New(to);
            source.CopyTo(copy);
            return true;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }
}

/// <summary>New files and directories for this user alone, from their first moment on.</summary>
internal static class PrivateMode
{
    public const UnixFileMode Directory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Exactly this mode, whatever the umask of the moment is. One that is there is left as it is.</summary>
    public static void MakeDirectory(string path)
    {
        if (!System.IO.Directory.Exists(path))
        {
            System.IO.Directory.CreateDirectory(path, Directory);
            File.SetUnixFileMode(path, Directory);
        }
    }

    public static FileStream New(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, BufferSize = 0,
    });
}
