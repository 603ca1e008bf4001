using System.Text;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Tests.Cli;

/// <summary>One run of the command line inside the test: exit code, standard output, standard error.</summary>
internal sealed record CliRun(int Code, string Output, string Error)
{
    /// <summary>Runs against a fake gateway, named by <c>ENKRYPTIFY_SOCKET</c>.</summary>
    public static Task<CliRun> OnAsync(FakeGateway gateway, params string[] args) => new Cli { Socket = gateway.SocketPath }.RunAsync(args);

    public static Task<CliRun> OfAsync(params string[] args) => new Cli().RunAsync(args);
}

internal sealed class Cli
{
    public string? Socket { get; init; }

    public byte[] Input { get; init; } = [];

    public bool Terminal { get; init; }

    public string WorkingDirectory { get; init; } = "/";

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public uint UserId { get; init; } = FileOwner.Self;

    public async Task<CliRun> RunAsync(params string[] args)
    {
        using MemoryStream input = new(Input);
        using MemoryStream output = new();
        StringWriter error = new();
        await using StreamWriter writer = new(output, new UTF8Encoding(false)) { AutoFlush = true };
        int code = await CommandLine.RunAsync(args, new Surroundings
        {
            Input = input,
            Output = writer,
            Error = error,
            OutputIsTerminal = Terminal,
            ErrorIsTerminal = Terminal,
            Variable = name => name == AdminSocket.Variable ? Socket : null,
            WorkingDirectory = WorkingDirectory,
            Clock = Clock,
            UserId = UserId,
        });
        return new CliRun(code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }
}
