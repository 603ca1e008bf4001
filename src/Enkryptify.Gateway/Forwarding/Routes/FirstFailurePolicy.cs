using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// Passive health: a destination that could not be reached, or hung up before it answered, is left out for a while at its first failure. A slow answer
/// does not count: what is slow is often the request, and one caller's could then take a destination from all.
/// </summary>
internal sealed class FirstFailurePolicy(IDestinationHealthUpdater health) : IPassiveHealthCheckPolicy
{
    public string Name => YarpConfig.PassivePolicy;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.GetForwarderErrorFeature() is { Error: ForwarderError.Request, Exception: HttpRequestException }
            && cluster.Model.Config.HealthCheck?.Passive?.ReactivationPeriod is { } away)
        {
            health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, away);
        }
    }
}
