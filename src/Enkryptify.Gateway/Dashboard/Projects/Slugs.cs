using System.Globalization;
using System.Text;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>A slug made of a name, for who leaves the field empty.</summary>
internal static class Slugs
{
    private const int MaxLength = 48;

    /// <summary>Letters without their accents, lower case; whatever else becomes a hyphen. May be too short to be one: then the field is asked for.</summary>
    public static string Of(string name)
    {
        var slug = new StringBuilder(name.Length);
        foreach (var character in name.ToLowerInvariant().Select(WithoutAccent))
        {
            if (char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character))
            {
                slug.Append(character);
            }
            else if (CharUnicodeInfo.GetUnicodeCategory(character) != UnicodeCategory.NonSpacingMark && slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        return (slug.Length > MaxLength ? slug.ToString(0, MaxLength) : slug.ToString()).Trim('-');
    }

    /// <summary>The platform's own decomposition needs ICU, which the executable does without: the letters of Latin-1 are enough for a suggestion.</summary>
    private static char WithoutAccent(char letter) => "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ".IndexOf(letter) is >= 0 and var at ? "aaaaaaceeeeiiiinoooooouuuuyy"[at] : letter;
}
