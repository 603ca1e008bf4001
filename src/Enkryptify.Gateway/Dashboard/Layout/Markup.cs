using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>
/// A piece of markup. Made from an interpolated string alone, in which whatever stands between braces is encoded unless it is markup itself: there
/// is no way to make one from a text, so a name can never become a tag. Attributes are always quoted.
/// </summary>
internal sealed class Markup : IHtmlContent
{
    public static readonly Markup None = new("");
    private readonly string markup;

    private Markup(string markup) => this.markup = markup;

    public static Markup Of(ref MarkupBuilder builder) => new(builder.Text);

    /// <summary>An attribute, or nothing when it has no value.</summary>
    public static Markup Attribute(AttributeName name, string? value) => value is null ? None : new Markup($" {name.Text}=\"{HtmlEncoder.Default.Encode(value)}\"");

    /// <summary>An attribute that stands or does not.</summary>
    public static Markup Flag(AttributeName name, bool stands) => stands ? new Markup(" " + name.Text) : None;

    public static Markup Join(IEnumerable<Markup> pieces, string separator = "") => new(string.Join(HtmlEncoder.Default.Encode(separator), pieces.Select(piece => piece.markup)));

    public void WriteTo(TextWriter writer, HtmlEncoder encoder) => writer.Write(markup);

    public override string ToString() => markup;

    /// <summary>A name written in our own source.</summary>
    public readonly struct AttributeName(string text)
    {
        public string Text => text;

        public static implicit operator AttributeName([System.Diagnostics.CodeAnalysis.ConstantExpected] string text) => new(text);
    }
}

/// <summary>Encodes what is put into a piece of markup.</summary>
[InterpolatedStringHandler]
internal readonly ref struct MarkupBuilder(int literalLength, int formattedCount)
{
    private readonly StringBuilder text = new(literalLength + (formattedCount * 16));

    public string Text => text.ToString();

    public void AppendLiteral(string literal) => text.Append(literal);

    public void AppendFormatted(string? value) => text.Append(value is null ? "" : HtmlEncoder.Default.Encode(value));

    public void AppendFormatted(Markup? markup) => text.Append(markup?.ToString());

    public void AppendFormatted(long number) => text.Append(CultureInfo.InvariantCulture, $"{number}");

    public void AppendFormatted(Guid id) => text.Append(CultureInfo.InvariantCulture, $"{id:D}");
}
