using System.Buffers;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Forwarding.Templates;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>
/// The URL of a proxied request, taken apart by hand: two parsers that read a URL differently are how a request ends elsewhere than where it was
/// checked. What follows the origin stays as the caller wrote it, percent-escapes and dots included, but for what no request line may hold.
/// </summary>
internal sealed class TargetUrl
{
    public const int MaxLength = 16 * 1024;

    /// <summary>Of the path in the log.</summary>
    private const int MaxLoggedPath = 512;

    /// <summary>What is left as it is between the values; the rest is percent-encoded, as browsers do.</summary>
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()*+,;=%");

    private readonly string pathAndQuery;

    private TargetUrl(Origin origin, string pathAndQuery) => (Origin, this.pathAndQuery) = (origin, pathAndQuery);

    public Origin Origin { get; }

    /// <summary>Whether a placeholder may be in there; whether one is, only the names of the secrets tell.</summary>
    public bool HasCandidate => Placeholder.IsIn(pathAndQuery);

    /// <summary>The path as it was written, without the query, and so without values.</summary>
    public string LoggedPath
    {
        get
        {
            var end = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
            var path = end < 0 ? pathAndQuery : pathAndQuery[..end];
            return path.Length > MaxLoggedPath ? path[..MaxLoggedPath] : path;
        }
    }

    public static Outcome<TargetUrl> Parse(string url)
    {
        const string field = "url";
        if (url.Length > MaxLength)
        {
            return Refusal.Invalid(field, $"must contain at most {MaxLength} characters");
        }

        foreach (var c in url)
        {
            if (char.IsControl(c))
            {
                return Refusal.Invalid(field, "must contain no control character");
            }
        }

        var end = url.IndexOf("://", StringComparison.Ordinal);
        if (end < 0)
        {
            return Refusal.Invalid(field, "must begin with http:// or https://");
        }

        if (url.Contains('#', StringComparison.Ordinal))
        {
            return Refusal.Invalid(field, "must have no fragment (#); it would never be sent");
        }

        var authority = url.AsSpan(end + 3);
        var length = authority.IndexOfAny('/', '?');
        authority = length < 0 ? authority : authority[..length];
        if (authority.Contains('\\'))
        {
            return Refusal.Invalid(field, "must have no backslash in its host");
        }

        if (Origin.Parse(field, url[..end], authority.ToString()).Refused(out var refusal, out var origin))
        {
            return refusal;
        }

        var rest = url[(end + 3 + authority.Length)..];
        return new TargetUrl(origin, rest.StartsWith('/') ? rest : "/" + rest);
    }

    public Template Template(Func<string, bool> isSecret) => Templates.Template.ParseUrl(pathAndQuery, isSecret);

    /// <summary>
    /// The URL with its values. It is not canonicalised: %2F stays %2F, and a value of ".." or an encoded letter stays what it is. That is safe because the
    /// text is ASCII without controls or spaces by now, and because the origin is written by us.
    /// </summary>
    public Uri Render(Template template, Func<string, string> value) => new(
        Origin + template.Render(name => ValueForm.InUrl(value(name)), Escaped), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private static string Escaped(string literal)
    {
        if (!literal.AsSpan().ContainsAnyExcept(Plain))
        {
            return literal;
        }

        var text = new StringBuilder(literal.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in literal.EnumerateRunes())
        {
            if (rune.IsAscii && Plain.Contains((char)rune.Value))
            {
                text.Append((char)rune.Value);
                continue;
            }

            foreach (var part in bytes[..rune.EncodeToUtf8(bytes)])
            {
                text.Append('%').Append(part.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }
}
