using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// The reverse proxy for programs that cannot hold a secret: <c>[[routes]]</c> and <c>[[clusters]]</c> of the configuration. Stands in front of the
/// gateway's own surface: what a route owns never meets the limits, the errors or the paths of <c>/v1</c>.
/// </summary>
internal sealed class LegacyRoutes(
    IServiceProvider services, RouteLoader loader, RouteAdmission admission, RefusalLog refusals, ForwardLog forwarded, LiveCredentials credentials, ServerConfig server,
    ILogger<LegacyRoutes> log)
{
    private readonly YarpConfig yarp = services.GetRequiredService<YarpConfig>();
    private readonly SemaphoreSlim loading = new(1, 1);
    private readonly string[] ownHosts = [.. ForwardingSettings.OwnHosts(server)];
    private RequestDelegate? branch;
    private RouteSet current = RouteSet.Empty;

    /// <summary>The set before, for what YARP matched with it a moment ago.</summary>
    private RouteSet previous = RouteSet.Empty;

    /// <summary>What YARP needs, before the application is built. Its log lines hold whole URLs, with what was injected into them: only health is let through.</summary>
    public static void Register(IHostApplicationBuilder builder, TimeProvider time)
    {
        builder.Logging.AddFilter("Yarp", LogLevel.None).AddFilter("Yarp.ReverseProxy.Health", LogLevel.Warning);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton<YarpConfig>();
        builder.Services.AddSingleton<IProxyConfigProvider>(all => all.GetRequiredService<YarpConfig>());
        builder.Services.AddSingleton<IConfigChangeListener>(all => all.GetRequiredService<YarpConfig>());
        builder.Services.AddSingleton<IPassiveHealthCheckPolicy, FirstFailurePolicy>();
        builder.Services.AddSingleton<ITransformProvider, RouteTransforms>();
        builder.Services.AddReverseProxy();

        // YARP brings ASP.NET Core's authorization along, which would put a step of its own before every request; who may do what is decided elsewhere.
        builder.Services.RemoveAll<IAuthorizationHandlerProvider>();
        builder.Services.AddSingleton<IForwarderHttpClientFactory, UpstreamClients>();
    }

    /// <summary>A pipeline of its own beside the gateway's: what falls through ends in 404.</summary>
    public void Build(IApplicationBuilder app)
    {
        var own = app.New();
        // New() hands on the application's route builder, which would mix these routes with the gateway's.
        own.Properties.Remove("__GlobalEndpointRouteBuilder");
        var gate = new RouteGate(id => current.Find(id) ?? previous.Find(id), admission, refusals, forwarded);
        own.UseRouting();
        own.UseEndpoints(endpoints => endpoints.MapReverseProxy(pipeline =>
        {
            pipeline.Use(gate.Run);
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        }));
        own.Run(static context => RouteRefusal.NoRoute.Write(context, RequestFacts.Of(context).Id));
        branch = own.Build();
    }

    /// <summary>The step of the pipeline: a request that a route owns goes no further.</summary>
    public Task Step(HttpContext context, RequestDelegate next) => Owns(context) ? branch!(context) : next(context);

    /// <summary>
    /// At start. What is wrong in the store stops its route and not the gateway: an expired credential must not keep every secret from everybody. It is
    /// said in the log, and each request is refused until it is put right.
    /// </summary>
    public async Task Start(ForwardingConfig config)
    {
        if (config.Routes.IsEmpty && config.Clusters.IsEmpty)
        {
            return;
        }

        var set = await loader.Load(config);
        foreach (var problem in await loader.Check(set))
        {
            log.LogError("{Problem}; it refuses every request until that is put right", problem);
        }

        await Take(set);
    }

    /// <summary>All of the new configuration, or none of it: then the routes stay as they were, and what is wrong is the answer.</summary>
    public async Task<IReadOnlyList<string>> Reload(ForwardingConfig config)
    {
        await loading.WaitAsync();
        try
        {
            var set = await loader.Load(config);
            var problems = await loader.Check(set);
            if (problems.Count == 0)
            {
                await Take(set);
            }

            return problems;
        }
        catch (UnusableSettingException error)
        {
            return [error.Message];
        }
        catch (Exception error) when (error is InvalidOperationException or AggregateException or TimeoutException)
        {
            return [$"the routes were not taken: {error.Message}"];
        }
        finally
        {
            loading.Release();
        }
    }

    /// <summary>How routes and upstreams stand now, for the dashboard, <c>doctor</c> and metrics.</summary>
    public RoutesStatus Status() => RoutesStatus.Of(current, services.GetRequiredService<IProxyStateLookup>(), credentials);

    private async Task Take(RouteSet set)
    {
        // Found by id before YARP matches them, owned only once it does.
        var before = current;
        previous = set;
        await yarp.Apply(set).ConfigureAwait(false);
        current = set;
        previous = before;
    }

    private bool Owns(HttpContext context)
    {
        var set = current;
        if (set.Routes.Count == 0 || context.Features.Get<AdminPeer>() is not null)
        {
            return false;
        }

        var host = context.Request.Host.Host;
        return set.OwnsHost(host) || (set.OwnsPath(context.Request.Path) && IsOwnHost(host));
    }

    /// <summary>
    /// Routes without a host answer under the gateway's own names and addresses. Any other name could be a page of somebody's that had its name
    /// point here (DNS rebinding), in a browser within an allowed network.
    /// </summary>
    private bool IsOwnHost(string host) =>
        System.Net.IPAddress.TryParse(host, out _) || Array.Exists(ownHosts, own => own.Equals(host, StringComparison.OrdinalIgnoreCase));
}
