using System.Buffers;
using System.Text.Json;
using Enkryptify.Gateway.Access;
using Microsoft.Net.Http.Headers;

namespace Enkryptify.Gateway.Http;

/// <summary>Reads a request's body as one JSON object. Its size was bounded before (4 MiB on <c>/v1</c>), its depth is bounded here.</summary>
internal static class JsonBody
{
    public const int MaxDepth = 16;

    public static async ValueTask<Outcome<JsonFields>> Read(HttpContext context, int maxDepth = MaxDepth, CancellationToken cancel = default)
    {
        if ((await ReadValue(context, maxDepth, cancel).ConfigureAwait(false)).Refused(out var refusal, out var value))
        {
            return refusal;
        }

        return value.ValueKind == JsonValueKind.Object ? JsonFields.Of(value, "") : Refusal.Invalid("body", "must be a JSON object");
    }

    /// <summary>Any JSON value, for the bodies that are no object.</summary>
    public static async ValueTask<Outcome<JsonElement>> ReadValue(HttpContext context, int maxDepth = MaxDepth, CancellationToken cancel = default)
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
                context.Request.Body, new JsonDocumentOptions { MaxDepth = maxDepth }, cancel.CanBeCanceled ? cancel : context.RequestAborted).ConfigureAwait(false);
            context.Response.RegisterForDispose(document);
            return document.RootElement;
        }
        catch (JsonException error)
        {
            return Refusal.Invalid("body", error.BytePositionInLine is { } position
                ? $"is not valid JSON (line {error.LineNumber + 1}, byte {position + 1}), or nested more than {maxDepth} deep"
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
