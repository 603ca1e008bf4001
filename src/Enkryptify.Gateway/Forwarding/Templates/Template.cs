using System.Text;

namespace Enkryptify.Gateway.Forwarding.Templates;

/// <summary>
/// A text with placeholders <c>%NAME%</c> (contract section 7), parsed once into literals and names, rendered as often as needed. What is rendered
/// is never scanned again: a value that looks like a placeholder stays a value.
/// </summary>
internal sealed class Template
{
    private readonly TemplatePart[] parts;

    private Template(List<TemplatePart> parts)
    {
        this.parts = [.. parts];
        Names = [.. parts.Where(part => part.IsName).Select(part => part.Text).Distinct(StringComparer.Ordinal)];
    }

    public IReadOnlyList<TemplatePart> Parts => parts;

    /// <summary>The names it asks for, each once, in the order of their first use.</summary>
    public IReadOnlyList<string> Names { get; }

    public bool IsLiteral => Names.Count == 0;

    /// <summary>Of a header value, a query parameter's value or a text: every candidate is a placeholder.</summary>
    public static Template Parse(string text) => Parse(text, static _ => true);

    /// <summary>
    /// Of a URL's path and query: a candidate that begins with two hex digits and names no secret is a percent-escape. It stays, and scanning goes on
    /// after <c>%XX</c>: in <c>%20%KEY%</c> the second <c>%</c> opens a placeholder.
    /// </summary>
    /// <param name="isSecret">Whether a secret of this name is there for the caller.</param>
    public static Template ParseUrl(string pathAndQuery, Func<string, bool> isSecret) => Parse(
        pathAndQuery, name => !(name.Length >= 2 && char.IsAsciiHexDigit(name[0]) && char.IsAsciiHexDigit(name[1])) || isSecret(name));

    /// <param name="value">The value of a name as it is to stand in the text: see <see cref="ValueForm"/>.</param>
    /// <param name="literal">What is to stand for the text between; itself unless given.</param>
    public string Render(Func<string, string> value, Func<string, string>? literal = null)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part.IsName ? value(part.Text) : literal is null ? part.Text : literal(part.Text));
        }

        return text.ToString();
    }

    private static Template Parse(string text, Func<string, bool> isName)
    {
        var parts = new List<TemplatePart>();
        var literal = 0;
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', at))
        {
            if (Placeholder.At(text, at) is { } name && isName(name))
            {
                if (at > literal)
                {
                    parts.Add(new TemplatePart(text[literal..at], false));
                }

                parts.Add(new TemplatePart(name, true));
                literal = at += name.Length + 2;
            }
            else
            {
                // No placeholder opens here. Within an escape (%XX) there is no other '%', so the next character is as good as the one after it.
                at++;
            }
        }

        if (literal < text.Length)
        {
            parts.Add(new TemplatePart(text[literal..], false));
        }

        return new Template(parts);
    }
}

/// <summary>A piece of a template: text as it stands, or the name of what is to stand there.</summary>
internal readonly record struct TemplatePart(string Text, bool IsName);
