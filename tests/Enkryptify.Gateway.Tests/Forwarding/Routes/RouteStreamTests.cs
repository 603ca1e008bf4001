using System.Net.WebSockets;
using System.Text;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>WebSockets, and streams in both directions at once.</summary>
public class RouteStreamTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    [Fact]
    public async Task A_WebSocket_echoes_with_the_injected_header_on_its_handshake()
    {
        await world.Load(world.Route());
        using var socket = await Connect();
        var told = Encoding.UTF8.GetString(await Receive(socket));
        Assert.Contains($"X-Api-Key: {RouteWorld.Value}", told, StringComparison.Ordinal);
        Assert.DoesNotContain("Cookie", told, StringComparison.Ordinal);
        foreach (var size in (int[])[1, 100, 60_000])
        {
            var sent = new byte[size];
            sent.AsSpan().Fill((byte)'w');
            await socket.SendAsync(sent, WebSocketMessageType.Binary, true, CancellationToken.None);
            Assert.Equal(sent, await Receive(socket));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    /// <summary>The total time-out is for exchanges; a conversation goes on.</summary>
    [Fact]
    public async Task A_WebSocket_is_not_held_to_the_total_time_out()
    {
        await world.Load(world.Route(cluster: "total_timeout_seconds = 1"));
        using var socket = await Connect();
        await Receive(socket);
        await Task.Delay(TimeSpan.FromSeconds(2));
        await socket.SendAsync("still"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        Assert.Equal("still", Encoding.UTF8.GetString(await Receive(socket)));
    }

    [Fact]
    public async Task A_WebSocket_needs_the_routes_leave_too()
    {
        await world.Load(world.Route(route: $"""
            allow_networks =
            allow_credentials = ["{world.User.Id}"]
            """));
        await Assert.ThrowsAsync<WebSocketException>(() => Connect());
        using var socket = await Connect(("X-Enkryptify-Authorization", $"Bearer {world.User.Api.Token}"));
        Assert.DoesNotContain("X-Enkryptify", Encoding.UTF8.GetString(await Receive(socket)), StringComparison.Ordinal);
    }

    /// <summary>The first bytes of an answer arrive while the rest is still to come.</summary>
    [Fact]
    public async Task An_answer_is_not_gathered_before_it_is_passed_on()
    {
        await world.Load(world.Route());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/silent") { Headers = { Host = RouteWorld.Host } };
        using var response = await world.Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var begun = new byte[5];
        await body.ReadExactlyAsync(begun);
        Assert.Equal("begun", Encoding.ASCII.GetString(begun));
    }

    private async Task<ClientWebSocket> Connect(params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", RouteWorld.Host);
        socket.Options.SetRequestHeader("Cookie", "session=mine");
        foreach (var (name, value) in headers)
        {
            socket.Options.SetRequestHeader(name, value);
        }

        await socket.ConnectAsync(new UriBuilder(world.Gateway.Gateway.Urls[0]) { Scheme = "ws", Path = "/ws" }.Uri, CancellationToken.None);
        return socket;
    }

    private static async Task<byte[]> Receive(WebSocket socket)
    {
        var whole = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            whole.Write(buffer, 0, got.Count);
            if (got.EndOfMessage)
            {
                return whole.ToArray();
            }
        }
    }
}
