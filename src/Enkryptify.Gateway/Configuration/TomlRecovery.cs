using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Enkryptify.Gateway.Configuration;

/// <summary>
/// Parses text that may be broken in several places. The parser alone loses its footing at the first open quote and reports every line after it;
/// so the first broken statement is noted and blanked out, lines keep their numbers, and the rest is parsed again until it is clean.
/// </summary>
internal static partial class TomlRecovery
{
    /// <summary>Past this the file is something else than a configuration.</summary>
    private const int MostMistakes = 200;

    public static (DocumentSyntax Document, ImmutableArray<TomlMistake> Mistakes) Parse(string text)
    {
        string[] lines = text.Split('\n');
        var mistakes = ImmutableArray.CreateBuilder<TomlMistake>();
        while (true)
        {
            (DocumentSyntax? document, TomlMistake? mistake) = ParseLines(lines, lines.Length);
            if (mistake is null)
            {
                return (document!, mistakes.ToImmutable());
            }
            if (mistakes.Count == MostMistakes)
            {
                mistakes.Add(mistake with { Message = "too many mistakes, the rest of the file was not read" });
                return (new DocumentSyntax(), mistakes.ToImmutable());
            }

            // A statement is broken where it began: the last line up to which the text is whole.
            int found = Math.Clamp(mistake.Line - 1, 0, lines.Length);
            int start = found;
            while (start > 0 && ParseLines(lines, start).Mistake is not null)
            {
                start--;
            }
            int end = start;
            if (start < found || OpensMore().IsMatch(lines[start]))
            {
                while (end + 1 < lines.Length && !BeginsStatement().IsMatch(lines[end + 1]))
                {
                    end++;
                }
            }
            mistakes.Add(end < found ? new TomlMistake(start + 1, "this value does not end: a closing bracket or quote is missing") : mistake);
            BlankOut(lines, start, end);
        }
    }

    private static (DocumentSyntax? Document, TomlMistake? Mistake) ParseLines(string[] lines, int count)
    {
        try
        {
            DocumentSyntax document = ParseWhole(lines, count);
            DiagnosticMessage? first = document.Diagnostics.MinBy(diagnostic => diagnostic.Span.Start.Line);
            return (document, first is null ? null : new TomlMistake(first.Span.Start.Line + 1, Explain(first.Message)));
        }
        catch (TomlException)
        {
            // The one thing the parser throws for here is depth, and it does not say where.
            int line = Enumerable.Range(1, count).First(upTo => upTo == count || Throws(lines, upTo));
            return (null, new TomlMistake(line, "brackets are nested too deeply"));
        }
    }

    /// <summary>
    /// The line break at the end matters: on text that ends with a backslash inside a string the parser throws while it words its complaint.
    /// </summary>
    private static DocumentSyntax ParseWhole(string[] lines, int count) =>
        SyntaxParser.Parse(string.Join('\n', lines, 0, count) + "\n", validate: false);

    private static bool Throws(string[] lines, int count)
    {
        try
        {
            _ = ParseWhole(lines, count);
            return false;
        }
        catch (TomlException)
        {
            return true;
        }
    }

    /// <summary>A broken header keeps its name, so that the keys below it are still judged as that section's.</summary>
    private static void BlankOut(string[] lines, int start, int end)
    {
        string header = BrokenHeader().Match(lines[start]) is { Success: true } match ? $"[{match.Groups[1].Value}]" : "";
        string first = lines[start].Trim() == header ? "" : header;
        Array.Fill(lines, "", start, end - start + 1);
        lines[start] = first;
    }

    /// <summary>The parser's own messages quote the text, and that may be a key pasted without its quotes.</summary>
    private static string Explain(string message) => message switch
    {
        _ when message.StartsWith("Invalid newline in a string", StringComparison.Ordinal) => "the closing quote is missing",
        _ when message.StartsWith("Invalid control character", StringComparison.Ordinal) => "a control character must be written as an escape such as \\n",
        _ when message.StartsWith("Expecting `=`", StringComparison.Ordinal) => "expected key = value",
        _ when message.StartsWith("Unable to parse integer", StringComparison.Ordinal) => "the number is too large",
        _ when message.Contains("escape", StringComparison.Ordinal) => "unknown escape in a string; write a backslash as \\\\ or use single quotes",
        _ when message.Contains("while expecting a value", StringComparison.Ordinal) => "expected a value; text stands in quotes",
        _ => "not valid TOML; a line is [section], key = value or # comment, and text stands in quotes",
    };

    /// <summary>A header, closed or not, or a key before its equals sign.</summary>
    [GeneratedRegex("""^\s*(\[\[?\s*[A-Za-z_][\w\s.-]*(\]|$)|("[^"]*"|'[^']*'|[\w-]+)(\s*\.\s*("[^"]*"|'[^']*'|[\w-]+))*\s*=)""")]
    private static partial Regex BeginsStatement();

    [GeneratedRegex("""[\[{,]\s*(#.*)?$""")]
    private static partial Regex OpensMore();

    [GeneratedRegex("""^\s*\[+\s*([A-Za-z0-9_-]+)""")]
    private static partial Regex BrokenHeader();
}
