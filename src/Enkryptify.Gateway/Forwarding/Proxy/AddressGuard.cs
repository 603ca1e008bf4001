using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>A connection that the guard did not allow.</summary>
/// <param name="reason">For the audit log.</param>
internal sealed class GuardedAddressException(string reason, IPAddress address) : IOException("The address is not allowed.")
{
    public string Reason => reason;

    public IPAddress Address => address;
}

/// <summary>
/// The second gate (contract section 7), where it cannot be walked around: it makes the connection. A name is resolved once, every address it has is
/// judged, and the connection goes to one of these very addresses; a name that answers otherwise a moment later is not asked again. One forbidden
/// address among several refuses them all: whoever mixes them chooses by chance which one is taken.
/// </summary>
internal sealed class AddressGuard(INetwork network, ImmutableArray<IPNetwork> allowed)
{
    /// <summary>Of the addresses of a name, all are judged and this many tried.</summary>
    private const int MostTried = 4;

    public async ValueTask<Stream> Connect(DnsEndPoint target, CancellationToken cancel)
    {
        var addresses = IPAddress.TryParse(target.Host.AsSpan().Trim("[]"), out var literal)
            ? [literal]
            : await network.Resolve(target.Host, cancel).ConfigureAwait(false);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        var own = network.Own;
        foreach (var address in addresses)
        {
            if (Refuses(address, own) is { } reason)
            {
                throw new GuardedAddressException(reason, address);
            }
        }

        Exception? last = null;
        foreach (var address in addresses.Take(MostTried))
        {
            try
            {
                return await network.Connect(new IPEndPoint(address, target.Port), cancel).ConfigureAwait(false);
            }
            catch (SocketException error)
            {
                last = error;
            }
        }

        throw last!;
    }

    /// <summary>Why an address is not opened, or null.</summary>
    private string? Refuses(IPAddress address, IReadOnlyCollection<IPAddress> own)
    {
        // In whichever form it comes: ::ffff:10.0.0.5 is this host too when 10.0.0.5 is.
        if (own.Contains(address) || (address.IsIPv4MappedToIPv6 && own.Contains(address.MapToIPv4())))
        {
            return "address_of_this_host";
        }

        return AddressRules.KindOf(address) switch
        {
            AddressKind.Public => null,
            AddressKind.Guarded when IsAllowed(address) => null,
            AddressKind.Guarded => "address_not_in_allowed_ranges",
            _ => "address_never_opened",
        };
    }

    private bool IsAllowed(IPAddress address)
    {
        foreach (var range in allowed)
        {
            if (range.Holds(address))
            {
                return true;
            }
        }

        return false;
    }
}
