using Enkryptify.Gateway.Forwarding.Routes;
using Enkryptify.Gateway.Operations.Warnings;

namespace Enkryptify.Gateway.Operations.Doctor;

/// <summary>
/// What the doctor says of legacy routes. The programs behind them hold no credential and see no expiry coming, so the operator is told before the one that a
/// route acts with ends.
/// </summary>
internal static class RouteFindings
{
    public static IEnumerable<Finding> Of(RoutesStatus status, TimeSpan warnedBefore, DateTimeOffset now) =>
        status.Routes.Select(route => Of(route, warnedBefore, now)).Concat(status.Clusters.SelectMany(Unhealthy));

    private static Finding Of(RouteStatus route, TimeSpan warnedBefore, DateTimeOffset now) =>
        route.Problem is { } problem
            ? Finding.Problem("route", $"route {route.Name} refuses its requests: {problem}", "the reasons are listed in docs/legacy-apps.md; a file that was mended is taken with SIGHUP")
        : route.Credential is { } credential && ExpiringCredentials.IsDue(credential, warnedBefore, now)
            ? Finding.Warning(
                "route", $"the credential of route {route.Name} ({credential.Id:D}) ends {credential.ExpiresAt:u}", "rotate it: enkryptify-gateway token rotate; it keeps its id, and the route goes on")
        : Finding.Ok("route", $"route {route.Name} is served");

    private static IEnumerable<Finding> Unhealthy(ClusterStatus cluster) => cluster.Destinations
        .Where(destination => destination.Active == "unhealthy" || destination.Passive == "unhealthy")
        .Select(destination => Finding.Warning("upstream", $"{destination.Address} of cluster {cluster.Name} does not answer", "see whether it runs, and the way there; it is tried again by itself"));
}
