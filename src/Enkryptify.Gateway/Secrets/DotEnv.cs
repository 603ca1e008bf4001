using System.Buffers;
using System.Text;
using Enkryptify.Gateway.Secrets.References;

namespace Enkryptify.Gateway.Secrets;

/// <summary>One assignment of a <c>.env</c> file; <paramref name="Line"/>, from 1, is where its name stands.</summary>
internal readonly record struct DotEnvEntry(string Name, string Value, int Line)
{
    /// <summary>Without the value: it is a secret.</summary>
    public override string ToString() => $"{Name} (line {Line})";
}

/// <summary>What is wrong with a line, from 1. The message quotes nothing of the file: what looks like a bad name may be a piece of a key.</summary>
internal readonly record struct DotEnvError(int Line, string Message)
{
    public override string ToString() => $"line {Line}: {Message}";
}

/// <summary>A file as read: the entries in their order, and everything that is wrong with it. With any error the entries are incomplete and not to be used.</summary>
internal sealed record DotEnvFile(IReadOnlyList<DotEnvEntry> Entries, IReadOnlyList<DotEnvError> Errors);

/// <summary>Reads and writes <c>.env</c> text. Nothing is expanded: a <c>$</c> is a <c>$</c>.</summary>
/// <remarks>
/// <code>
/// # a comment
/// export NAME=text to the end of the line, trimmed     # "export" is optional; a comment begins with # after a blank
/// NAME='literal, as many lines as it takes'
/// NAME="the same, with \n \r \t \" \\ \$; a backslash before anything else is a backslash"
/// </code>
/// CRLF is read as LF everywhere, so that a file saved on Windows gives the same values; a byte order mark is skipped. Time is linear: an unclosed quote is looked
/// for to the end of the file once for each kind of quote, as a second opening one would have closed the first.
/// </remarks>
internal static class DotEnv
{
    private const string Blanks = " \t";
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+,=");

    public static DotEnvFile Parse(string text)
    {
        Reader reader = new((text.StartsWith('\uFEFF') ? text[1..] : text).Replace("\r\n", "\n", StringComparison.Ordinal));
        return reader.ReadAll();
    }

    /// <summary>
    /// One line for each pair; parsing it gives the same pairs. Throws <see cref="ArgumentException"/> for what no <c>.env</c> file of ours holds: an
    /// invalid or repeated name, an empty value, a NUL.
    /// </summary>
    public static string Write(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        StringBuilder text = new();
        HashSet<string> names = [];
        foreach ((string name, string value) in pairs)
        {
            if (!ReferenceParser.IsName(name) || !names.Add(name) || value.Length == 0 || value.Contains('\0'))
            {
                throw new ArgumentException("A pair has an invalid or repeated name, an empty value or a NUL.", nameof(pairs));
            }

            text.Append(name).Append('=');
            WriteValue(text, value);
            text.Append('\n');
        }

        return text.ToString();
    }

    private static void WriteValue(StringBuilder text, string value)
    {
        if (!value.AsSpan().ContainsAnyExcept(Plain))
        {
            text.Append(value);
            return;
        }

        if (value.AsSpan().IndexOfAny("'\n\r") < 0)
        {
            text.Append('\'').Append(value).Append('\'');
            return;
        }

        text.Append('"');
        foreach (char c in value)
        {
            _ = c switch
            {
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                '\t' => text.Append(@"\t"),
                '"' or '\\' or '$' => text.Append('\\').Append(c),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    /// <summary>The state of one reading: the text with LF line ends, where it stands, and what it found.</summary>
    private sealed class Reader(string text)
    {
        private readonly List<DotEnvEntry> _entries = [];
        private readonly List<DotEnvError> _errors = [];
        private readonly Dictionary<string, int> _lines = [];
        private int _at;
        private int _line = 1;

        public DotEnvFile ReadAll()
        {
            while (_at < text.Length)
            {
                ReadOnlySpan<char> line = RestOfLine(_at).Trim(Blanks);
                if (line.IsEmpty || line[0] == '#')
                {
                    NextLine();
                }
                else if (line.IndexOf('=') < 0)
                {
                    Refuse("expected NAME=value");
                    NextLine();
                }
                else
                {
                    ReadAssignment();
                }
            }

            return new DotEnvFile(_entries, _errors);
        }

        private void ReadAssignment()
        {
            int line = _line;
            int equals = text.IndexOf('=', _at);
            string? name = AcceptName(text.AsSpan(_at, equals - _at).Trim(Blanks));
            _at = equals + 1;
            string? value = ReadValue();
            if (value is "")
            {
                _errors.Add(new DotEnvError(line, "a secret's value cannot be empty"));
            }
            else if (value is not null && value.Contains('\0'))
            {
                _errors.Add(new DotEnvError(line, "a secret's value cannot hold a NUL character"));
            }
            else if (value is not null && name is not null)
            {
                _entries.Add(new DotEnvEntry(name, value, line));
            }
        }

        private string? AcceptName(ReadOnlySpan<char> name)
        {
            if (name.StartsWith("export ") || name.StartsWith("export\t"))
            {
                name = name["export ".Length..].TrimStart(Blanks);
            }

            if (!ReferenceParser.IsName(name))
            {
                Refuse("a name is 1 to 128 characters of A-Z a-z 0-9 _ -");
                return null;
            }

            string accepted = name.ToString();
            if (_lines.TryAdd(accepted, _line))
            {
                return accepted;
            }

            Refuse($"the same name as on line {_lines[accepted]}");
            return null;
        }

        /// <summary>The value that begins here; null when it is refused. Goes on to the line after it.</summary>
        private string? ReadValue()
        {
            ReadOnlySpan<char> line = RestOfLine(_at);
            int blanks = line.Length - line.TrimStart(Blanks).Length;
            if (blanks < line.Length && line[blanks] is '\'' or '"')
            {
                _at += blanks;
                return ReadQuoted(text[_at]);
            }

            string value = line[..CommentStart(line)].Trim(Blanks).ToString();
            NextLine();
            return value;
        }

        private string? ReadQuoted(char quote)
        {
            int start = _at + 1;
            int close = quote == '\'' ? text.IndexOf(quote, start) : ClosingDoubleQuote(start);
            if (close < 0)
            {
                Refuse("the quote that opens here is never closed");
                NextLine();
                return null;
            }

            ReadOnlySpan<char> quoted = text.AsSpan(start, close - start);
            _line += quoted.Count('\n');
            _at = close + 1;
            ReadOnlySpan<char> rest = RestOfLine(_at);
            bool clean = rest[..CommentStart(rest)].Trim(Blanks).IsEmpty;
            if (!clean)
            {
                Refuse("text after the closing quote");
            }

            NextLine();
            return !clean ? null : quote == '\'' ? quoted.ToString() : Unescape(quoted);
        }

        private int ClosingDoubleQuote(int from)
        {
            int at = from;
            while (at < text.Length)
            {
                int found = text.AsSpan(at).IndexOfAny('"', '\\');
                if (found < 0)
                {
                    break;
                }

                at += found;
                if (text[at] == '"')
                {
                    return at;
                }

                at += 2;
            }

            return -1;
        }

        private static string Unescape(ReadOnlySpan<char> quoted)
        {
            StringBuilder value = new(quoted.Length);
            for (int at = 0; at < quoted.Length; at++)
            {
                char next = at + 1 < quoted.Length ? quoted[at + 1] : '\0';
                if (quoted[at] != '\\' || next is not ('n' or 'r' or 't' or '"' or '\\' or '$'))
                {
                    value.Append(quoted[at]);
                    continue;
                }

                value.Append(next switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => next });
                at++;
            }

            return value.ToString();
        }

        /// <summary>Where a # after a blank begins a comment; the line's length when none does.</summary>
        private static int CommentStart(ReadOnlySpan<char> line)
        {
            for (int at = 1; at < line.Length; at++)
            {
                if (line[at] == '#' && line[at - 1] is ' ' or '\t')
                {
                    return at;
                }
            }

            return line.Length;
        }

        private ReadOnlySpan<char> RestOfLine(int from)
        {
            ReadOnlySpan<char> rest = text.AsSpan(from);
            int end = rest.IndexOf('\n');
            return end < 0 ? rest : rest[..end];
        }

        private void NextLine()
        {
            _at += RestOfLine(_at).Length + 1;
            _line++;
        }

        private void Refuse(string message) => _errors.Add(new DotEnvError(_line, message));
    }
}
