using System.CommandLine;
using System.CommandLine.Parsing;

namespace Enkryptify.Gateway.Cli;

/// <summary>
/// What is wrong with a line of arguments, without repeating arguments that were not understood: someone who types
/// <c>secret set NAME value</c> must not find the value again in a log of error messages.
/// </summary>
internal static class UsageErrors
{
    public static int Write(ParseResult parsed, TextWriter error)
    {
        Command command = parsed.CommandResult.Command;
        bool isGroup = command.Subcommands.Count > 0;
        // A misspelt verb is one mistake, not also a missing verb.
        IEnumerable<ParseError> errors = isGroup && parsed.UnmatchedTokens.Count > 0
            ? parsed.Errors.Where(e => Unmatched(e, parsed.UnmatchedTokens) is not null)
            : parsed.Errors;
        foreach (string message in errors.Select(e => Describe(e, parsed.UnmatchedTokens, isGroup)).Distinct())
        {
            error.WriteLine($"error: {Printable.Of(message)}");
        }

        if (isGroup)
        {
            error.WriteLine($"hint: one of: {string.Join(", ", command.Subcommands.Select(c => c.Name))}");
        }
        else
        {
            error.WriteLine($"hint: {CommandPath(parsed.CommandResult)} --help");
        }

        return ExitCode.Usage;
    }

    private static string Describe(ParseError parseError, IReadOnlyList<string> unmatched, bool isGroup)
    {
        string? token = Unmatched(parseError, unmatched);
        return token switch
        {
            null => parseError.Message,
            ['-', ..] => $"there is no option {token.Split('=', 2)[0]}",
            _ when isGroup && token.Length <= 16 => $"there is no verb {token}",
            _ => "there is an argument too many",
        };
    }

    private static string? Unmatched(ParseError parseError, IReadOnlyList<string> unmatched) =>
        unmatched.FirstOrDefault(token => parseError.Message.Contains($"'{token}'", StringComparison.Ordinal));

    private static string CommandPath(CommandResult result)
    {
        List<string> names = [];
        for (CommandResult? at = result; at is { Command: not RootCommand }; at = at.Parent as CommandResult)
        {
            names.Insert(0, at.Command.Name);
        }

        return string.Join(' ', names.Prepend("enkryptify-gateway"));
    }
}
