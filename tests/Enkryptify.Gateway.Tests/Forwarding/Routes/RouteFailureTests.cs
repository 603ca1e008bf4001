using System.Net.Sockets;
using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>An upstream that is not there, dies, hangs or talks nonsense: a clean answer of ours, or an answer that is visibly cut off; nothing leaks.</summary>
public class RouteFailureTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    [Fact]
    public async Task One_that_dies_before_it_answers_is_502()
    {
        await world.Load(world.Route());
        Clean(502, "upstream_failed", await world.Get("/die-before"));
        Clean(502, "upstream_failed", await world.Send(HttpMethod.Post, "/die-before", new ByteArrayContent(new byte[3 << 20])));
    }

    [Fact]
    public async Task One_that_talks_nonsense_is_502()
    {
        await world.Load(world.Route(destinations: $"\"http://127.0.0.1:{world.Upstream.GarbagePort}\""));
        Clean(502, "upstream_failed", await world.Get("/x"));
    }

    [Fact]
    public async Task One_that_is_not_there_is_502()
    {
        await world.Load(world.Route(destinations: "\"http://127.0.0.1:1\""));
        for (var i = 0; i < 3; i++)
        {
            Clean(502, "upstream_failed", await world.Get("/x"));
        }
    }

    [Fact]
    public async Task One_whose_certificate_is_not_trusted_is_502()
    {
        await world.Load(world.Route(destinations: $"\"https://127.0.0.1:{world.Upstream.Port}\""));
        Clean(502, "upstream_failed", await world.Get("/x"));
    }

    [Theory]
    [InlineData("activity_timeout_seconds = 1")]
    [InlineData("total_timeout_seconds = 1")]
    public async Task One_that_hangs_is_504(string timeout)
    {
        await world.Load(world.Route(cluster: timeout));
        Clean(504, "upstream_timeout", await world.Get("/hang"));
        Assert.Equal(200, (await world.Get("/x")).Status);
    }

    /// <summary>Head and first bytes are out already: what follows must not let the answer look whole.</summary>
    [Theory]
    [InlineData("/die")]
    [InlineData("/silent")]
    public async Task One_that_dies_or_falls_silent_in_its_answer_is_cut_off(string path)
    {
        await world.Load(world.Route(cluster: "activity_timeout_seconds = 1"));
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", world.Gateway.Gateway.Urls[0].Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {RouteWorld.Host}\r\nConnection: close\r\n\r\n"));
        var got = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(got);
        }
        catch (IOException)
        {
            // Reset: as good as an end.
        }

        var text = Encoding.ASCII.GetString(got.ToArray());
        Assert.StartsWith("HTTP/1.1 200", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n0\r\n\r\n", text, StringComparison.Ordinal);
        Assert.False(text.Contains("Content-Length: 10\r\n", StringComparison.Ordinal), text);
        Assert.DoesNotContain("requestId", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_goes_away_takes_the_upstreams_request_along()
    {
        await world.Load(world.Route());
        using (var leaving = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/hang") { Headers = { Host = RouteWorld.Host } };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.Gateway.Http.SendAsync(request, leaving.Token));
        }

        var status = world.Gateway.Gateway.LegacyRoutes;
        while (status.Status().Clusters[0].Destinations[0].RequestsUnderWay > 0)
        {
            await Task.Delay(10);
        }
    }

    private static void Clean(int status, string code, Answer answer)
    {
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal(("no-store", "application/json; charset=utf-8"), (answer.Headers["Cache-Control"], answer.Headers["Content-Type"]));
        Assert.DoesNotContain("127.0.0.1", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", answer.Telling, StringComparison.Ordinal);
    }
}
