using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>HTTP/1.1 byte by byte, for requests that a well-behaved client would not send.</summary>
internal static class RawConnection
{
    /// <summary>Sends a request on a connection of its own and reads the answer to its end. Ask for <c>Connection: close</c>.</summary>
    public static async Task<Answer> Send(Uri gateway, byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(gateway.Host, gateway.Port);
        return await Exchange(socket, request);
    }

    /// <summary>The same at the admin socket, as the local operator.</summary>
    public static async Task<Answer> SendToSocket(string path, byte[] request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return await Exchange(socket, request);
    }

    /// <summary>Sends and closes, reading nothing.</summary>
    public static async Task SendAndHangUp(Uri gateway, byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(gateway.Host, gateway.Port);
        await socket.SendAsync(request);
        socket.Shutdown(SocketShutdown.Send);
        try
        {
            await socket.ReceiveAsync(new byte[1]);
        }
        catch (SocketException)
        {
            // Hung up on in turn: that is an answer too.
        }
    }

    public static byte[] Request(string line, IEnumerable<string> headers, byte[]? body = null)
    {
        var head = new StringBuilder(line).Append(" HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n");
        foreach (var header in headers)
        {
            head.Append(header).Append("\r\n");
        }

        if (body is not null && !headers.Any(header => header.StartsWith("Content-Length:", StringComparison.Ordinal) || header.StartsWith("Transfer-Encoding:", StringComparison.Ordinal)))
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        return [.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. body ?? []];
    }

    private static async Task<Answer> Exchange(Socket socket, byte[] request)
    {
        await using var stream = new NetworkStream(socket);
        var sending = Write(stream, request);
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received);
        }
        catch (IOException) when (received.Length > 0)
        {
            // Refused while the rest of a large body was under way: what was answered is here.
        }

        await sending;
        return Parse(received.ToArray());
    }

    private static async Task Write(NetworkStream stream, byte[] request)
    {
        try
        {
            await stream.WriteAsync(request);
        }
        catch (IOException)
        {
            // The gateway has said no before it had everything.
        }
    }

    private static Answer Parse(byte[] bytes)
    {
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.True(end > 0, "No answer: " + Encoding.Latin1.GetString(bytes));
        var lines = Encoding.Latin1.GetString(bytes, 0, end).Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).GroupBy(pair => pair[0], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(pair => pair[1].Trim())), StringComparer.OrdinalIgnoreCase);
        var body = bytes[(end + 4)..];
        return new Answer(
            int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers,
            Encoding.UTF8.GetString(headers.GetValueOrDefault("Transfer-Encoding") == "chunked" ? Whole(body) : body));
    }

    private static byte[] Whole(ReadOnlySpan<byte> chunked)
    {
        var whole = new List<byte>();
        while (true)
        {
            var line = chunked.IndexOf("\r\n"u8);
            var size = int.Parse(Encoding.ASCII.GetString(chunked[..line]), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return [.. whole];
            }

            whole.AddRange(chunked.Slice(line + 2, size));
            chunked = chunked[(line + 2 + size + 2)..];
        }
    }
}
