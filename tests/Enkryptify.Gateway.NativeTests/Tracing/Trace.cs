using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests.Tracing;

/// <summary>Runs a program under strace and reads what it wrote, sent and synced. Needs strace and a kernel that lets a user trace their own children.</summary>
internal sealed class Trace(string logPath)
{
    /// <summary>The tracer with the program as its child; the tracer ends as the program does, with its exit code, once the log is whole.</summary>
    public ChildProcess Start(string program, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string> environment)
    {
        // The program's variables are given to it alone: a preloaded library is not for the tracer.
        var variables = environment.SelectMany(variable => new[] { "-E", $"{variable.Key}={variable.Value}" });
        string[] options =
        [
            "-f", "-tt", "-y", "-q", "--seccomp-bpf", "-s", "65536", "-o", logPath, "-e", "signal=none", "-e", "trace=" + string.Join(',', TraceParser.Calls),
        ];
        return ChildProcess.Start("strace", [.. options, .. variables, program, .. arguments], directory);
    }

    /// <summary>What happened. Call it after the program has ended.</summary>
    public IReadOnlyList<TraceEvent> Events() => TraceParser.Parse(File.ReadLines(logPath, System.Text.Encoding.Latin1));
}
