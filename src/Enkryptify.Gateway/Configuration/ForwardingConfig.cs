using System.Collections.Immutable;
using System.Net;

namespace Enkryptify.Gateway.Configuration;

/// <summary>What is forwarded for programs that cannot hold a secret. Read again on SIGHUP; everything else needs a restart.</summary>
internal sealed record ForwardingConfig(ImmutableArray<UpstreamCluster> Clusters, ImmutableArray<LegacyRoute> Routes)
{
    public static ForwardingConfig None { get; } = new([], []);
}

/// <summary>Where a route leads: one or more processes that answer alike, and how they are chosen, watched and waited for.</summary>
/// <param name="Balancing">The name of YARP's policy.</param>
/// <param name="CaFile">The only trust root of https destinations; null takes the system's.</param>
/// <param name="ActivityTimeout">The longest silence within an exchange, in either direction.</param>
/// <param name="TotalTimeout">Of a whole exchange; null is no limit. An upgraded connection is not held to it.</param>
/// <param name="HealthPath">What is asked of each destination to find out whether it is there; null asks nothing.</param>
/// <param name="FailedProbes">So many in a row mark a destination.</param>
/// <param name="AwayAfterFailure">How long a destination that failed a request is left out; null never leaves one out for that.</param>
internal sealed record UpstreamCluster(
    string Name,
    ImmutableArray<Uri> Destinations,
    string Balancing,
    string? CaFile,
    TimeSpan ConnectTimeout,
    TimeSpan ActivityTimeout,
    TimeSpan? TotalTimeout,
    string? HealthPath,
    TimeSpan HealthInterval,
    TimeSpan HealthTimeout,
    int FailedProbes,
    TimeSpan? AwayAfterFailure);

/// <summary>What is matched, where it goes, what is injected out of which environment, with which credential, and who may use it.</summary>
/// <param name="Hosts">Lower case. Empty: the gateway's own host, below <see cref="OwnHostPrefix"/>.</param>
/// <param name="Path">A prefix of whole segments; <c>/</c> is everything.</param>
/// <param name="Credential">Id or name of the credential that the route acts with.</param>
internal sealed record LegacyRoute(
    string Name,
    ImmutableArray<string> Hosts,
    string Path,
    bool StripPath,
    string Cluster,
    bool PassHost,
    string Workspace,
    string Project,
    string Environment,
    string Credential,
    ImmutableArray<InjectedPair> Headers,
    ImmutableArray<InjectedPair> Query,
    string? Basic,
    ImmutableArray<string> KeepHeaders,
    RouteUsers Users)
{
    /// <summary>Routes without a host live here, apart from every path of the gateway's own.</summary>
    public const string OwnHostPrefix = "/to/";
}

/// <summary>A header or a query parameter, with a template that names at least one secret.</summary>
internal sealed record InjectedPair(string Name, string Template);

/// <summary>Who may use a route: exactly one of the three is not empty.</summary>
/// <param name="Certificates">SHA-256 thumbprints, upper-case hex.</param>
internal sealed record RouteUsers(ImmutableArray<Guid> Credentials, ImmutableArray<IPNetwork> Networks, ImmutableArray<string> Certificates);
