using System.Diagnostics;
using System.Text;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>
/// A program with its output captured as it comes. It never outlives its owner: disposing it kills it with all its children, and the end of
/// the test run kills whatever is left.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly HashSet<ChildProcess> Alive = [];

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();
    private readonly string commandLine;

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        lock (Alive)
        {
            foreach (var child in Alive)
            {
                child.process.Kill(entireProcessTree: true);
            }
        }
    };

    private ChildProcess(Process process, string commandLine)
    {
        this.process = process;
        this.commandLine = commandLine;
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public string Output => Text(output);

    public string Errors => Text(errors);

    /// <summary>
    /// Starts a program without standard input. The settings of the surrounding machine and build (<c>ENKRYPTIFY_*</c>, <c>MSBUILD*</c>) are
    /// kept from it; <paramref name="environment"/> comes on top.
    /// </summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ENKRYPTIFY_", StringComparison.Ordinal)
            || name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        var child = new ChildProcess(process, $"{program} {string.Join(' ', start.ArgumentList)}");
        process.OutputDataReceived += (_, line) => Append(child.output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(child.errors, line.Data);
        lock (Alive)
        {
            process.Start();
            Alive.Add(child);
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end, which must come within <paramref name="limit"/> (a minute unless told).</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string program, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? limit = null)
    {
        await using var child = Start(program, arguments, directory, environment);
        var code = await child.WaitAsync(limit);
        return (code, child.Output, child.Errors);
    }

    /// <summary>The exit code (128 + n after signal n), with all output captured.</summary>
    public async Task<int> WaitAsync(TimeSpan? limit = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"still running: {this}");
        }

        return process.ExitCode;
    }

    /// <summary>The children of this process, oldest first.</summary>
    public IReadOnlyList<int> Children() =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0)
            .Where(pid => pid != 0 && ParentOf(pid) == Id)
            .Order()];

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await WaitAsync();
        }

        lock (Alive)
        {
            Alive.Remove(this);
        }

        process.Dispose();
    }

    public override string ToString() => $"{commandLine}\n--- standard output\n{Output}--- standard error\n{Errors}---";

    private static int ParentOf(int pid)
    {
        try
        {
            // "pid (name) state ppid …", where the name may hold anything.
            var status = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It ended while we looked.
            return 0;
        }
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
