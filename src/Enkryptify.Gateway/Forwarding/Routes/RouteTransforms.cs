using System.Text;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>One forwarded request: its route, what is injected into it, and the address it came from.</summary>
internal sealed record Forwarding(ActiveRoute Route, Injection Injection, string? Address);

/// <summary>
/// What is changed on the way there and back. The caller's headers were stripped before (<see cref="CallerHeaders"/>), so what YARP copies is clean;
/// the values go into the outgoing message alone, never into the request that the gateway logs.
/// </summary>
internal sealed class RouteTransforms : ITransformProvider
{
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        context.UseDefaultForwarders = false;
        context.CopyResponseTrailers = false;
        context.AddOriginalHost(context.Route.Metadata?.ContainsKey(YarpConfig.PassHost) == true);
        context.AddRequestTransform(There);
        context.AddResponseTransform(Back);
    }

    private static ValueTask There(RequestTransformContext context)
    {
        var (route, injection, address) = context.HttpContext.Features.Get<Forwarding>()!;
        var (request, incoming) = (context.ProxyRequest, context.HttpContext.Request);
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", address ?? "unknown");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", incoming.Host.Value);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", incoming.Scheme);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        foreach (var (name, value) in injection.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value.Reveal()))
            {
                // Content-Type and its like belong to the body, and a request without one has none.
                request.Content?.Headers.Remove(name);
                request.Content?.Headers.TryAddWithoutValidation(name, value.Reveal());
            }
        }

        request.RequestUri = new Uri(
            context.DestinationPrefix.TrimEnd('/') + TargetPath.Of(context.HttpContext, route.Config) + Query(incoming.QueryString, route.Plan, injection).Value,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return default;
    }

    /// <summary>The caller's query as they wrote it, without parameters that the route sets, and those.</summary>
    private static QueryString Query(QueryString incoming, InjectionPlan plan, Injection injection)
    {
        if (injection.Query.Count == 0)
        {
            return incoming;
        }

        var query = new StringBuilder();
        foreach (var part in new StringTokenizer(incoming.HasValue ? incoming.Value![1..] : "", ['&']))
        {
            var name = part.ToString().Split('=', 2)[0];
            if (part.Length > 0 && !plan.QueryNames.Contains(Uri.UnescapeDataString(name.Replace('+', ' ')), StringComparer.OrdinalIgnoreCase))
            {
                query.Append(query.Length == 0 ? '?' : '&').Append(part.AsSpan());
            }
        }

        foreach (var (name, value) in injection.Query)
        {
            query.Append(query.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(name)).Append('=').Append(value.Reveal());
        }

        return new QueryString(query.ToString());
    }

    private static ValueTask Back(ResponseTransformContext context)
    {
        if (context.ProxyResponse is not { } answer)
        {
            return default;
        }

        var (route, injection, _) = context.HttpContext.Features.Get<Forwarding>()!;
        var response = context.HttpContext.Response;
        context.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseFeature>()!.ReasonPhrase = null;
        foreach (var (name, values) in response.Headers)
        {
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && injection.Scrubber.Header(values) is var scrubbed && scrubbed != values)
            {
                response.Headers[name] = scrubbed;
            }
        }

        if (route.Config.Hosts.IsEmpty)
        {
            KeepApart(response.Headers);
        }

        if ((int)answer.StatusCode >= 400)
        {
            ScrubBody(context, answer, injection.Scrubber);
        }

        return default;
    }

    /// <summary>
    /// On the gateway's own host an upstream's page is the dashboard's neighbour: it is shown as a stranger (CSP's sandbox), and sets no cookies there.
    /// </summary>
    private static void KeepApart(IHeaderDictionary headers)
    {
        headers.SetCookie = StringValues.Empty;
        headers.ContentSecurityPolicy = "sandbox";
        headers.XContentTypeOptions = "nosniff";
        headers.Remove("Service-Worker-Allowed");
        headers.Remove("Clear-Site-Data");
    }

    private static void ScrubBody(ResponseTransformContext context, HttpResponseMessage answer, Scrubber scrubber)
    {
        if (answer.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var codings) && codings.Any(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            // Identity was asked for. What cannot be looked through does not pass.
            context.SuppressResponseBody = true;
            context.HttpContext.Response.Headers.ContentEncoding = StringValues.Empty;
            context.HttpContext.Response.Headers.ContentType = StringValues.Empty;
            context.HttpContext.Response.ContentLength = 0;
            return;
        }

        answer.Content = new ScrubbedContent(answer.Content, scrubber);
    }

    /// <summary>The upstream's body, read through the scrubber.</summary>
    private sealed class ScrubbedContent(HttpContent inner, Scrubber scrubber) : HttpContent
    {
        protected override async Task<Stream> CreateContentReadStreamAsync() =>
            new ScrubbingStream(await inner.ReadAsStreamAsync().ConfigureAwait(false), scrubber);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await using var body = await CreateContentReadStreamAsync().ConfigureAwait(false);
            await body.CopyToAsync(stream).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = inner.Headers.ContentLength ?? 0;
            return inner.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
