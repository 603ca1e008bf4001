using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>
/// An upstream's answer as JSON: <c>{status, headers, body}</c> (contract section 7). The body is JSON when the upstream says so and it is, else its text; bytes that
/// are no text come as base64 and say so in <c>bodyEncoding</c>, as they would be sent.
/// </summary>
internal sealed class Envelope
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Envelope(byte[] json) => Json = json;

    public byte[] Json { get; }

    public static async Task<Outcome<Envelope>> Read(HttpResponseMessage response, int most, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentLength > most)
        {
            return TooLarge(most);
        }

        var body = new MemoryStream();
        await using (var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false))
        {
            var chunk = ArrayPool<byte>.Shared.Rent(64 * 1024);
            try
            {
                for (int read; (read = await stream.ReadAsync(chunk, cancel).ConfigureAwait(false)) > 0;)
                {
                    if (body.Length + read > most)
                    {
                        return TooLarge(most);
                    }

                    body.Write(chunk, 0, read);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(chunk, clearArray: true);
            }
        }

        return new Envelope(Write(response, body.GetBuffer().AsMemory(0, (int)body.Length)));
    }

    private static byte[] Write(HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length + 1024);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteNumber("status"u8, (int)response.StatusCode);
            writer.WriteStartObject("headers"u8);
            foreach (var header in UpstreamAnswer.Headers(response).GroupBy(header => header.Name.ToLowerInvariant(), header => header.Value))
            {
                writer.WriteString(header.Key, Readable(string.Join(", ", header)));
            }

            writer.WriteEndObject();
            Body(writer, response, body);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A header's bytes are read as Latin-1; most that have any beyond ASCII mean UTF-8.</summary>
    private static string Readable(string value) => System.Text.Ascii.IsValid(value) ? value : Text(Encoding.Latin1.GetBytes(value), null) ?? value;

    private static void Body(Utf8JsonWriter writer, HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        var type = response.Content.Headers.ContentType;
        if (type?.MediaType is { } media && (media.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase)) && Parsed(body) is { } json)
        {
            using (json)
            {
                writer.WritePropertyName("body"u8);
                json.RootElement.WriteTo(writer);
            }
        }
        else if (Text(body.Span, type?.CharSet) is { } text)
        {
            writer.WriteString("body"u8, text);
        }
        else
        {
            writer.WriteBase64String("body"u8, body.Span);
            writer.WriteString("bodyEncoding"u8, "base64"u8);
        }
    }

    private static JsonDocument? Parsed(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>In the charset that the upstream names, else in UTF-8; null when it is not text in it.</summary>
    private static string? Text(ReadOnlySpan<byte> body, string? charset)
    {
        try
        {
            var encoding = Encoding.GetEncoding(charset?.Trim('"') is { Length: > 0 } named ? named : "utf-8", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
            return encoding.GetString(body);
        }
        catch (ArgumentException)
        {
            // A charset nobody knows, or bytes that are none of its characters.
            return null;
        }
    }

    private static Refusal TooLarge(int most) => new(RefusalKind.BadGateway, "answer_too_large", $"The upstream's answer is larger than {most >> 20} MiB; POST /proxy streams answers of any size");
}
