using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class CacheTests
{
    [Theory]
    [InlineData("cache clear", "")]
    [InlineData("cache clear --backend hq", """{"backend":"hq"}""")]
    public async Task It_clears_all_backends_or_the_one_that_is_named(string line, string body)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("POST /v1/cache/clear", 200, """{"cleared":3}""");
        CliRun run = await CliRun.OnAsync(gateway, line.Split(' '));
        Assert.Equal(new CliRun(ExitCode.Ok, "3 kept answers were deleted.\n", ""), run);
        Assert.Equal(body, Assert.Single(gateway.Changes).Body);
    }

    [Fact]
    public async Task A_backend_that_there_is_not_is_not_found()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("POST /v1/cache/clear", 404, """{"message":"Backend not found","code":"backend_not_found","requestId":"x"}""");
        Assert.Equal(ExitCode.NotFound, (await CliRun.OnAsync(gateway, "cache", "clear", "--backend", "none")).Code);
    }
}
