using System.Net.Sockets;
using System.Text;

namespace Enkryptify.Gateway.NativeTests.Systemd;

/// <summary>systemd's end of the notify protocol: takes the datagrams of sd_notify(3), in the order in which they come.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public NotifySocket(string name)
    {
        Name = name;
        socket.Bind(new UnixDomainSocketEndPoint(name[0] == '@' ? "\0" + name[1..] : name));
    }

    /// <summary>What <c>NOTIFY_SOCKET</c> is set to.</summary>
    public string Name { get; }

    /// <summary>The next message with this assignment; what comes before it is skipped, unless it is one of <paramref name="never"/>.</summary>
    public async Task<IReadOnlyList<string>> UntilAsync(string assignment, params string[] never)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var buffer = new byte[4096];
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer, limit.Token);
            string[] lines = Encoding.UTF8.GetString(buffer, 0, count).Split('\n');
            Assert.DoesNotContain(lines, line => never.Contains(line));
            if (lines.Contains(assignment))
            {
                return lines;
            }
        }
    }

    /// <summary>All that has come and was not taken.</summary>
    public IReadOnlyList<string> Rest()
    {
        var lines = new List<string>();
        var buffer = new byte[4096];
        while (socket.Available > 0)
        {
            lines.AddRange(Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)).Split('\n'));
        }

        return lines;
    }

    public void Dispose() => socket.Dispose();
}
