using System.Buffers;
using System.Text;

namespace Enkryptify.Gateway.Secrets.References;

/// <summary>
/// Finds references in a stored text. What is not a well-formed reference is text: there is no escape and no error.
/// </summary>
/// <remarks>
/// <code>
/// reference = "${" NAME "}" / "${" slug "." environment "." NAME "}"
/// NAME      = 1-128 of A-Z a-z 0-9 _ -
/// slug      = 2-48 of a-z 0-9 -
/// environment: what lies between the first and the last dot, 1-64 characters, neither control characters nor "}" nor "${"
/// </code>
/// A <c>$</c> before a reference is text (<c>$${A}</c> is <c>$</c> and a reference to A). The innermost of nested candidates is the reference
/// (<c>${a${B}}</c> names B), which is why an environment name with <c>${</c> in it cannot be referred to.
/// Time is linear: a candidate is looked at once, within the length that the longest reference may have.
/// </remarks>
internal static class ReferenceParser
{
    public const int MaxNameLength = 128;
    private const int MaxSlugLength = 48;
    private const int MaxEnvironmentCharacters = 64;

    /// <summary>Between the braces, in UTF-16 units: a character of an environment name is one or two.</summary>
    private const int MaxBodyLength = MaxSlugLength + 1 + 2 * MaxEnvironmentCharacters + 1 + MaxNameLength;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    private static readonly SearchValues<char> SlugCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>True for a secret's name: 1-128 of A-Z a-z 0-9 _ -.</summary>
    public static bool IsName(ReadOnlySpan<char> name) => name.Length is >= 1 and <= MaxNameLength && !name.ContainsAnyExcept(NameCharacters);

    /// <summary>The first reference at or after <paramref name="from"/>. Going on from its end finds all of them, left to right, none overlapping.</summary>
    public static bool TryNext(string text, int from, out ReferenceSpan span)
    {
        while (from < text.Length)
        {
            int at = text.AsSpan(from).IndexOf("${");
            if (at < 0)
            {
                break;
            }

            int start = from + at;
            int bodyStart = start + 2;
            ReadOnlySpan<char> window = text.AsSpan(bodyStart, Math.Min(MaxBodyLength + 1, text.Length - bodyStart));
            int bodyLength = window.IndexOf('}');
            if (bodyLength > 0 && Read(window[..bodyLength]) is { } reference)
            {
                span = new ReferenceSpan(start, bodyLength + 3, reference);
                return true;
            }

            from = bodyStart;
        }

        span = default;
        return false;
    }

    /// <summary>Every reference of a text, in its order.</summary>
    public static List<ReferenceSpan> All(string text)
    {
        List<ReferenceSpan> spans = [];
        for (int from = 0; TryNext(text, from, out ReferenceSpan span); from = span.End)
        {
            spans.Add(span);
        }

        return spans;
    }

    /// <summary>
    /// The distinct references of a new text that its predecessor (null: there was none) did not hold, in their order. A writer must be able to read
    /// what these name, or a wider reader would fetch it for them. Both texts are of the same secret in the same environment: elsewhere
    /// <c>${NAME}</c> names something else.
    /// </summary>
    public static List<Reference> Added(string? oldText, string newText)
    {
        HashSet<Reference> seen = [];
        for (int from = 0; oldText is not null && TryNext(oldText, from, out ReferenceSpan span); from = span.End)
        {
            seen.Add(span.Reference);
        }

        List<Reference> added = [];
        for (int from = 0; TryNext(newText, from, out ReferenceSpan span); from = span.End)
        {
            if (seen.Add(span.Reference))
            {
                added.Add(span.Reference);
            }
        }

        return added;
    }

    private static Reference? Read(ReadOnlySpan<char> body)
    {
        int first = body.IndexOf('.');
        if (first < 0)
        {
            return IsName(body) ? new Reference(null, null, body.ToString()) : null;
        }

        int last = body.LastIndexOf('.');
        return first != last && IsSlug(body[..first]) && IsEnvironmentName(body[(first + 1)..last]) && IsName(body[(last + 1)..])
            ? new Reference(body[..first].ToString(), body[(first + 1)..last].ToString(), body[(last + 1)..].ToString())
            : null;
    }

    private static bool IsSlug(ReadOnlySpan<char> slug) => slug.Length is >= 2 and <= MaxSlugLength && !slug.ContainsAnyExcept(SlugCharacters);

    private static bool IsEnvironmentName(ReadOnlySpan<char> name)
    {
        int characters = 0;
        foreach (Rune character in name.EnumerateRunes())
        {
            if (Rune.IsControl(character) || ++characters > MaxEnvironmentCharacters)
            {
                return false;
            }
        }

        return characters > 0 && name.IndexOf("${") < 0;
    }
}
