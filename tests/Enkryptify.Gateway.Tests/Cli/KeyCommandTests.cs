using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Tests.Encryption.Rotation;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Cli;

/// <summary>The key verbs against a running gateway.</summary>
public sealed class KeyCommandTests
{
    [Fact]
    public async Task Each_kind_is_rotated_listed_and_told_of()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        await gateway.Machine();
        CliRun list = await Run(gateway, "key list");
        Assert.Equal(ExitCode.Ok, list.Code);
        Assert.Contains("master key " + MasterKey.Load(gateway.Config.Encryption.MasterKey).Id, list.Output, StringComparison.Ordinal);
        Assert.Matches(@"environment +[0-9a-f]{32} +current +\d+ d +acme/shop/dev", list.Output);
        foreach (string kind in new[] { "kek", "digest", "signing", "audit" })
        {
            gateway.Clock.Advance(TimeSpan.FromMilliseconds(10));
            CliRun run = await Run(gateway, $"key rotate {kind}");
            Assert.True(run.Code == ExitCode.Ok, run.Error);
            Assert.Matches($"{kind} key [0-9a-f]{{32}} is replaced by [0-9a-f]{{32}}", run.Output);
            Assert.Equal(kind == "digest", run.Output.Contains("the old one stays for 1 live tokens", StringComparison.Ordinal));
            Assert.Equal(kind == "audit", run.Output.Contains("audit public key", StringComparison.Ordinal));
        }

        CliRun environment = await Run(gateway, "key rotate environment --environment shop/dev --workspace acme");
        Assert.True(environment.Code == ExitCode.Ok, environment.Error);
        Assert.Single(environment.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        CliRun all = await Run(gateway, "key rotate environment --all-environments");
        Assert.Equal(6, all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        CliRun status = await Run(gateway, "key status");
        Assert.Contains("1 live tokens", status.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("environment ", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_master_key_is_changed_by_the_verbs_and_restarts()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        var next = KeyWorkTests.NewMaster(gateway, "next.key");
        CliRun early = await Run(gateway, "key rotate master --finish");
        Assert.Equal((ExitCode.Error, true), (early.Code, early.Error.Contains("No rotation of the master key is pending", StringComparison.Ordinal)));
        CliRun begun = await Run(gateway, $"key rotate master --new {next.Value}");
        Assert.True(begun.Code == ExitCode.Ok, begun.Error);
        Assert.Contains("both open everything", begun.Output, StringComparison.Ordinal);
        await gateway.Restart();
        CliRun old = await Run(gateway, "key rotate master --finish");
        Assert.Contains("restart it with the new one", old.Error, StringComparison.Ordinal);
        var before = gateway.Config.Encryption;
        await gateway.Restart(config => config with { Encryption = new(next) });
        Assert.Contains("key rotate master --finish", (await Run(gateway, "key status")).Output, StringComparison.Ordinal);
        CliRun finished = await Run(gateway, "key rotate master --finish");
        Assert.True(finished.Code == ExitCode.Ok, finished.Error);
        await gateway.Close();
        var wrong = gateway.Config;
        Assert.Throws<MasterKeyException>(() => { using var bench = new KeyBench(gateway); bench.Reopen(before.MasterKey); });
        await gateway.Open();
        Assert.Equal(wrong, gateway.Config);
    }

    [Theory]
    [InlineData("key rotate master", "give either --new FILE or --finish")]
    [InlineData("key rotate master --new x --finish", "give either --new FILE or --finish")]
    [InlineData("key rotate environment", "give either --environment PROJECT/NAME or --all-environments")]
    [InlineData("key rotate environment --all-environments --environment a/b", "give either --environment PROJECT/NAME or --all-environments")]
    public async Task A_line_that_says_too_little_or_too_much_is_refused(string line, string message)
    {
        CliRun run = await CliRun.OfAsync(line.Split(' '));
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private static Task<CliRun> Run(TestGateway gateway, string line) =>
        new Cli { Socket = gateway.Gateway.AdminSocketPath, Clock = TimeProvider.System }.RunAsync(line.Split(' '));
}
