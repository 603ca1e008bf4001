using System.Diagnostics;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Operations.Install;

/// <summary>What an installation does to a host, each told before it is done; with <paramref name="dryRun"/>, told only.</summary>
internal sealed class Steps(TextWriter told, bool dryRun)
{
    private const UnixFileMode Directories = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    public const UnixFileMode Program = Directories;
    public const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    public const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public void Write(string path, string text, UnixFileMode mode) => Do($"write {path}", () => Place(path, mode, next => File.WriteAllText(next, text)));

    public void Copy(string from, string path, UnixFileMode mode) => Do($"copy {from} to {path}", () => Place(path, mode, next => File.Copy(from, next)));

    public void Remove(string path)
    {
        if (File.Exists(path))
        {
            Do($"remove {path}", () => File.Delete(path));
        }
    }

    /// <summary>Runs a program of the host's; standard input is <paramref name="input"/>, so that no secret is in its arguments.</summary>
    /// <exception cref="StorageException">It is missing, failed, or did not end in time.</exception>
    public void Run(string program, string[] arguments, string? input = null, bool mayFail = false) => Do($"run {program} {string.Join(' ', arguments)}", () =>
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new StorageException($"{program} cannot be run.");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.StandardInput.Write(input ?? "");
        process.StandardInput.Close();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new StorageException($"{program} did not end within {Limit.TotalSeconds:0} seconds.");
        }

        if (process.ExitCode != 0 && !mayFail)
        {
            throw new StorageException($"{program} failed ({process.ExitCode}): {errors.Result.Trim()}{output.Result.Trim()}");
        }
    });

    private void Do(string what, Action work)
    {
        told.WriteLine((dryRun ? "would " : "") + what);
        if (!dryRun)
        {
            work();
        }
    }

    /// <summary>Whole or not at all, and with its mode from the first byte on.</summary>
    private static void Place(string path, UnixFileMode mode, Action<string> write)
    {
        MakeDirectory(Path.GetDirectoryName(path)!);
        var next = path + ".new";
        File.Delete(next);
        var before = Http.AdminSocket.Umask(0x3F); // 0077
        try
        {
            write(next);
        }
        finally
        {
            Http.AdminSocket.Umask(before);
        }

        File.SetUnixFileMode(next, mode);
        File.Move(next, path, overwrite: true);
    }

    /// <summary>With its mode, whatever the umask of who installs: the service's user has to get to the configuration.</summary>
    private static void MakeDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            MakeDirectory(Path.GetDirectoryName(path)!);
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, Directories);
        }
    }
}
