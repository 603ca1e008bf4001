using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>A route as it is served: its configuration and what was made of it once. A reload makes new ones; requests under way finish with the old.</summary>
/// <param name="Id">Unlike the name, never used twice: it ties what YARP matched to this object.</param>
internal sealed record ActiveRoute(string Id, LegacyRoute Config, UpstreamCluster Cluster, InjectionPlan Plan, CallerHeaders CallerHeaders, RouteSecrets Secrets);

/// <summary>All routes and clusters of one loading of the configuration.</summary>
internal sealed class RouteSet
{
    private readonly Dictionary<string, ActiveRoute> byId;
    private readonly HashSet<string> hosts;
    private readonly string[] ownHostPrefixes;

    public RouteSet(IReadOnlyList<ActiveRoute> routes, IReadOnlyList<UpstreamCluster> clusters)
    {
        (Routes, Clusters) = (routes, clusters);
        byId = routes.ToDictionary(route => route.Id);
        hosts = new HashSet<string>(routes.SelectMany(route => route.Config.Hosts), StringComparer.OrdinalIgnoreCase);
        ownHostPrefixes = [.. routes.Where(route => route.Config.Hosts.IsEmpty).Select(route => route.Config.Path)];
    }

    public static RouteSet Empty { get; } = new([], []);

    public IReadOnlyList<ActiveRoute> Routes { get; }

    public IReadOnlyList<UpstreamCluster> Clusters { get; }

    public ActiveRoute? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>A host that routes name is theirs alone, whatever the path: nothing of the gateway's own answers there.</summary>
    public bool OwnsHost(string host) => hosts.Contains(host);

    public bool OwnsPath(PathString path) => Array.Exists(ownHostPrefixes, prefix => path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase));
}
