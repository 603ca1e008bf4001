using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class UsageTests
{
    [Theory]
    [InlineData("", "one of: serve, init, config, version, workspace")]
    [InlineData("nonsense", "there is no verb nonsense")]
    [InlineData("workspace", "one of: create, list")]
    [InlineData("workspace create --name A", "--slug")]
    [InlineData("workspace list --no-such-option", "there is no option --no-such-option")]
    [InlineData("workspace list --data-dir a --socket b", "give one")]
    [InlineData("token create --name ci", "say what may be reached")]
    [InlineData("token create --name ci --all --project demo", "--all is the whole workspace")]
    [InlineData("token create --name ci --all --expires 1y", "30d")]
    [InlineData("token create --name ci --all --permission admin", "read-write")]
    [InlineData("secret set A --project p --environment e", "where is the value?")]
    [InlineData("secret set A - --value-file f --project p --environment e", "two sources")]
    [InlineData("secret get A --environment e", "--project")]
    [InlineData("secret set a.b - --project p --environment e", "NAME: must be")]
    public async Task A_line_that_cannot_be_meant_is_exit_2_and_sends_nothing(string line, string expected)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();

        CliRun run = await CliRun.OnAsync(gateway, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
        Assert.Empty(gateway.Requests);
    }

    [Fact]
    public async Task A_misspelt_verb_is_one_error_with_the_verbs_there_are() => Assert.Equal(
        new CliRun(ExitCode.Usage, "", "error: there is no verb crate\nhint: one of: create, list\n"), await CliRun.OfAsync("team", "crate"));

    [Theory]
    [InlineData("secret", "set", "A", "hunter2-marker", "--project", "p", "--environment", "e")]
    [InlineData("secret", "set", "A", "-", "hunter2-marker", "--project", "p", "--environment", "e")]
    [InlineData("secret", "set", "A=hunter2-marker", "-", "--project", "p", "--environment", "e")]
    [InlineData("secret", "set", "A", "--value", "hunter2-marker", "--project", "p", "--environment", "e")]
    [InlineData("secret", "set", "A", "--value=hunter2-marker", "--project", "p", "--environment", "e")]
    [InlineData("token", "revoke", "ek_live_hunter2-marker")]
    [InlineData("token", "rotate", "ek_live_hunter2-marker")]
    [InlineData("token", "ek_live_hunter2-marker")]
    public async Task A_value_given_on_the_command_line_is_refused_and_not_repeated(params string[] args)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();

        CliRun run = await CliRun.OnAsync(gateway, args);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.DoesNotContain("hunter2", run.Error + run.Output, StringComparison.Ordinal);
        Assert.Empty(gateway.Requests);
    }

    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_not_a_file_of_arguments()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"POST /v1/workspace/{FakeGateway.Acme}/team", 201, """{"id":"t","name":"@home"}""");

        CliRun run = await CliRun.OnAsync(gateway, "team", "create", "@home");

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Equal("""{"name":"@home"}""", gateway.Changes.Single().Body);
    }
}
