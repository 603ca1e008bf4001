using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class LookupTests
{
    private const string Two = $$"""[{"id":"{{FakeGateway.Acme}}","name":"Acme Inc","slug":"acme"},{"id":"w2","name":"Other","slug":"other"}]""";

    [Theory]
    [InlineData("acme")]
    [InlineData("Acme Inc")]
    [InlineData(FakeGateway.Acme)]
    public async Task A_workspace_is_named_by_slug_name_or_id(string given)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", 200, Two);

        Assert.Equal(ExitCode.Ok, (await CliRun.OnAsync(gateway, "team", "list", "--workspace", given)).Code);
        Assert.Equal($"GET /v1/workspace/{FakeGateway.Acme}/team", gateway.Requests.Last().ToString());
    }

    [Fact]
    public async Task Several_workspaces_need_one_to_be_named()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", 200, Two);

        CliRun run = await CliRun.OnAsync(gateway, "team", "list");

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Equal("error: there are several workspaces: name one with --workspace\nhint: one of: acme, other\n", run.Error);
    }

    [Fact]
    public async Task No_workspace_at_all_shows_how_to_make_one()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", 200, "[]");

        CliRun run = await CliRun.OnAsync(gateway, "team", "list");

        Assert.Equal(ExitCode.NotFound, run.Code);
        Assert.Contains("workspace create", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("team list --workspace nope", "error: there is no workspace nope\nhint: there is: acme\n")]
    [InlineData("environment list --project nope", "error: there is no project nope\nhint: there is: demo\n")]
    [InlineData("secret get A --project demo --environment nope", "error: there is no environment nope\nhint: there is: development, production\n")]
    [InlineData("token revoke nope", "error: there is no unrevoked token nope\n")]
    public async Task What_is_not_there_is_exit_3_and_shows_what_is(string line, string error)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Tokens}", 200, "[]");

        Assert.Equal(new CliRun(ExitCode.NotFound, "", error), await CliRun.OnAsync(gateway, line.Split(' ')));
    }

    [Fact]
    public async Task A_name_that_several_have_lists_their_ids()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET /v1/workspace/{FakeGateway.Acme}/team", 200, """[{"id":"t1","name":"ops"},{"id":"t2","name":"ops"}]""");

        CliRun run = await CliRun.OnAsync(gateway, "project", "create", "--team", "ops", "--name", "X", "--slug", "xx");

        Assert.Equal(new CliRun(ExitCode.Error, "", "error: 2 teams are named ops\nhint: name one by its id: t1, t2\n"), run);
        Assert.Empty(gateway.Changes);
    }

    [Fact]
    public void A_slug_goes_before_another_projects_name()
    {
        Place[] all = [new("p1", "demo", "first"), new("p2", "First", "demo")];

        Assert.Equal("p2", Lookup.Pick("project", all, "demo").Id);
        Assert.Equal("p1", Lookup.Pick("project", all, "p1").Id);
        Assert.Equal("p2", Lookup.Pick("project", all, "First").Id);
    }
}
