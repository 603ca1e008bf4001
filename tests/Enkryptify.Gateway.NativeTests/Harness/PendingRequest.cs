using System.Net.Sockets;
using System.Text;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>
/// A request whose body has not been sent: the server has begun to read it (it has said "100 Continue") and waits. So it is in flight for as long
/// as the test wants, without any sleep.
/// </summary>
internal sealed class PendingRequest : IDisposable
{
    private readonly TcpClient connection;
    private readonly byte[] body;

    private PendingRequest(TcpClient connection, byte[] body)
    {
        this.connection = connection;
        this.body = body;
    }

    public static async Task<PendingRequest> SendHeadAsync(Uri url, string method, string path, string jwt, string json)
    {
        var connection = new TcpClient();
        var pending = new PendingRequest(connection, Encoding.UTF8.GetBytes(json));
        try
        {
            await connection.ConnectAsync(url.Host, url.Port);
            var head = $"{method} {path} HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {jwt}\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {pending.body.Length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
            var answer = await pending.ReadAsync(text => text.EndsWith("\r\n\r\n", StringComparison.Ordinal));
            Assert.StartsWith("HTTP/1.1 100 ", answer, StringComparison.Ordinal);
            return pending;
        }
        catch
        {
            pending.Dispose();
            throw;
        }
    }

    /// <summary>Sends the body and returns the whole answer.</summary>
    public async Task<string> FinishAsync()
    {
        await connection.GetStream().WriteAsync(body);
        return await ReadAsync(_ => false);
    }

    public void Dispose() => connection.Dispose();

    /// <summary>What comes until it is <paramref name="complete"/> or the connection ends.</summary>
    private async Task<string> ReadAsync(Func<string, bool> complete)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        int count;
        while (!complete(text.ToString()) && (count = await connection.GetStream().ReadAsync(buffer, limit.Token)) > 0)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return text.ToString();
    }
}
