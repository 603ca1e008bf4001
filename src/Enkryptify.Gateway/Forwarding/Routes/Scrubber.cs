using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Enkryptify.Gateway.Encryption;
using Microsoft.Extensions.Primitives;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// Finds injected values in what an upstream sends back, in the forms in which programs echo them: plain, base64 (also of a Basic pair),
/// percent-encoded, in a JSON string, in HTML, and plain in UTF-16. Each letter found becomes <c>*</c>, so lengths and framing stay as they are. Values shorter than
/// <see cref="LeastBytes"/> are left: they stand in any text by chance.
/// </summary>
internal sealed class Scrubber
{
    public const int LeastBytes = 4;

    private readonly byte[][] forms;
    private readonly string[] inHeaders;

    /// <param name="basic">The base64 of a Basic pair, if there is one.</param>
    public Scrubber(IReadOnlyCollection<Sensitive> values, string? basic)
    {
        var texts = new HashSet<string>(StringComparer.Ordinal);
        if (basic is not null)
        {
            texts.Add(basic.TrimEnd('='));
        }

        foreach (var value in values)
        {
            texts.UnionWith(FormsOf(value.Reveal()));
        }

        byte[][] inBytes = [.. texts.Select(Encoding.UTF8.GetBytes).Where(form => form.Length >= LeastBytes)];
        inHeaders = [.. inBytes.Select(Encoding.Latin1.GetString)];
        forms = [.. inBytes.Concat(values.Select(value => value.Reveal()).Where(value => value.Length >= LeastBytes)
            .SelectMany(value => (byte[][])[Encoding.Unicode.GetBytes(value), Encoding.BigEndianUnicode.GetBytes(value)]))];
        LongestForm = forms.Select(form => form.Length).DefaultIfEmpty(1).Max();
    }

    public int LongestForm { get; }

    /// <summary>Sets <paramref name="marks"/> where a form stands in <paramref name="text"/>.</summary>
    public void Mark(ReadOnlySpan<byte> text, Span<bool> marks)
    {
        foreach (var form in forms)
        {
            var from = 0;
            while (text[from..].IndexOf(form) is >= 0 and var at)
            {
                marks.Slice(from + at, form.Length).Fill(true);
                from += at + 1;
            }
        }
    }

    /// <summary>Header values come as Latin-1, a character for each byte.</summary>
    public StringValues Header(StringValues values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] is { } value && Array.Exists(inHeaders, form => value.Contains(form, StringComparison.Ordinal)))
            {
                var scrubbed = values.ToArray();
                for (; i < scrubbed.Length; i++)
                {
                    scrubbed[i] = Header(scrubbed[i]!);
                }

                return new StringValues(scrubbed);
            }
        }

        return values;
    }

    private string Header(string value)
    {
        var marks = new bool[value.Length];
        foreach (var form in inHeaders)
        {
            for (var at = value.IndexOf(form, StringComparison.Ordinal); at >= 0; at = value.IndexOf(form, at + 1, StringComparison.Ordinal))
            {
                marks.AsSpan(at, form.Length).Fill(true);
            }
        }

        return string.Create(value.Length, (value, marks), static (text, from) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = from.marks[i] ? '*' : from.value[i];
            }
        });
    }

    private static IEnumerable<string> FormsOf(string value)
    {
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(value)).TrimEnd('=');
        var percent = Uri.EscapeDataString(value);
        return
        [
            value, value.Trim(), base64, base64.Replace('+', '-').Replace('/', '_'), percent, LowerHex(percent), WebUtility.UrlEncode(value), LowerHex(WebUtility.UrlEncode(value)),
            JsonEncodedText.Encode(value).Value, JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value, LowerHex(JsonEncodedText.Encode(value).Value),
            WebUtility.HtmlEncode(value), Templates.ValueForm.InXml(value),
        ];
    }

    /// <summary>The same escapes with the other case of hex digits.</summary>
    private static string LowerHex(string text)
    {
        var lower = text.ToCharArray();
        for (var i = 0; i < text.Length; i++)
        {
            var digits = text[i] == '%' ? 2 : text[i] == '\\' && i + 1 < text.Length && text[i + 1] == 'u' ? 5 : 0;
            for (var j = i + 1; j <= i + digits && j < text.Length; j++)
            {
                lower[j] = char.ToLowerInvariant(text[j]);
            }

            i += digits;
        }

        return new string(lower);
    }
}
