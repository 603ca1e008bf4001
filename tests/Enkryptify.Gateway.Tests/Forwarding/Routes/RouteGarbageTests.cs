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
        await using var garbage = new RawUpstream(sent);
        await world.Load(world.Route(destinations: $"\"http://127.0.0.1:{garbage.Port}\""));
        var answer = await world.Get("/x");
        Assert.Equal((502, "upstream_failed"), (answer.Status, answer.Code));
        Assert.Contains($"X-Api-Key: {RouteWorld.Value}\r\n", garbage.Got, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", answer.Telling, StringComparison.Ordinal);
        Assert.DoesNotContain($"127.0.0.1:{garbage.Port}", answer.Telling, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nZZ\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhalf")]
    public async Task What_breaks_off_never_looks_whole(string sent)
    {
        await using var garbage = new RawUpstream(sent);
        await world.Load(world.Route(destinations: $"\"http://127.0.0.1:{garbage.Port}\""));
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
}
