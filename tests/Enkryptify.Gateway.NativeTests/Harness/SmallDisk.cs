using System.ComponentModel;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>A file system of a few megabytes, in memory, that a test can fill to the last block.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TemporaryDirectory directory;

    private SmallDisk(TemporaryDirectory directory) => this.directory = directory;

    public string FullPath => directory.FullPath;

    public long Free => new DriveInfo(FullPath).AvailableFreeSpace;

    private string HogPath => Path.Combine(FullPath, "hog");

    /// <summary>The test counts as skipped where nothing may be mounted.</summary>
    public static async Task<SmallDisk> MountAsync(int mebibytes)
    {
        var directory = new TemporaryDirectory();
        string? why;
        try
        {
            var (code, output, errors) = await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={mebibytes}m,mode=0700", "tmpfs", directory.FullPath], "/");
            why = code == 0 ? null : (output + errors).Trim();
        }
        catch (Win32Exception error)
        {
            why = error.Message;
        }

        if (why is not null)
        {
            directory.Dispose();
            Assert.Skip($"a small file system cannot be mounted here (root is needed): {why}");
        }

        return new SmallDisk(directory);
    }

    /// <summary>Fills it until so many bytes are free, as somebody else's log would.</summary>
    public void Leave(long bytes)
    {
        using var hog = new FileStream(HogPath, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        while (Free > bytes)
        {
            try
            {
                hog.Write(new byte[Math.Min(Free - bytes, 64 * 1024)]);
            }
            catch (IOException)
            {
                // The last block was somebody else's.
                return;
            }
        }
    }

    /// <summary>What <see cref="Leave"/> wrote goes away again.</summary>
    public void Clear() => File.Delete(HogPath);

    public async ValueTask DisposeAsync()
    {
        await ChildProcess.RunAsync("umount", [FullPath], "/");
        directory.Dispose();
    }
}
