using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>What may be done with an address. Ordered: the greater, the worse.</summary>
internal enum AddressKind
{
    /// <summary>Of the public internet.</summary>
    Public = 0,

    /// <summary>Not of the public internet: opened only where the operator lists it.</summary>
    Guarded = 1,

    /// <summary>This host, its links, or a cloud's metadata service: never opened, listed or not.</summary>
    Never = 2,
}

/// <summary>
/// What kind of address an address is, by the IANA special-purpose registries (RFC 6890 and its updates). Pure. An IPv6 address that carries an IPv4
/// address is as bad as the worse of the two, since something on the way may unwrap it.
/// </summary>
internal static class AddressRules
{
    /// <summary>Addresses at which clouds hand their hosts' credentials to whoever asks from the host.</summary>
    private static readonly ImmutableHashSet<IPAddress> Metadata =
    [
        IPAddress.Parse("169.254.169.254"), IPAddress.Parse("169.254.170.2"), IPAddress.Parse("168.63.129.16"), IPAddress.Parse("100.100.100.200"),
        IPAddress.Parse("192.0.0.192"), IPAddress.Parse("fd00:ec2::254"), IPAddress.Parse("fd20:ce::254"),
    ];

    /// <summary>This network (RFC 791: a connection to it ends on this host), loopback, link-local, broadcast.</summary>
    private static readonly ImmutableArray<IPNetwork> Never = Networks("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "255.255.255.255/32", "::/128", "::1/128", "fe80::/10");

    /// <summary>Private, CGNAT, protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved.</summary>
    private static readonly ImmutableArray<IPNetwork> Guarded4 = Networks(
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
        "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4");

    /// <summary>Within 2000::/3: protocol assignments (Teredo, benchmarks, ORCHID among them), documentation, 6to4. Outside it nothing is public.</summary>
    private static readonly ImmutableArray<IPNetwork> Guarded6 = Networks("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16");

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>NAT64's well-known prefix (RFC 6052): on networks without IPv4 every IPv4 host is reached through it, so what it carries decides.</summary>
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    public static AddressKind KindOf(IPAddress address)
    {
        if (Metadata.Contains(address) || Any(Never, address))
        {
            return AddressKind.Never;
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Any(Guarded4, address) ? AddressKind.Guarded : AddressKind.Public;
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.ScopeId != 0)
        {
            return AddressKind.Never;
        }

        var own = Nat64.Holds(address) || (GlobalUnicast.Holds(address) && !Any(Guarded6, address)) ? AddressKind.Public : AddressKind.Guarded;
        foreach (var carried in Carried(address.GetAddressBytes()))
        {
            own = Worse(own, KindOf(carried));
        }

        return own;
    }

    /// <summary>The IPv4 addresses that an IPv6 address carries in one of the forms there are.</summary>
    private static IEnumerable<IPAddress> Carried(byte[] bytes)
    {
        // ::a.b.c.d and ::ffff:a.b.c.d (RFC 4291), ::ffff:0:a.b.c.d (RFC 2765), 64:ff9b::a.b.c.d (RFC 6052), 64:ff9b:1::/48 (RFC 8215, as a /96)
        if (IsZero(bytes, 0, 8) || (bytes is [0, 0x64, 0xff, 0x9b, ..]))
        {
            yield return new IPAddress(bytes.AsSpan(12));
        }

        // 6to4 (RFC 3056)
        if (bytes is [0x20, 0x02, ..])
        {
            yield return new IPAddress(bytes.AsSpan(2, 4));
        }

        // Teredo (RFC 4380): its server, and its client with every bit turned
        if (bytes is [0x20, 0x01, 0, 0, ..])
        {
            yield return new IPAddress(bytes.AsSpan(4, 4));
            yield return new IPAddress([.. bytes.AsSpan(12).ToArray().Select(part => (byte)~part)]);
        }

        // ISATAP (RFC 5214)
        if (bytes is [_, _, _, _, _, _, _, _, 0x00 or 0x02, 0, 0x5e, 0xfe, ..])
        {
            yield return new IPAddress(bytes.AsSpan(12));
        }
    }

    private static bool IsZero(byte[] bytes, int from, int count) => !bytes.AsSpan(from, count).ContainsAnyExcept((byte)0);

    private static AddressKind Worse(AddressKind a, AddressKind b) => a > b ? a : b;

    private static bool Any(ImmutableArray<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Holds(address))
            {
                return true;
            }
        }

        return false;
    }

    private static ImmutableArray<IPNetwork> Networks(params ReadOnlySpan<string> texts)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>(texts.Length);
        foreach (var text in texts)
        {
            networks.Add(IPNetwork.Parse(text));
        }

        return networks.ToImmutable();
    }
}
