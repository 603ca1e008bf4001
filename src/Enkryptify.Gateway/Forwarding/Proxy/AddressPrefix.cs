using System.Net;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>
/// Whether an address is in a network, bit by bit. The platform's <see cref="IPNetwork.Contains"/> takes an IPv4-mapped address for its IPv4 address and then
/// compares that with an IPv6 network: it finds ::ffff:8.8.8.8 in 2000::/3.
/// </summary>
internal static class AddressPrefix
{
    public static bool Holds(this IPNetwork network, IPAddress address)
    {
        if (network.BaseAddress.AddressFamily != address.AddressFamily)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[16];
        Span<byte> bytes = stackalloc byte[16];
        network.BaseAddress.TryWriteBytes(prefix, out _);
        address.TryWriteBytes(bytes, out _);
        var (whole, rest) = Math.DivRem(network.PrefixLength, 8);
        return prefix[..whole].SequenceEqual(bytes[..whole]) && (rest == 0 || (prefix[whole] ^ bytes[whole]) >> (8 - rest) == 0);
    }
}
