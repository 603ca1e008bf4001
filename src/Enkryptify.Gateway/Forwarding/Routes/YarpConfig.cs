using Enkryptify.Gateway.Configuration;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// Hands routes and clusters to YARP, which checks a whole configuration before it takes any of it, and waits for its word. Clusters keep their names
/// over a reload, so that connections and what is known of a destination's health stay.
/// </summary>
internal sealed class YarpConfig : IProxyConfigProvider, IConfigChangeListener
{
    public const string PassivePolicy = "FirstFailure";

    /// <summary>Metadata of a route whose upstream is to see the caller's <c>Host</c>.</summary>
    public const string PassHost = "pass-host";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private Snapshot current = new([], []);
    private TaskCompletionSource? applied;

    public IProxyConfig GetConfig() => current;

    /// <summary>Ends when YARP serves this set; fails when it refused it, and then it serves the one before.</summary>
    public async Task Apply(RouteSet set)
    {
        var before = current;
        var next = new Snapshot([.. set.Routes.Select(Route)], [.. set.Clusters.Select(Cluster)]);
        applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        current = next;
        before.Changed();
        try
        {
            await applied.Task.WaitAsync(Patience).ConfigureAwait(false);
        }
        catch
        {
            // What YARP asks for at its next reload must not be what it refused.
            current = new Snapshot(before.Routes, before.Clusters);
            throw;
        }
    }

    /// <summary>What YARP would refuse of a set.</summary>
    public static async Task<IReadOnlyList<Exception>> Check(IConfigValidator validator, RouteSet set)
    {
        var errors = new List<Exception>();
        foreach (var route in set.Routes)
        {
            errors.AddRange(await validator.ValidateRouteAsync(Route(route)).ConfigureAwait(false));
        }

        foreach (var cluster in set.Clusters)
        {
            errors.AddRange(await validator.ValidateClusterAsync(Cluster(cluster)).ConfigureAwait(false));
        }

        return errors;
    }

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) => applied?.TrySetException(exception);

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
        if (proxyConfigs.Contains(current))
        {
            applied?.TrySetResult();
        }
    }

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) => applied?.TrySetException(exception);

    private static RouteConfig Route(ActiveRoute route) => new()
    {
        RouteId = route.Id,
        ClusterId = route.Config.Cluster,
        Match = new RouteMatch
        {
            Hosts = route.Config.Hosts.IsEmpty ? null : route.Config.Hosts,
            Path = route.Config.Path == "/" ? "/{**rest}" : route.Config.Path + "/{**rest}",
        },
        Metadata = route.Config.PassHost ? new Dictionary<string, string> { [PassHost] = "" } : null,
    };

    private static ClusterConfig Cluster(UpstreamCluster cluster) => new()
    {
        ClusterId = cluster.Name,
        Destinations = cluster.Destinations.Distinct().ToDictionary(url => url.AbsoluteUri.TrimEnd('/'), url => new DestinationConfig { Address = url.AbsoluteUri }),
        LoadBalancingPolicy = cluster.Balancing switch
        {
            "round-robin" => LoadBalancingPolicies.RoundRobin,
            "least-requests" => LoadBalancingPolicies.LeastRequests,
            "random" => LoadBalancingPolicies.Random,
            "first" => LoadBalancingPolicies.FirstAlphabetical,
            _ => LoadBalancingPolicies.PowerOfTwoChoices,
        },
        HttpClient = new HttpClientConfig { RequestHeaderEncoding = "utf-8" },
        HttpRequest = new ForwarderRequestConfig
        {
            ActivityTimeout = cluster.ActivityTimeout,
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        },
        HealthCheck = new HealthCheckConfig
        {
            // When every destination is marked, trying is better than refusing: the mark may be wrong, and nobody else can answer.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Active = cluster.HealthPath is null ? null : new ActiveHealthCheckConfig
            {
                Enabled = true,
                Interval = cluster.HealthInterval,
                Timeout = cluster.HealthTimeout,
                Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
                Path = cluster.HealthPath.Split('?')[0],
                Query = cluster.HealthPath.Split('?', 2) is [_, var query] ? $"?{query}" : null,
            },
            Passive = cluster.AwayAfterFailure is not { } away ? null : new PassiveHealthCheckConfig { Enabled = true, Policy = PassivePolicy, ReactivationPeriod = away },
        },
        Metadata = new Dictionary<string, string>
        {
            [ConsecutiveFailuresHealthPolicyOptions.ThresholdMetadataName] = cluster.FailedProbes.ToString(System.Globalization.CultureInfo.InvariantCulture),
            [UpstreamClients.ConnectTimeoutKey] = cluster.ConnectTimeout.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture),
            [UpstreamClients.CaFileKey] = cluster.CaFile ?? "",
        },
    };

    private sealed class Snapshot(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters) : IProxyConfig
    {
        private readonly CancellationTokenSource changed = new();

        public IReadOnlyList<RouteConfig> Routes => routes;

        public IReadOnlyList<ClusterConfig> Clusters => clusters;

        public IChangeToken ChangeToken => new CancellationChangeToken(changed.Token);

        public void Changed() => changed.Cancel();
    }
}
