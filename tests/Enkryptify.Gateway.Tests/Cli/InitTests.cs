using System.Text;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Operations;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;
using PeerSocket = Enkryptify.Gateway.Http.AdminSocket;

namespace Enkryptify.Gateway.Tests.Cli;

/// <summary>Alone: the verb sets the process's umask.</summary>
[CollectionDefinition(nameof(InitTests), DisableParallelization = true)]
public sealed class InitCollection;

/// <summary><c>init</c>: the first key, directory, owner and workspace of a host.</summary>
[Collection(nameof(InitTests))]
public sealed class InitTests : IDisposable
{
    private const string Line = "--email Ops@Example.com --name Ops --workspace acme";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ekgw-init-");
    private readonly uint _umask = PeerSocket.Umask(0x12); // 0022, as on most hosts

    private string Data => Path.Combine(_directory.FullName, "data");

    private string Key => Path.Combine(_directory.FullName, "master.key");

    private string Config => Path.Combine(_directory.FullName, "enkryptify.toml");

    public void Dispose()
    {
        PeerSocket.Umask(_umask);
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Makes_a_key_a_directory_an_owner_and_a_workspace_that_serve()
    {
        CliRun run = await Init(Line);

        Assert.Equal(ExitCode.Ok, run.Code);
        string password = Regex.Match(run.Output, "^password +([a-z0-9]{20}) +\\(shown this once\\)$", RegexOptions.Multiline).Groups[1].Value;
        Assert.NotEmpty(password);
        Assert.Matches($"(?m)^data directory +{Regex.Escape(Data)}$", run.Output);
        Assert.Matches("(?m)^master key +file:.*, id [0-9a-f]+ \\(made now\\)$", run.Output);
        Assert.Matches("(?m)^audit public key +\\S+ [A-Za-z0-9+/=]{100,}$", run.Output);
        Assert.Matches("(?m)^owner +ops@example.com$", run.Output);
        Assert.Contains("Keep a copy of the master key away from this host", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(password, run.Error, StringComparison.Ordinal);

        await using Serving serving = await Serve();
        Answer login = await serving.Api.Post("/v1/auth/login", Json.Of(("email", "ops@example.com"), ("password", password)));
        Assert.Equal(200, login.Status);
        Api owner = serving.Bearer(login.Json["accessToken"]!.GetValue<string>());
        Answer me = await owner.Get("/v1/me");
        Assert.Equal(("Ops", true), (me.Json["name"]!.GetValue<string>(), me.Json["verified"]!.GetValue<bool>()));
        Assert.Equal(["acme"], (await owner.Get("/v1/workspace")).Json.AsArray().Select(workspace => workspace!["slug"]!.GetValue<string>()));
        Assert.Equal(201, (await owner.Post("/v1/workspace/acme/team", Json.Of(("name", "platform")))).Status);
    }

    [Fact]
    public async Task What_it_makes_is_for_this_user_alone()
    {
        Assert.Equal(ExitCode.Ok, (await Init(Line)).Code);

        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(Data));
        Assert.Equal(Private, File.GetUnixFileMode(Key));
        string[] files = Directory.GetFiles(Data);
        Assert.Contains(Path.Combine(Data, Database.FileName), files);
        Assert.All(files, file => Assert.Equal(Private, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task A_second_time_it_refuses_and_changes_nothing()
    {
        Assert.Equal(ExitCode.Ok, (await Init(Line)).Code);
        byte[] key = await File.ReadAllBytesAsync(Key);
        string rows = Rows();

        CliRun again = await Init("--email other@example.com --name Other --workspace other");

        Assert.Equal(
            new CliRun(ExitCode.Error, "", $"error: {Data} is set up already: it has an owner\nhint: nothing was changed\n"), again);
        Assert.Equal(key, await File.ReadAllBytesAsync(Key));
        Assert.Equal(rows, Rows());
    }

    [Fact]
    public async Task A_directory_whose_key_is_gone_gets_no_other_key()
    {
        Assert.Equal(ExitCode.Ok, (await Init(Line)).Code);
        File.Delete(Key);

        CliRun again = await Init(Line);

        Assert.Equal(ExitCode.BadConfiguration, again.Code);
        Assert.False(File.Exists(Key));
    }

    [Fact]
    public async Task While_a_gateway_runs_on_the_directory_it_refuses()
    {
        Assert.Equal(ExitCode.Ok, (await Init(Line)).Code);
        await using Serving serving = await Serve();

        CliRun again = await Init(Line);

        Assert.Equal((ExitCode.Error, ""), (again.Code, again.Output));
    }

    [Theory]
    [InlineData("-", "from standard input\n", "from standard input")]
    [InlineData("pw.txt", "from a file\r\n", "from a file")]
    public async Task A_given_password_is_taken_and_not_shown(string source, string text, string password)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "pw.txt"), text);

        CliRun run = await Init($"{Line} --password-file {source}", text);

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.DoesNotContain("password", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(password, run.Output + run.Error, StringComparison.Ordinal);
        await using Serving serving = await Serve();
        Assert.Equal(200, (await serving.Api.Post("/v1/auth/login", Json.Of(("email", "ops@example.com"), ("password", password)))).Status);
    }

    [Theory]
    [InlineData("--email nobody --name Ops", "error: --email must be an e-mail address\n")]
    [InlineData("--email a@b@c --name Ops", "error: --email must be an e-mail address\n")]
    [InlineData("--email ops@example.com --name }", "error: --name must not contain control characters or }\n")]
    [InlineData("--email ops@example.com --name Ops --workspace Acme", "error: --workspace must be 2 to 48 characters of a-z, 0-9 and -\n")]
    [InlineData("--email ops@example.com --name Ops --password-file -", "error: a password has 8 to 256 characters, none of them NUL\n")]
    public async Task What_nothing_else_would_accept_is_refused_before_anything_is_made(string line, string error)
    {
        Assert.Equal(new CliRun(ExitCode.Usage, "", error), await Init(line, "short"));
        Assert.Equal((false, false), (Directory.Exists(Data), File.Exists(Key)));
    }

    [Theory]
    [InlineData("--name Ops")]
    [InlineData("--email ops@example.com")]
    public async Task Email_and_name_are_required(string line)
    {
        Assert.Equal(ExitCode.Usage, (await Init(line)).Code);
        Assert.False(Directory.Exists(Data));
    }

    private async Task<CliRun> Init(string line, string input = "")
    {
        await File.WriteAllTextAsync(Config, $"[storage]\ndata_dir = \"{Data}\"\n[encryption]\nmaster_key = \"file:{Key}\"\n[server]\nlisten = [\"http://127.0.0.1:0\"]\n");
        return await new Cli { Input = Encoding.UTF8.GetBytes(input), WorkingDirectory = _directory.FullName }.RunAsync(["init", "--config", Config, .. line.Split(' ')]);
    }

    private string Rows()
    {
        using Sql sql = Database.OpenReader(Path.Combine(Data, Database.FileName));
        return string.Join('\n', sql.Query("SELECT email || password_hash FROM user_account", row => row.GetString(0)).Concat(sql.Query("SELECT slug FROM workspace", row => row.GetString(0))));
    }

    private async Task<Serving> Serve()
    {
        GatewayConfig config = ConfigLoader.Load(new ConfigSources { FilePath = Config }).Config!;
        LineLogs logs = new(Stream.Null, LogFormat.Text, TimeProvider.System);
        Gateway gateway = await Gateway.StartAsync(config, TimeProvider.System, logs);
        return new Serving(gateway, logs, new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = gateway.Urls[0] });
    }

    private sealed class Serving(Gateway gateway, LineLogs logs, HttpClient http) : IAsyncDisposable
    {
        public Api Api => new(http, null);

        public Api Bearer(string token) => new(http, token);

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await gateway.DisposeAsync();
            logs.Dispose();
        }
    }
}
