using System.Text.Encodings.Web;
using System.Text.Json;

namespace Enkryptify.Gateway.Forwarding.Templates;

/// <summary>
/// How a value stands where it is put, so that it stays one value there: a quote does not end a JSON string, an ampersand does not begin a parameter,
/// a line break does not begin a header.
/// </summary>
internal static class ValueForm
{
    /// <summary>In a path or query: everything but RFC 3986's unreserved characters is percent-encoded as UTF-8.</summary>
    public static string InUrl(string value) => Uri.EscapeDataString(value);

    /// <summary>Within the quotes of a JSON string.</summary>
    public static string InJson(string value) => JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value;

    /// <summary>In the content of an XML element or an attribute's value.</summary>
    public static string InXml(string value) => value
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal).Replace("'", "&apos;", StringComparison.Ordinal);

    /// <summary>Whether a text may stand in a header value: one with a control character is refused, never cleaned (a line break would begin another header).</summary>
    public static bool FitsHeader(string value)
    {
        foreach (var c in value)
        {
            if (char.IsControl(c))
            {
                return false;
            }
        }

        return true;
    }
}
