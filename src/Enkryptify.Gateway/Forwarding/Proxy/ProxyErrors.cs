using System.Text.Json.Serialization;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>Errors of <c>POST /proxy</c>: <c>{"error": {"code", "message"}}</c>.</summary>
internal sealed class CodedErrors : ErrorForm
{
    public override Reply Of(HttpContext context, int status, string code, string message)
    {
        var (known, text) = (status, code) switch
        {
            (401, _) when context.Request.Headers.Authorization.Count == 0 => ("missing_authorization", "Authorization: a bearer token is required"),
            (401, _) or (403, "insufficient_permissions") => ("secrets_unauthorized", message),
            (400, _) => ("invalid_request", message),
            _ => (code, message),
        };
        return new JsonReply<CodedError>(status, new CodedError(new CodedErrorDetail(known, text)), ProxyJson.Default.CodedError);
    }
}

/// <summary>Errors of <c>POST /proxy/{ws}/{prj}/{environmentId}</c>: <c>{"error": string}</c>.</summary>
internal sealed class PlainErrors : ErrorForm
{
    public override Reply Of(HttpContext context, int status, string code, string message) =>
        new JsonReply<PlainError>(status, new PlainError(message), ProxyJson.Default.PlainError);
}

internal sealed record CodedError(CodedErrorDetail Error);

internal sealed record CodedErrorDetail(string Code, string Message);

internal sealed record PlainError(string Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CodedError))]
[JsonSerializable(typeof(PlainError))]
internal sealed partial class ProxyJson : JsonSerializerContext;
