namespace Enkryptify.Gateway.Cli;

/// <summary>A verb that cannot go on: what to tell the operator, and the exit code. Caught in one place; never holds a secret.</summary>
internal sealed class CommandFailure(int exitCode, IReadOnlyList<string> messages, string? hint = null) : Exception(messages[0])
{
    public CommandFailure(int exitCode, string message, string? hint = null)
        : this(exitCode, [message], hint)
    {
    }

    public int ExitCode => exitCode;

    public IReadOnlyList<string> Messages => messages;

    public string? Hint => hint;

    public int Write(TextWriter error)
    {
        foreach (string message in messages)
        {
            error.WriteLine($"error: {Printable.Of(message)}");
        }

        if (hint is not null)
        {
            error.WriteLine($"hint: {Printable.Of(hint)}");
        }

        return exitCode;
    }
}
