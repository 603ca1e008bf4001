using System.Globalization;
using System.Text;

namespace Enkryptify.Gateway.Cli;

/// <summary>
/// Text from elsewhere made safe for one line of a terminal: a note or a message with escape sequences must not move the cursor,
/// recolour the screen or reorder what the operator reads.
/// </summary>
internal static class Printable
{
    public static string Of(string text)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        StringBuilder safe = new(text.Length + 8);
        foreach (char c in text)
        {
            safe = c switch
            {
                '\n' => safe.Append("\\n"),
                '\r' => safe.Append("\\r"),
                '\t' => safe.Append("\\t"),
                _ when IsUnsafe(c) => safe.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => safe.Append(c),
            };
        }

        return safe.ToString();
    }

    // Controls (C0, DEL, C1), line and paragraph separators, and the bidirectional overrides and isolates.
    private static bool IsUnsafe(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
