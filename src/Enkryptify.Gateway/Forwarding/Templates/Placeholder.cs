namespace Enkryptify.Gateway.Forwarding.Templates;

/// <summary>The one definition of <c>%NAME%</c>: 1 to 128 of <c>A-Z a-z 0-9 _ -</c> between percent signs, the alphabet of secret names.</summary>
internal static class Placeholder
{
    public const int MaxName = 128;

    /// <summary>The name, when the percent sign at <paramref name="at"/> opens a placeholder.</summary>
    public static string? At(string text, int at)
    {
        var end = at + 1;
        while (end < text.Length && end - at <= MaxName && IsNameCharacter(text[end]))
        {
            end++;
        }

        return end < text.Length && text[end] == '%' && end > at + 1 ? text[(at + 1)..end] : null;
    }

    /// <summary>Whether anything in the text looks like a placeholder: for places where none may be.</summary>
    public static bool IsIn(string text)
    {
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = at + 1 < text.Length ? text.IndexOf('%', at + 1) : -1)
        {
            if (At(text, at) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
