using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Forwarding.Routes;
using Enkryptify.Gateway.Operations.Metrics;
using Enkryptify.Gateway.Operations.Telemetry;
using Enkryptify.Gateway.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Http;

/// <summary>
/// What every request meets, outermost first. The order matters:
/// <code>
/// 1 facts    its id and address, so that whatever follows can name it
///   (telemetry, a step that is not there while it is off)
/// 2 log      one line when it ends, however it ends
/// 3 errors   nothing but the contract's error shape leaves, also for 404, 405 and bugs
/// 4 routes   what a legacy route owns leaves here: neither the limits nor the paths below are for it
/// 5 limits   counted, and turned away when too much waits, before anything is parsed or proven
/// 6 routing  and then Dispatch: prove, handle, reply
/// </code>
/// </summary>
internal sealed class Pipeline(ServerConfig server, RateLimits limits, Admission admission, ErrorPage errorPage, ObservedRequests? observed, TimeProvider time, ILogger<Pipeline> log)
{
    /// <summary>What is counted of each route; of all that met none, in the last one.</summary>
    public IReadOnlyList<RouteMetrics> Requests => [.. requests, noRoute];

    private readonly List<RouteMetrics> requests = [];
    private readonly RouteMetrics noRoute = new("-", "-");

    public void Build(WebApplication app, RouteTable table, Dispatch dispatch, LegacyRoutes legacy)
    {
        app.Use(next => context => Facts(context, next));
        if (observed is not null)
        {
            app.Use(next => context => observed.Step(context, next));
        }

        app.Use(next => context => Log(context, next));
        app.Use(next => context => Errors(context, next));
        app.Use(next => context => legacy.Step(context, next));
        app.Use(next => context => Limits(context, next));
        legacy.Build(app);
        app.UseRouting();
        foreach (var route in table.Routes)
        {
            var counted = new RouteMetrics(route.Method, route.Pattern);
            requests.Add(counted);
            app.MapMethods(route.Pattern, [route.Method], context => dispatch.Run(route, context)).WithMetadata(counted);
        }
    }

    private Task Facts(HttpContext context, RequestDelegate next)
    {
        context.Features.Set(new RequestFacts(Ids.New(time).ToString("N"), ClientAddress.Of(context, server.TrustedProxies)));
        context.Features.Set(errorPage);
        return next(context);
    }

    private async Task Log(HttpContext context, RequestDelegate next)
    {
        var began = time.GetTimestamp();
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            var elapsed = time.GetElapsedTime(began);
            (context.GetEndpoint()?.Metadata.GetMetadata<RouteMetrics>() ?? noRoute).Ended(context.Response.StatusCode, elapsed);
            if (log.IsEnabled(LogLevel.Information))
            {
                var facts = RequestFacts.Of(context);

                // The route's pattern, never the path or the query: a caller may have put a token there.
                log.LogInformation(
                    "{Method} {Route} {Status} {Milliseconds}ms {Actor} {Address} {RequestId}",
                    Method(context), (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "-", context.Response.StatusCode,
                    (long)elapsed.TotalMilliseconds, facts.Actor is { } actor ? $"{actor.Kind}:{actor.Id}" : "-",
                    facts.AddressText ?? "-", facts.Id);
            }
        }
    }

    private async Task Errors(HttpContext context, RequestDelegate next)
    {
        var id = RequestFacts.Of(context).Id;
        var response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";

        // Whatever is public enough to be kept says so itself.
        response.Headers.CacheControl = "no-store";
        try
        {
            await next(context).ConfigureAwait(false);
            if (!response.HasStarted && response.ContentType is null && response.StatusCode is 404 or 405)
            {
                await (response.StatusCode == 404
                    ? ErrorBody.Write(context, 404, "route_not_found", "No such route", id)
                    : ErrorBody.Write(context, 405, "method_not_allowed", "Method not allowed", id)).ConfigureAwait(false);
            }
        }
        catch (BadHttpRequestException error)
        {
            await Answer(context, error.StatusCode, error.StatusCode == 413 ? "body_too_large" : "bad_request", error.StatusCode == 413
                ? "The request body is larger than the limit" : "The request is malformed", id).ConfigureAwait(false);
        }
        catch (Exception error) when (context.RequestAborted.IsCancellationRequested || error is OperationCanceledException or ConnectionAbortedException)
        {
            // The client has gone, or a stop cut its request short; there is nobody to answer.
            context.Abort();
        }
        catch (Exception error) when (DiskSpace.IsFull(error))
        {
            if (error is not StorageFullException)
            {
                // What was refused beforehand is not told line by line: logs fill disks too, and DiskWatch has told once.
                log.LogError("storage: request {RequestId} failed: {Problem}", id, error.Message);
            }

            response.Headers.RetryAfter = "30";
            await Answer(context, 503, DiskSpace.Refused.Code, "The gateway's disk is full; nothing was changed", id).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SqliteException or StorageException or IOException or ObjectDisposedException)
        {
            log.LogError("storage: request {RequestId} failed: {Problem}", id, error.Message);
            response.Headers.RetryAfter = "5";
            await Answer(context, 503, "storage_unavailable", "The store cannot be used at the moment; nothing was changed", id).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // A bug. Its message may hold anything, so it goes to the log as type and place alone.
            log.LogError("bug: request {RequestId} failed with {Type} at {Place}", id, error.GetType().FullName, error.StackTrace);
            await Answer(context, 500, "internal_error", "Internal error", id).ConfigureAwait(false);
        }
    }

    private Task Limits(HttpContext context, RequestDelegate next)
    {
        if (!IsCounted(context.Request.Path) || context.Features.Get<AdminPeer>() is not null)
        {
            return next(context);
        }

        var facts = RequestFacts.Of(context);
        if (!CountsItself(context.Request.Path))
        {
            var state = limits.CountRequest(facts.Address);
            RateLimits.Show(context.Response, state);
            if (state is { Exceeded: true })
            {
                return Reply.Refused(Access.Refusal.RateLimited()).Write(context, facts.Id);
            }
        }

        return admission.Refused(context.Response) is { } refused ? refused.Write(context, facts.Id) : next(context);
    }

    private static async Task Answer(HttpContext context, int status, string code, string message, string id)
    {
        if (context.Response.HasStarted)
        {
            // Part of another answer is out: cut it off rather than let it look whole.
            context.Abort();
            return;
        }

        // Keeps the rate-limit and security headers.
        context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = null;
        context.Response.ContentLength = null;
        await ErrorBody.Write(context, status, code, message, id).ConfigureAwait(false);
    }

    /// <summary>The polling of a device login: its own limits are in <see cref="Identity.DeviceLoginEndpoints"/>.</summary>
    private static bool CountsItself(PathString path) =>
        path.Value!.AsSpan().TrimEnd('/').Equals(Identity.DeviceLoginEndpoints.TokenPath, StringComparison.OrdinalIgnoreCase);

    private static bool IsCounted(PathString path) =>
        path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/auth", StringComparison.OrdinalIgnoreCase)
        || path.StartsWithSegments("/proxy", StringComparison.OrdinalIgnoreCase) || Dashboard.PagePaths.Hold(path);

    /// <summary>The method as a word of our own: it too is the caller's text.</summary>
    private static string Method(HttpContext context) => context.Request.Method switch
    {
        "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS" => context.Request.Method,
        _ => "OTHER",
    };
}
