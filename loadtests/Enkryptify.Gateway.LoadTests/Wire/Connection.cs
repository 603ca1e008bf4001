using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Enkryptify.Gateway.LoadTests.Wire;

/// <summary>One keep-alive HTTP/1.1 connection with one request under way at most. Reads as far as an answer's end and keeps nothing of it but the status.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket socket;
    private byte[] buffer = new byte[16 * 1024];
    private int held;

    public Connection(IPEndPoint server, Epoll epoll, int token)
    {
        socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server);
        socket.Blocking = false;
        epoll.Watch(socket.SafeHandle.DangerousGetHandle(), token);
    }

    /// <summary>When the request under way should have left (a Stopwatch timestamp); 0 while there is none.</summary>
    public long Intended { get; private set; }

    public bool Idle => Intended == 0;

    public void Send(ReadOnlySpan<byte> request, long intended)
    {
        Intended = intended;
        while (request.Length > 0)
        {
            var sent = socket.Send(request, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                socket.Poll(1_000_000, SelectMode.SelectWrite);
                continue;
            }

            Check(error);
            request = request[sent..];
        }
    }

    /// <summary>The status of the answer once all of it is here, else null.</summary>
    public int? Receive()
    {
        while (true)
        {
            if (held == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var received = socket.Receive(buffer.AsSpan(held), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                return null;
            }

            Check(error);
            if (received == 0)
            {
                throw new IOException("the server closed a connection");
            }

            held += received;
            if (Complete(buffer.AsSpan(0, held)) is { } status)
            {
                (held, Intended) = (0, 0);
                return status;
            }
        }
    }

    public void Dispose() => socket.Dispose();

    private static int? Complete(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        var head = answer[..(end + 2)];
        var body = answer[(end + 4)..];
        var length = head.IndexOf("\r\nContent-Length: "u8);
        if (length >= 0)
        {
            Utf8Parser.TryParse(head[(length + 18)..], out int bytes, out _);
            if (body.Length < bytes)
            {
                return null;
            }
        }
        else if (head.IndexOf("\r\nTransfer-Encoding: chunked"u8) >= 0 && !body.EndsWith("0\r\n\r\n"u8))
        {
            return null;
        }

        Utf8Parser.TryParse(head[9..12], out int status, out _);
        return status;
    }

    private static void Check(SocketError error)
    {
        if (error != SocketError.Success)
        {
            throw new SocketException((int)error);
        }
    }
}
