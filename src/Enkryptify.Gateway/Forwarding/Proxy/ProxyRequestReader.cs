using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>Reads both wire forms of a proxied request. Nothing is looked up here.</summary>
internal sealed class ProxyRequestReader(TimeProvider time)
{
    /// <summary>Of the body that describes a request, and so of the request's own (contract section 2).</summary>
    public const int MaxBody = 16 << 20;

    /// <summary>Of JSON that is sent on.</summary>
    public const int MaxDepth = 64;

    /// <summary>For the whole body: a proof that ends meanwhile is not looked at again.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    private static readonly HashSet<string> Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    /// <summary>The place of the secrets in the body: <c>config {workspace, project, "environment-id", "is-personal"}</c>.</summary>
    public async ValueTask<Outcome<ProxyRequest>> WithConfig(Call call)
    {
        if ((await Fields(call)).Refused(out var refusal, out var fields))
        {
            return refusal;
        }

        var config = fields.Object("config");
        var (workspace, project, environment) = (config.Text("workspace", 1, 64), config.Text("project", 1, 64), config.Text("environment-id", 1, 64));
        return Read(fields, workspace, project, environment, config.Truth("is-personal", absent: false), withEncoding: false);
    }

    /// <summary>The place of the secrets in the path; the body may be <c>bodyEncoding: "base64"</c>.</summary>
    public async ValueTask<Outcome<ProxyRequest>> WithPath(Call call)
    {
        return (await Fields(call)).Refused(out var refusal, out var fields)
            ? refusal
            : Read(fields, call.Segment("ws"), call.Segment("prj"), call.Segment("environmentId"), personal: false, withEncoding: true);
    }

    private async ValueTask<Outcome<JsonFields>> Fields(Call call)
    {
        call.Context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MaxBody;
        using var limit = new CancellationTokenSource(TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, call.Aborted);
        try
        {
            return await JsonBody.Read(call.Context, MaxDepth, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !call.Aborted.IsCancellationRequested)
        {
            return Refusal.Invalid("body", $"did not arrive within {TimeLimit.TotalSeconds:0} seconds");
        }
    }

    private static Outcome<ProxyRequest> Read(JsonFields fields, string workspace, string project, string environment, bool personal, bool withEncoding)
    {
        var method = fields.Text("method");
        if (!Methods.Contains(method))
        {
            fields.Complain("method", "must be GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS");
        }

        var url = fields.Text("url", 1);
        var headers = ProxyHeaders.Read(fields);
        var body = Body(fields, method, headers, withEncoding ? fields.OptionalText("bodyEncoding") : null);
        if (fields.Problem is { } problem)
        {
            return problem;
        }

        return TargetUrl.Parse(url).Refused(out var refusal, out var target)
            ? refusal
            : new ProxyRequest(workspace, project, environment, personal, method, target, headers, body);
    }

    private static ProxyBody Body(JsonFields fields, string method, IReadOnlyList<ProxyHeader> headers, string? encoding)
    {
        if (encoding is not (null or "base64"))
        {
            fields.Complain("bodyEncoding", "must be base64, or left out");
        }

        if (fields.Element("body") is not { } value)
        {
            return ProxyBody.None;
        }

        if (method is "GET" or "HEAD")
        {
            fields.Complain("body", $"must not be sent with {method}");
            return ProxyBody.None;
        }

        if (encoding == "base64")
        {
            var text = fields.Text("body");
            var bytes = new byte[text.Length / 4 * 3 + 3];
            if (Convert.TryFromBase64String(text, bytes, out var written))
            {
                return ProxyBody.Bytes(bytes[..written]);
            }

            fields.Complain("body", "must be base64, as bodyEncoding says");
            return ProxyBody.None;
        }

        var contentType = headers.FirstOrDefault(header => header.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase));
        if (ProxyBody.Of(value, contentType?.Value.Render(name => $"%{name}%")) is not { } body)
        {
            fields.Complain("body", "must be valid Unicode");
            return ProxyBody.None;
        }

        return body;
    }
}
