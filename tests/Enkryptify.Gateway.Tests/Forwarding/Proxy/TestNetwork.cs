using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Enkryptify.Gateway.Forwarding.Proxy;

namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>
/// Names and wires of a test's own. It stands behind the guard: whatever the guard judged and let through ends at the upstream, when it is for the
/// upstream's public address, and at the guarded listener otherwise, be it for 10.0.0.1 or for fe80::1.
/// </summary>
internal sealed class TestNetwork : INetwork, IDisposable
{
    /// <summary>A public address, which no test reaches.</summary>
    public static readonly IPAddress Public = IPAddress.Parse("93.184.215.14");

    private readonly ConcurrentDictionary<string, Queue<IPAddress[]>> names = new(StringComparer.Ordinal);
    private readonly TcpListener guarded = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<IPEndPoint> connected = [];
    private int accepted;

    public TestNetwork()
    {
        guarded.Start();
        _ = Accept();
    }

    /// <summary>Where the upstream's public address leads, by the port asked for.</summary>
    public ConcurrentDictionary<int, int> UpstreamPorts { get; } = new();

    /// <summary>Connections that the guarded listener took.</summary>
    public int Reached => Volatile.Read(ref accepted);

    public int GuardedPort => ((IPEndPoint)guarded.LocalEndpoint).Port;

    public IReadOnlyCollection<IPEndPoint> Connected => connected;

    public ConcurrentBag<string> Resolved { get; } = [];

    public IReadOnlyCollection<IPAddress> Own { get; set; } = [];

    /// <summary>What a name resolves to, time after time; the last answer stays.</summary>
    public void Name(string host, params string[][] answers) => names[host] = new Queue<IPAddress[]>(answers.Select(answer => answer.Select(IPAddress.Parse).ToArray()));

    public Task<IPAddress[]> Resolve(string host, CancellationToken cancel)
    {
        Resolved.Add(host);
        if (!names.TryGetValue(host, out var answers))
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        lock (answers)
        {
            return Task.FromResult(answers.Count > 1 ? answers.Dequeue() : answers.Peek());
        }
    }

    public async ValueTask<Stream> Connect(IPEndPoint target, CancellationToken cancel)
    {
        connected.Add(target);
        var port = target.Address.Equals(Public) ? UpstreamPorts[target.Port] : GuardedPort;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public void Dispose() => guarded.Dispose();

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                using var socket = await guarded.AcceptSocketAsync();
                Interlocked.Increment(ref accepted);
                await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ninside"u8.ToArray());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
