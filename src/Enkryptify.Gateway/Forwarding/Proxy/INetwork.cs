using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>The process's edge to the network: names, connections, and the addresses of this host.</summary>
internal interface INetwork
{
    Task<IPAddress[]> Resolve(string host, CancellationToken cancel);

    ValueTask<Stream> Connect(IPEndPoint target, CancellationToken cancel);

    /// <summary>All addresses of this host, as they are now.</summary>
    IReadOnlyCollection<IPAddress> Own { get; }
}

/// <summary>The operating system's.</summary>
internal sealed class SystemNetwork : INetwork
{
    public static readonly SystemNetwork Instance = new();

    public IReadOnlyCollection<IPAddress> Own =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(one => Unscoped(one.Address))];

    public Task<IPAddress[]> Resolve(string host, CancellationToken cancel) => Dns.GetHostAddressesAsync(host, cancel);

    public async ValueTask<Stream> Connect(IPEndPoint target, CancellationToken cancel)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancel).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPAddress Unscoped(IPAddress address) => address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 }
        ? new IPAddress(address.GetAddressBytes())
        : address;
}
