using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Yarp.ReverseProxy;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>How the routes and their upstreams stand at one moment. Holds names and times, never a value.</summary>
internal sealed record RoutesStatus(IReadOnlyList<RouteStatus> Routes, IReadOnlyList<ClusterStatus> Clusters)
{
    public static RoutesStatus Of(RouteSet set, IProxyStateLookup yarp, LiveCredentials credentials) => new(
        [.. set.Routes.Select(route => RouteStatus.Of(route, route.Secrets.Credential is { } id ? credentials.ById(id) : null))],
        [.. set.Clusters.Select(cluster => ClusterStatus.Of(cluster, yarp))]);
}

/// <param name="WorkspaceId">Null when the configuration names a workspace that was not there when it was loaded.</param>
/// <param name="Users">Which way in it has: credentials, networks or certificates.</param>
/// <param name="Injects">Names of headers and parameters, with the names of the secrets in their templates.</param>
/// <param name="Problem">Why the last reading of its values failed; null when it did not.</param>
internal sealed record RouteStatus(
    string Name, IReadOnlyList<string> Hosts, string Path, string Cluster, Guid? WorkspaceId, string Project, string Environment, Credential? Credential, string Users,
    IReadOnlyList<string> Injects, DateTimeOffset? ValuesReadAt, string? Problem)
{
    public static RouteStatus Of(ActiveRoute route, Credential? credential)
    {
        var (config, secrets) = (route.Config, route.Secrets);
        return new RouteStatus(
            config.Name, config.Hosts, config.Path, config.Cluster, secrets.Workspace, config.Project, config.Environment, credential,
            !config.Users.Credentials.IsEmpty ? "credentials" : !config.Users.Networks.IsEmpty ? "networks" : "certificates",
            [.. config.Headers.Select(pair => $"{pair.Name}: {pair.Template}"), .. config.Query.Select(pair => $"{pair.Name}={pair.Template}"), .. config.Basic is null ? (string[])[] : ["Authorization: Basic"]],
            secrets.ReadAt, secrets.Problem());
    }
}

/// <summary>A cluster and what is known of each destination.</summary>
internal sealed record ClusterStatus(string Name, IReadOnlyList<DestinationStatus> Destinations)
{
    public static ClusterStatus Of(UpstreamCluster cluster, IProxyStateLookup yarp) => new(cluster.Name, yarp.TryGetCluster(cluster.Name, out var state)
        ? [.. state.DestinationsState.AllDestinations.Select(destination => new DestinationStatus(
            destination.DestinationId, destination.Health.Active.ToString().ToLowerInvariant(), destination.Health.Passive.ToString().ToLowerInvariant(), destination.ConcurrentRequestCount))]
        : []);
}

/// <param name="Active">By probes: healthy, unhealthy or unknown.</param>
/// <param name="Passive">By requests: the same words.</param>
internal sealed record DestinationStatus(string Address, string Active, string Passive, int RequestsUnderWay);
