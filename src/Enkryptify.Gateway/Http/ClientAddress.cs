using System.Collections.Immutable;
using System.Net;

namespace Enkryptify.Gateway.Http;

/// <summary>
/// Where a request comes from (contract section 2): the TCP peer, unless that is a configured proxy; then the rightmost entry of
/// <c>X-Forwarded-For</c> that is not one. What a client writes further left proves nothing.
/// </summary>
internal static class ClientAddress
{
    public static IPAddress? Of(HttpContext context, ImmutableArray<IPNetwork> trusted)
    {
        var peer = Plain(context.Connection.RemoteIpAddress);
        if (peer is null || trusted.IsDefaultOrEmpty || !IsTrusted(peer, trusted))
        {
            return peer;
        }

        var hops = string.Join(',', context.Request.Headers["X-Forwarded-For"].ToArray()).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        for (var i = hops.Length - 1; i >= 0; i--)
        {
            if (!TryParse(hops[i], out var hop))
            {
                // A proxy of ours wrote something else than an address: believe no further.
                return peer;
            }

            peer = hop;
            if (!IsTrusted(hop, trusted))
            {
                break;
            }
        }

        return peer;
    }

    /// <summary>An address, or <c>address:port</c> as some proxies write it.</summary>
    private static bool TryParse(string text, out IPAddress address)
    {
        var found = IPAddress.TryParse(text, out var parsed) || (IPEndPoint.TryParse(text, out var endpoint) && (parsed = endpoint.Address) is not null);
        address = found ? Plain(parsed)! : IPAddress.None;
        return found;
    }

    private static bool IsTrusted(IPAddress address, ImmutableArray<IPNetwork> trusted)
    {
        foreach (var network in trusted)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
