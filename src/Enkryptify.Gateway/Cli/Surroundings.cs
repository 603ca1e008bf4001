using System.Text;

namespace Enkryptify.Gateway.Cli;

/// <summary>All that a verb touches of the process around it: streams, environment, working directory, clock.</summary>
internal sealed class Surroundings
{
    /// <summary>Always UTF-8 without a mark, whatever the locale says: a secret must come out with the bytes it went in with.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public required Stream Input { get; init; }

    /// <summary>Data, and nothing else.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Messages: errors, hints, progress.</summary>
    public required TextWriter Error { get; init; }

    public bool InputIsTerminal { get; init; }

    public bool OutputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public required Func<string, string?> Variable { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>Who runs the verb.</summary>
    public uint UserId { get; init; } = Storage.FileOwner.Self;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public static Surroundings OfProcess() => new()
    {
        Input = Console.OpenStandardInput(),
        Output = new StreamWriter(Console.OpenStandardOutput(), Utf8) { AutoFlush = true },
        Error = new StreamWriter(Console.OpenStandardError(), Utf8) { AutoFlush = true },
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Variable = Environment.GetEnvironmentVariable,
        WorkingDirectory = Environment.CurrentDirectory,
    };
}
