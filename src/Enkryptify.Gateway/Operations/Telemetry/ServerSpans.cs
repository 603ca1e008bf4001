using System.Diagnostics;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Operations.Metrics;
using Yarp.ReverseProxy.Model;

namespace Enkryptify.Gateway.Operations.Telemetry;

/// <summary>
/// What a span or a measurement may say of a request, in the words of the semantic conventions for HTTP: the method as a word of our own, the route's pattern, the
/// status, the kind of failure. Never a path, a query, a header, a name or a value: a caller may have put a secret there.
/// </summary>
internal readonly record struct RequestWords(string Method, string? Route, int Status, string? Error)
{
    public static RequestWords Of(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var error = context.RequestAborted.IsCancellationRequested ? "aborted" : status >= 500 ? StatusWord(status) : null;
        return new RequestWords(MethodOf(context), context.GetEndpoint()?.Metadata.GetMetadata<RouteMetrics>()?.Pattern, status, error);
    }

    public static string MethodOf(HttpContext context) => context.Request.Method switch
    {
        "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS" => context.Request.Method,
        _ => "_OTHER",
    };

    private static string StatusWord(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>
/// A span for each request. The caller's <c>traceparent</c> says which trace it belongs to and nothing else: whether it is kept is our sampling's to say, which goes
/// by the trace's id, and <c>tracestate</c>, a text of the caller's, is not taken.
/// </summary>
internal sealed class ServerSpans : IDisposable
{
    private readonly ActivitySource source;

    /// <summary>Each gateway of a process has a source of its own, so that what one sends is its own.</summary>
    public ServerSpans()
    {
        SourceName = "Enkryptify.Gateway." + Ids.New(TimeProvider.System).ToString("N");
        source = new ActivitySource(SourceName);
    }

    public string SourceName { get; }

    public Activity? Begin(HttpContext context) => source.StartActivity(RequestWords.MethodOf(context), ActivityKind.Server, ParentOf(context.Request.Headers));

    public static void End(Activity span, HttpContext context)
    {
        if (!span.IsAllDataRequested)
        {
            return;
        }

        var words = RequestWords.Of(context);
        span.DisplayName = words.Route is null ? words.Method : $"{words.Method} {words.Route}";
        span.SetTag("http.request.method", words.Method);
        span.SetTag("url.scheme", context.Request.IsHttps ? "https" : "http");
        span.SetTag("http.response.status_code", words.Status);

        // By it the log and the audit log are found.
        span.SetTag("enkryptify.request_id", RequestFacts.Of(context).Id);
        if (words.Route is not null)
        {
            span.SetTag("http.route", words.Route);
        }

        if (context.Features.Get<Forwarding.Routes.Forwarding>() is { } forwarding)
        {
            span.SetTag("enkryptify.route", forwarding.Route.Config.Name);
        }

        if (words.Error is not null)
        {
            span.SetTag("error.type", words.Error);
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    public void Dispose() => source.Dispose();

    /// <summary>As remote, and without the flags: what is malformed begins a trace of its own.</summary>
    private static ActivityContext ParentOf(IHeaderDictionary headers) =>
        headers.TraceParent is [{ Length: 55 } parent] && ActivityContext.TryParse(parent, null, isRemote: true, out var context)
            ? new ActivityContext(context.TraceId, context.SpanId, ActivityTraceFlags.None, null, isRemote: true)
            : default;
}
