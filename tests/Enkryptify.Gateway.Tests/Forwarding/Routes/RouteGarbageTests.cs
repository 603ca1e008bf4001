using System.Net;
using System.Net.Sockets;
using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>An upstream that answers with what HTTP does not allow: a clean error of ours while nothing of it is out, a connection that is cut after that.</summary>
public class RouteGarbageTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    public static TheoryData<string> NoAnswer =>
    [
        "", "\r\n\r\n", "certainly not HTTP\r\n\r\n", "HTTP/1.1 20O OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length", "HTTP/1.1 200 OK\r\nX-Key: %KEY%\r\n",
        "HTTP/1.1 200 OK\r\n: nameless\r\n\r\n", "HTTP/1.1 200 OK\r\nX-Long: " + new string('x', 200_000) + "\r\n\r\n",
    ];

    [Theory]
    [MemberData(nameof(NoAnswer))]
    public async Task What_is_no_answer_is_502(string sent)
    {
        await using var garbage = new Garbage(sent);
        await world.Load(world.Route(destinations: $"\"{garbage.Url}\""));
        var answer = await world.Get("/x");
        Assert.Equal((502, "upstream_failed"), (answer.Status, answer.Code));
        Assert.Contains($"X-Api-Key: {RouteWorld.Value}\r\n", garbage.Got, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", answer.Telling, StringComparison.Ordinal);
        Assert.DoesNotContain(garbage.Url, answer.Telling, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nZZ\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhalf")]
    public async Task What_breaks_off_never_looks_whole(string sent)
    {
        await using var garbage = new Garbage(sent);
        await world.Load(world.Route(destinations: $"\"{garbage.Url}\""));
        try
        {
            var answer = await world.Get("/x");
            Assert.Equal((502, "upstream_failed"), (answer.Status, answer.Code));
        }
        catch (HttpRequestException)
        {
            // Its head was out already: the connection was cut.
        }
    }

    /// <summary>Answers each request with the same bytes, and hangs up.</summary>
    private sealed class Garbage : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly Task serving;

        public Garbage(string answer)
        {
            listener.Start();
            serving = Serve(Encoding.UTF8.GetBytes(answer));
        }

        public string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

        public string Got { get; private set; } = "";

        public async ValueTask DisposeAsync()
        {
            listener.Dispose();
            await serving;
        }

        private async Task Serve(byte[] answer)
        {
            var buffer = new byte[8192];
            try
            {
                while (true)
                {
                    using var socket = await listener.AcceptSocketAsync();
                    Got = Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
                    await socket.SendAsync(answer);
                    socket.Shutdown(SocketShutdown.Both);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
