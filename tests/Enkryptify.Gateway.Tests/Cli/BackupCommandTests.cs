using System.Text.Json.Nodes;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage.Backup;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Cli;

/// <summary>The verbs <c>backup</c> and <c>restore</c>, against a running gateway and against files. Alone: they set the process's umask.</summary>
[Collection(nameof(InitTests))]
public sealed class BackupCommandTests : IAsyncLifetime
{
    private readonly Backing backing = new();
    private readonly uint umask = Enkryptify.Gateway.Http.AdminSocket.Umask(0x12); // 0022, as on most hosts
    private TestGateway gateway = null!;

    private string Config => backing.In("enkryptify.toml");

    public async ValueTask InitializeAsync()
    {
        (gateway, _) = await TestGateway.StartWithAcme();
        await File.WriteAllTextAsync(
            Config, $"[storage]\ndata_dir = \"{gateway.DataDirectory}\"\n[encryption]\nmaster_key = \"{gateway.Config.Encryption.MasterKey}\"\n", TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Enkryptify.Gateway.Http.AdminSocket.Umask(umask);
        await gateway.DisposeAsync();
        backing.Dispose();
    }

    [Fact]
    public async Task A_backup_is_made_checked_and_restored()
    {
        CliRun made = await Run($"backup --to {backing.File}");
        Assert.Equal((ExitCode.Ok, backing.File + "\n"), (made.Code, made.Output));
        Assert.Equal("600", Convert.ToString((int)File.GetUnixFileMode(backing.File), 8));
        var key = Backing.Master(gateway).Id;
        Assert.Matches($@"(?m)^\d+ KiB, \d+ audit entries, verified; a restore needs master key {key}$", made.Error);

        CliRun check = await Run($"restore --check {backing.File} --config {Config}");
        Assert.True(check.Code == ExitCode.Ok, check.Error);
        Assert.Matches(@"(?m)^taken +2026-06-01 12:00:00 UTC by version \S+, schema \d+$", check.Output);
        Assert.Matches($@"(?m)^store +[0-9a-f]{{32}}, master key {key}$", check.Output);
        Assert.Matches(@"(?m)^content +\d+ KiB, \d files, \d+ rows in \d+ tables, all read and compared$", check.Output);
        Assert.Matches(@"(?m)^audit log +\d+ entries, verified, \d+ not anchored$", check.Output);
        Assert.Equal("verifying\nchecking\n", check.Error);

        CliRun restored = await Run($"restore {backing.File} --to {backing.In("new")} --config {Config}");
        Assert.True(restored.Code == ExitCode.Ok, restored.Error);
        Assert.Contains("valid AGAIN", restored.Error, StringComparison.Ordinal);
        Assert.Equal(["700", "600"], new[] { backing.In("new"), backing.In("new/gateway.db") }.Select(path => Convert.ToString((int)File.GetUnixFileMode(path), 8)));
        await gateway.Restart(config => config with { Storage = config.Storage with { DataDirectory = backing.In("new") } });
        Assert.Equal(200, (await (await gateway.Machine()).Api.Get("/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev")).Status);
    }

    [Fact]
    public async Task Of_a_stopped_store_it_is_made_by_the_verb_itself_and_not_while_a_gateway_runs()
    {
        CliRun live = await Run($"backup --offline --config {Config} --to {backing.File}");
        Assert.Equal(ExitCode.Error, live.Code);
        Assert.Contains("in use by another gateway", live.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(backing.File));

        await gateway.Close();
        CliRun made = await Run($"backup --offline --config {Config} --to {backing.File} --json");
        Assert.True(made.Code == ExitCode.Ok, made.Error);
        Assert.Equal(backing.File, (string)JsonNode.Parse(made.Output)!["path"]!);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(backing.File));
        Assert.Equal(ExitCode.Ok, (await Run($"restore --check {backing.File} --config {Config}")).Code);

        PrivateFile.Write(backing.In("other.key"), Convert.ToBase64String(new byte[32]));
        await File.WriteAllTextAsync(Config, $"[storage]\ndata_dir = \"{gateway.DataDirectory}\"\n[encryption]\nmaster_key = \"file:{backing.In("other.key")}\"\n", TestContext.Current.CancellationToken);
        CliRun wrong = await Run($"backup --offline --config {Config} --to {backing.In("wrong.ekbackup")}");
        Assert.Equal(ExitCode.BadConfiguration, wrong.Code);
        Assert.Matches("sealed under the master key with id [0-9a-f]{16}, but the one given has id [0-9a-f]{16}", wrong.Error);
        await gateway.Open();
    }

    [Fact]
    public async Task The_key_may_come_from_a_file_or_standard_input_and_a_wrong_one_is_told_by_its_id()
    {
        await Run($"backup --to {backing.File}");
        var text = await File.ReadAllBytesAsync(gateway.Config.Encryption.MasterKey.Value, TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, (await Run($"restore --check {backing.File} --master-key -", text)).Code);
        Assert.Equal(ExitCode.Ok, (await Run($"restore --check {backing.File} --master-key {gateway.Config.Encryption.MasterKey.Value}")).Code);
        CliRun wrong = await Run($"restore --check {backing.File} --master-key -", new byte[32]);
        Assert.Equal(ExitCode.BadConfiguration, wrong.Code);
        Assert.Contains($"sealed under the master key with id {Backing.Master(gateway).Id}, but the one given has id ", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadConfiguration, (await Run($"restore --check {backing.File} --master-key -", [1, 2, 3])).Code);
        Assert.Equal(ExitCode.NotFound, (await Run($"restore --check {backing.In("none")} --config {Config}")).Code);
    }

    [Fact]
    public async Task On_a_terminal_a_bar_is_drawn_and_taken_away()
    {
        await Run($"backup --to {backing.File}");
        CliRun check = await new Cli { Terminal = true }.RunAsync("restore", "--check", backing.File, "--config", Config);
        Assert.Contains("\r[##############################] 100 % verifying", check.Error, StringComparison.Ordinal);
        Assert.EndsWith("\r", check.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_in_the_gateway_is_said_by_the_verb()
    {
        CliRun run = await Run($"backup --to {backing.In("none/x.ekbackup")}");
        Assert.Equal((ExitCode.Error, ""), (run.Code, run.Output));
        Assert.Contains($"error: there is no directory {backing.In("none")}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup --offline", "--offline needs --to")]
    [InlineData("backup --config x", "--config belongs to --offline")]
    [InlineData("restore x", "give either --check or --to DIR")]
    [InlineData("restore --check x --to y", "give either --check or --to DIR")]
    [InlineData("restore --check x --replace", "--check changes nothing")]
    [InlineData("restore --check", "Required argument missing")]
    public async Task A_line_that_says_too_little_or_too_much_is_refused(string line, string message)
    {
        CliRun run = await Run(line);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private Task<CliRun> Run(string line, byte[]? input = null) =>
        new Cli { Socket = gateway.Gateway.AdminSocketPath, Input = input ?? [], WorkingDirectory = backing.Root }.RunAsync(line.Split(' '));
}
