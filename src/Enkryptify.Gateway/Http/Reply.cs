using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Http;

/// <summary>An answer as a value: made by a handler, written by <see cref="Dispatch"/>.</summary>
internal abstract class Reply
{
    public static Reply Ok<T>(T body, JsonTypeInfo<T> type) => new JsonReply<T>(200, body, type);

    public static Reply Created<T>(T body, JsonTypeInfo<T> type) => new JsonReply<T>(201, body, type);

    /// <summary>The contract's <c>{"success": true}</c>.</summary>
    public static Reply Success(int status = 200) => new JsonReply<SuccessBody>(status, SuccessBody.True, HttpJson.Default.SuccessBody);

    public static Reply Refused(Refusal refusal) => new RefusalReply(refusal);

    /// <summary>A refusal, or the value in the form that <paramref name="form"/> gives it.</summary>
    public static Reply Of<T>(Outcome<T> outcome, Func<T, Reply> form) => outcome.Refused(out var refusal, out var value) ? Refused(refusal) : form(value);

    public abstract Task Write(HttpContext context, string requestId);
}

internal sealed class JsonReply<T>(int status, T body, JsonTypeInfo<T> type) : Reply
{
    public override async Task Write(HttpContext context, string requestId)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        JsonBuffer.Write(response, body, type);
        await response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}

/// <summary>
/// The thread's own buffer, in which an answer is put together before it leaves: its length is known then, so that it goes out in one piece and not in
/// chunks, and the serialiser needs no state machine. Cleared each time, since it may have held a secret.
/// </summary>
internal static class JsonBuffer
{
    /// <summary>Kept between answers up to this size.</summary>
    private const int Kept = 256 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? writer;

    public static void Write<T>(HttpResponse response, T body, JsonTypeInfo<T> type)
    {
        buffer ??= new ArrayBufferWriter<byte>(4 * 1024);
        writer ??= new Utf8JsonWriter(Stream.Null);
        try
        {
            writer.Reset(buffer);
            JsonSerializer.Serialize(writer, body, type);
            response.ContentLength = buffer.WrittenCount;
            response.BodyWriter.Write(buffer.WrittenSpan);
        }
        finally
        {
            writer.Reset(Stream.Null);
            buffer.Clear();
            if (buffer.Capacity > Kept)
            {
                buffer = null;
            }
        }
    }
}

/// <summary>A body made beforehand, such as the API document.</summary>
internal sealed class BytesReply(string contentType, byte[] body, int status = 200) : Reply
{
    public override async Task Write(HttpContext context, string requestId)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}

/// <summary>The one place where a refusal becomes a status (contract section 2).</summary>
internal sealed class RefusalReply(Refusal refusal) : Reply
{
    public static int StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => 400,
        RefusalKind.Unauthenticated => 401,
        RefusalKind.Forbidden => 403,
        RefusalKind.NotFound => 404,
        RefusalKind.MethodNotAllowed => 405,
        RefusalKind.Conflict => 409,
        RefusalKind.TooLarge => 413,
        RefusalKind.UnsupportedMediaType => 415,
        RefusalKind.RateLimited => 429,
        RefusalKind.BadGateway => 502,
        RefusalKind.Damaged => 500,
        RefusalKind.Unavailable => 503,
        _ => throw new InvalidOperationException("A refusal has no status."),
    };

    public override Task Write(HttpContext context, string requestId)
    {
        var status = StatusOf(refusal.Kind);
        if (status == 401)
        {
            // RFC 6750 section 3: no error code when no credentials were sent.
            context.Response.Headers.WWWAuthenticate = context.Request.Headers.Authorization.Count == 0
                ? "Bearer realm=\"enkryptify\""
                : "Bearer realm=\"enkryptify\", error=\"invalid_token\"";
        }

        if (status == 429 && context.Response.Headers.RetryAfter.Count == 0)
        {
            context.Response.Headers.RetryAfter = "1";
        }
        else if (refusal == Storage.DiskSpace.Refused)
        {
            context.Response.Headers.RetryAfter = "30";
        }

        if (status == 405 && context.Response.Headers.Allow.Count == 0)
        {
            context.Response.Headers.Allow = "GET";
        }

        return ErrorBody.Write(context, status, refusal.Code, refusal.Message, requestId);
    }
}

/// <summary>The error shape of the contract: <c>{"message", "code", "requestId"}</c>.</summary>
internal sealed record ErrorBody(string Message, string Code, string RequestId)
{
    /// <summary>In the route's own form where it has one.</summary>
    public static Task Write(HttpContext context, int status, string code, string message, string requestId) =>
        (context.Features.Get<ErrorForm>()?.Of(context, status, code, message)
            ?? context.Features.Get<ErrorPage>()?.Invoke(context, status, message)
            ?? new JsonReply<ErrorBody>(status, new ErrorBody(message, code, requestId), HttpJson.Default.ErrorBody)).Write(context, requestId);
}

/// <summary>Another error shape than the contract's usual one, for routes whose clients expect it.</summary>
internal abstract class ErrorForm
{
    public abstract Reply Of(HttpContext context, int status, string code, string message);
}

/// <summary>An error as a page, where it is a person who reads it; null where it is a program.</summary>
internal delegate Reply? ErrorPage(HttpContext context, int status, string message);

internal sealed record SuccessBody(bool Success)
{
    public static readonly SuccessBody True = new(true);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(SuccessBody))]
internal sealed partial class HttpJson : JsonSerializerContext;
