using System.Diagnostics;
using Enkryptify.Gateway.LoadTests.Scenarios;
using Enkryptify.Gateway.LoadTests.Store;

namespace Enkryptify.Gateway.LoadTests;

/// <summary>The published gateway on a fresh store: audit on, TLS off, rate limits off.</summary>
internal sealed class GatewayUnderTest : IDisposable
{
    private readonly RunOptions options;
    private readonly string directory;
    private readonly Uri url = ServerProcess.FreeUrl();
    private GatewayUnderTest(RunOptions options, string directory)
    {
        (this.options, this.directory) = (options, directory);
        Admin = new AdminApi(Path.Combine(DataDirectory, "admin.sock"));
    }

    public AdminApi Admin { get; }

    public string DataDirectory => Path.Combine(directory, "data");

    public ServerProcess Server { get; private set; } = null!;

    public SeededStore Store { get; private set; } = null!;

    public static async Task<GatewayUnderTest> Start(RunOptions options, string name)
    {
        var directory = Directory.CreateTempSubdirectory($"ek-{name}-").FullName;
        if (options.Work != Path.GetTempPath())
        {
            Directory.Delete(directory);
            directory = Path.Combine(options.Work, Path.GetFileName(directory));
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var gateway = new GatewayUnderTest(options, directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "enkryptify.toml"), $"""
            [server]
            listen = ["{gateway.url.GetLeftPart(UriPartial.Authority)}"]
            max_waiting_requests = 1000
            [storage]
            data_dir = "data"
            [encryption]
            master_key = "file:master.key"
            [rate_limits]
            requests_per_minute_per_address = 0
            exchanges_per_minute_per_credential = 0
            [log]
            level = "warning"
            """);
        var (made, report) = await gateway.Verb("init", "--config", "enkryptify.toml", "--email", "load@example.com", "--name", "Load", "--workspace", "load");
        if (!made)
        {
            throw new InvalidOperationException($"init: {report}");
        }

        await gateway.Restart();
        return gateway;
    }

    public async Task Seed(int credentials, int secrets, int oidcTokens, Action<string, int, int> progress, int secretsOfPlace = SeededStore.UsualSecretsOfPlace) =>
        Store = await SeededStore.Fill(Admin, credentials, secrets, oidcTokens, secretsOfPlace, progress);

    /// <summary>A legacy route for the credentials' owner, with one secret of <paramref name="place"/> in a header.</summary>
    public async Task AddRoute(Uri upstream, string credential, SecretsPlace place)
    {
        await File.AppendAllTextAsync(Path.Combine(directory, "enkryptify.toml"), $"""

            [[clusters]]
            name = "back"
            destinations = ["{upstream.GetLeftPart(UriPartial.Authority)}"]

            [[routes]]
            name = "legacy"
            hosts = ["{Routed.Host}"]
            cluster = "back"
            workspace = "load"
            project = "{place.Project}"
            environment = "{place.Environment}"
            credential = "{credential}"
            headers = ["X-Key: %{place.NameOf(0)}%"]
            allow_credentials = ["{credential}"]
            """);
        await Restart();
    }

    /// <summary>Runs one of the executable's verbs to its end.</summary>
    public async Task<(bool Success, string Report)> Verb(params string[] arguments)
    {
        using var verb = Process.Start(new ProcessStartInfo(options.Binary, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = verb.StandardError.ReadToEndAsync();
        var report = await verb.StandardOutput.ReadToEndAsync() + await errors;
        await verb.WaitForExitAsync();
        return (verb.ExitCode == 0, report);
    }

    public async Task Restart()
    {
        Server?.Dispose();
        Server = await ServerProcess.Start(options.ServerCores, options.Binary, ["serve", "--config", "enkryptify.toml"], directory, url, "readyz");
    }

    public void Dispose()
    {
        Server.Dispose();
        Admin.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
