using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>Answers each request's head with the same bytes, whatever they are, and hangs up.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource over = new();
    private readonly Task serving;
    private int requests;

    public RawUpstream(string answer)
    {
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        serving = Serve(Encoding.UTF8.GetBytes(answer));
    }

    public int Port { get; }

    public int Requests => Volatile.Read(ref requests);

    /// <summary>The last request's head.</summary>
    public string Got { get; private set; } = "";

    /// <summary>The listener is closed once nobody asks it any more: to accept from a closed one fails in another way than to be closed while accepting.</summary>
    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await serving;
        listener.Dispose();
        over.Dispose();
    }

    private async Task Serve(byte[] answer)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(over.Token);
                Interlocked.Increment(ref requests);
                try
                {
                    // All of it: what is left unread when a socket is closed resets the connection, and the answer may be lost with it.
                    Got = await Head(socket);
                    await socket.SendAsync(answer, over.Token);
                    socket.Shutdown(SocketShutdown.Both);
                }
                catch (SocketException)
                {
                    // Whoever asked has seen enough; the next one is answered all the same.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task<string> Head(Socket socket)
    {
        var buffer = new byte[8192];
        var head = "";
        while (!head.Contains("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(buffer, over.Token) is > 0 and var read)
        {
            head += Encoding.Latin1.GetString(buffer, 0, read);
        }

        return head;
    }
}
