using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// What stands before every forwarded request, within YARP's pipeline, once it has matched a route:
/// <code>
/// 1 who may    the route's one way in, or 401/403 and a tally in the audit
/// 2 target     no method that gives the request back, no step upwards that the upstream might take
/// 3 values     the route's credential, its right, what it injects; or 403/502
/// 4 count      the audit's tally of forwarded requests; its first entry is written before anything leaves
/// 5 strip      what of the caller's headers does not travel on
/// 6 forward    and turn YARP's failures into clean answers
/// </code>
/// </summary>
internal sealed class RouteGate(Func<string, ActiveRoute?> find, RouteAdmission admission, RefusalLog refusals, ForwardLog forwarded)
{
    public async Task Run(HttpContext context, Func<Task> next)
    {
        var facts = RequestFacts.Of(context);
        if (find(context.GetReverseProxyFeature().Route.Config.RouteId) is not { } route)
        {
            // Taken out by a reload a moment ago.
            await RouteRefusal.NoRoute.Write(context, facts.Id).ConfigureAwait(false);
            return;
        }

        var (user, refusal) = admission.Judge(context, route.Config.Users, facts.AddressText, facts.Id);
        refusal ??= IsEchoOrTunnel(context.Request.Method) ? RouteRefusal.BadMethod : TargetPath.StepsUpwards(context) ? RouteRefusal.BadPath : null;
        Injection? injection = null;
        if (refusal is null)
        {
            facts.Actor = user;
            (injection, refusal) = await route.Secrets.Get(facts.AddressText, facts.Id, context.RequestAborted).ConfigureAwait(false);
        }

        if (refusal is not null)
        {
            await Refuse(context, route, refusal, facts, user).ConfigureAwait(false);
            return;
        }

        await forwarded.Forwarded(route.Config.Name, route.Secrets.Workspace, user!, facts.AddressText, route.Secrets.Credential!.Value).ConfigureAwait(false);
        Prepare(context, route);
        context.Features.Set(new Forwarding(route, injection!, facts.AddressText));
        await Forward(context, route, facts.Id, next).ConfigureAwait(false);
    }

    private async Task Refuse(HttpContext context, ActiveRoute route, RouteRefusal refusal, RequestFacts facts, AuditActor? user)
    {
        await refusals.Refused(
            $"route {route.Config.Name}", refusal.Reason, facts.AddressText, facts.Id, user is null ? null : $"{user.Kind}:{user.Id}", route.Secrets.Workspace).ConfigureAwait(false);
        await refusal.Write(context, facts.Id).ConfigureAwait(false);
    }

    /// <summary>
    /// The limits of <c>/v1</c> are not those of somebody else's application: bodies of any size and pace, watched by the cluster's time-outs alone.
    /// </summary>
    private static void Prepare(HttpContext context, ActiveRoute route)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = null;
        context.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        route.CallerHeaders.Strip(context.Request.Headers);

        // Cache-Control and the like are the upstream's to set.
        context.Response.Headers.Clear();
    }

    private static async Task Forward(HttpContext context, ActiveRoute route, string id, Func<Task> next)
    {
        var caller = context.RequestAborted;
        using var deadline = route.Cluster.TotalTimeout is null || IsWebSocket(context.Request) ? null : CancellationTokenSource.CreateLinkedTokenSource(caller);
        if (deadline is not null)
        {
            deadline.CancelAfter(route.Cluster.TotalTimeout!.Value);
            context.RequestAborted = deadline.Token;
        }

        try
        {
            await next().ConfigureAwait(false);
        }
        finally
        {
            context.RequestAborted = caller;
        }

        if (context.GetForwarderErrorFeature() is { Error: not ForwarderError.None } failure)
        {
            await Fail(context, failure.Error, late: deadline is { IsCancellationRequested: true } && !caller.IsCancellationRequested, id).ConfigureAwait(false);
        }
        else if (!context.Response.HasStarted)
        {
            // An answer without a body is complete too, and not one of ours to reword.
            await context.Response.StartAsync(caller).ConfigureAwait(false);
        }
    }

    private static bool IsWebSocket(HttpRequest request) => request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>TRACE gives back the request with all that was injected (RFC 9110 section 9.3.8), and is answered 200; CONNECT asks for a tunnel.</summary>
    private static bool IsEchoOrTunnel(string method) =>
        method.Equals("TRACE", StringComparison.OrdinalIgnoreCase) || method.Equals("TRACK", StringComparison.OrdinalIgnoreCase) || HttpMethods.IsConnect(method);

    private static async Task Fail(HttpContext context, ForwarderError error, bool late, string id)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            // Part of the answer is out, or nobody waits: cut it off rather than let it look whole.
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.Headers.CacheControl = "no-store";
        await (error switch
        {
            _ when late => ErrorBody.Write(context, 504, "upstream_timeout", "The upstream did not answer in time", id),
            ForwarderError.RequestTimedOut => ErrorBody.Write(context, 504, "upstream_timeout", "The upstream did not answer in time", id),
            ForwarderError.NoAvailableDestinations => ErrorBody.Write(context, 503, "upstream_unavailable", "No upstream is there to answer", id),
            ForwarderError.RequestBodyClient => ErrorBody.Write(context, 400, "bad_request", "The request is malformed", id),
            _ => ErrorBody.Write(context, 502, "upstream_failed", "The upstream cannot be reached or gave no usable answer", id),
        }).ConfigureAwait(false);
    }
}
