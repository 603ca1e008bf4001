using System.Buffers;
using System.Text.Json;
using Enkryptify.Gateway.Access;
using Microsoft.Net.Http.Headers;

namespace Enkryptify.Gateway.Http;

/// <summary>Reads a request's body as one JSON object. Its size was bounded before (4 MiB on <c>/v1</c>), its depth is bounded here.</summary>
internal static class JsonBody
{
    public const int MaxDepth = 16;

    public static async ValueTask<Outcome<JsonFields>> Read(HttpContext context)
    {
        if (!IsJson(context.Request.ContentType))
        {
            return new Refusal(RefusalKind.UnsupportedMediaType, "unsupported_media_type", "Content-Type: must be application/json");
        }

        if (context.Request.Headers.ContentEncoding is { Count: > 0 } encoding && !encoding.All(coding => string.Equals(coding, "identity", StringComparison.OrdinalIgnoreCase)))
        {
            // RFC 9110 section 8.4: nothing here decompresses, so a body never grows.
            return new Refusal(RefusalKind.UnsupportedMediaType, "unsupported_media_type", "Content-Encoding: is not supported");
        }

        try
        {
            var document = await JsonDocument.ParseAsync(
                context.Request.Body, new JsonDocumentOptions { MaxDepth = MaxDepth }, context.RequestAborted).ConfigureAwait(false);
            context.Response.RegisterForDispose(document);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? JsonFields.Of(document.RootElement, "")
                : Refusal.Invalid("body", "must be a JSON object");
        }
        catch (JsonException error)
        {
            return Refusal.Invalid("body", error.BytePositionInLine is { } position
                ? $"is not valid JSON (line {error.LineNumber + 1}, byte {position + 1}), or nested more than {MaxDepth} deep"
                : "is not valid JSON");
        }
    }

    /// <summary>No content type is taken as JSON; another one, or another charset than UTF-8, is refused.</summary>
    private static bool IsJson(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType))
        {
            return true;
        }

        return MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
    }
}
