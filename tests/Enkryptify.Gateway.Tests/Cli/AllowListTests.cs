using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class AllowListTests
{
    private const string List = $"/v1/workspace/{FakeGateway.Acme}/proxy-allowlist";

    [Theory]
    [InlineData("workspace allow-list get", "GET", "")]
    [InlineData("workspace allow-list set https://a.test http://*.b.test:8080 --workspace acme", "PUT", """["https://a.test","http://*.b.test:8080"]""")]
    public async Task It_shows_the_list_as_it_is_now(string line, string method, string body)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"{method} {List}", 200, """["http://*.b.test:8080","https://a.test"]""");

        CliRun people = await CliRun.OnAsync(gateway, line.Split(' '));
        CliRun json = await CliRun.OnAsync(gateway, [.. line.Split(' '), "--json"]);

        Assert.Equal(new CliRun(ExitCode.Ok, "http://*.b.test:8080\nhttps://a.test\n", ""), people);
        Assert.Equal(new CliRun(ExitCode.Ok, """["http://*.b.test:8080","https://a.test"]""" + "\n", ""), json);
        Assert.All(gateway.Changes, request => Assert.Equal(($"PUT {List}", body), (request.ToString(), request.Body)));
    }

    [Fact]
    public async Task An_empty_list_is_said_to_allow_nothing_and_has_to_be_asked_for()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"PUT {List}", 200, "[]");

        CliRun emptied = await CliRun.OnAsync(gateway, "workspace", "allow-list", "set", "--none");
        Assert.Equal(new CliRun(ExitCode.Ok, "", "The list of acme is empty: its callers may reach nothing through /proxy.\n"), emptied);
        Assert.Equal("[]", Assert.Single(gateway.Changes).Body);

        Assert.Equal(ExitCode.Usage, (await CliRun.OnAsync(gateway, "workspace", "allow-list", "set")).Code);
        Assert.Equal(ExitCode.Usage, (await CliRun.OnAsync(gateway, "workspace", "allow-list", "set", "https://a.test", "--none")).Code);
        Assert.Single(gateway.Changes);
    }
}
