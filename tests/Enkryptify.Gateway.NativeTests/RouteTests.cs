using System.Globalization;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>Legacy routes of the published executable: its memory while a gigabyte passes, and SIGHUP.</summary>
public class RouteTests
{
    private const long Gigabyte = 1L << 30;

    /// <summary>Growth of resident memory over what it was after a warm-up, in KiB, that a gigabyte may cost in either direction.</summary>
    private const long MostGrowth = 30 * 1024;

    [Fact]
    public async Task A_gigabyte_in_and_a_gigabyte_out_pass_in_little_memory()
    {
        await using var world = await World.Start();
        await world.Download(16 << 20);
        await world.Upload(16 << 20);
        var before = world.ResidentMemory();
        var most = before;
        using var done = new CancellationTokenSource();
        var watch = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                most = Math.Max(most, world.ResidentMemory());
                await Task.Delay(20);
            }
        });
        Assert.Equal(Gigabyte, await world.Download(Gigabyte));
        Assert.Equal(Gigabyte, await world.Upload(Gigabyte));
        await done.CancelAsync();
        await watch;
        TestContext.Current.SendDiagnosticMessage($"resident memory: {before} KiB before, {most} KiB at the most");
        Assert.True(most - before < MostGrowth, $"grew from {before} to {most} KiB");
    }

    [Fact]
    public async Task SIGHUP_takes_a_good_file_and_keeps_the_routes_for_a_bad_one()
    {
        await using var world = await World.Start();
        Assert.Equal(200, await world.Status("app.internal"));
        world.Write(world.Config.Replace("app.internal", "moved.internal", StringComparison.Ordinal));
        await world.Reload("routes and");
        Assert.Equal((404, 200), (await world.Status("app.internal"), await world.Status("moved.internal")));

        world.Write(world.Config.Replace("allow_networks", "allow_nobody", StringComparison.Ordinal));
        await world.Reload("reload: nothing was taken");
        Assert.Equal(200, await world.Status("moved.internal"));
        Assert.Contains("is open: say who may use it", world.Gateway.Process.Errors, StringComparison.Ordinal);
        Assert.Equal(200, await world.Gateway.ReadinessAsync());
    }

    /// <summary>The quick start with a route to an upstream process.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly TemporaryDirectory directory;
        private readonly ChildProcess upstream;
        private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(5) };
        private int reloads;

        private World(TemporaryDirectory directory, ChildProcess upstream, NativeGateway gateway, string config) =>
            (this.directory, this.upstream, Gateway, Config) = (directory, upstream, gateway, config);

        public NativeGateway Gateway { get; }

        public string Config { get; }

        public static async Task<World> Start()
        {
            var directory = new TemporaryDirectory();
            var port = Ports.FreeUrl().Port;
            var built = Directory.EnumerateFiles(Repository.PathOf("tests", "fixtures", "Upstream", "bin"), "Upstream.dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();

            // It ends when its standard input does, and a child of this harness has none: a shell keeps it open.
            var upstream = ChildProcess.Start("sh", ["-c", $"sleep 100000 | exec dotnet '{built}' {port.ToString(CultureInfo.InvariantCulture)}"], directory.FullPath);
            var file = Path.Combine(directory.FullPath, "enkryptify.toml");
            File.WriteAllText(file, "");
            var gateway = await NativeGateway.StartAsync(new GatewayStart
            {
                Directory = directory.FullPath,
                MoreArguments = ["--config", file],
            });
            var config = $"""
                [[clusters]]
                name = "back"
                destinations = ["http://127.0.0.1:{port}"]

                [[routes]]
                name = "app"
                hosts = ["app.internal"]
                cluster = "back"
                workspace = "acme"
                project = "demo"
                environment = "development"
                credential = "quick start"
                headers = ["X-Greeting: %GREETING%"]
                allow_networks = ["127.0.0.0/8"]
                """;
            var world = new World(directory, upstream, gateway, config);
            world.Write(config);
            var limit = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(60);
            while (!upstream.Output.Contains('\n', StringComparison.Ordinal))
            {
                Assert.False(upstream.HasExited, upstream.ToString());
                Assert.True(TimeProvider.System.GetUtcNow() < limit, "the upstream did not start within a minute");
                await Task.Delay(20);
            }

            await world.Reload("routes and");
            return world;
        }

        public void Write(string text) => File.WriteAllText(Path.Combine(directory.FullPath, "enkryptify.toml"), text);

        /// <summary>Sends the signal and waits for the next line of the log that says how it went.</summary>
        public async Task Reload(string outcome)
        {
            reloads++;
            var limit = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(60);
            Gateway.Send(Signal.HangUp);
            while (Gateway.Process.Errors.Split("reload: ").Count(line => line.StartsWith("nothing was taken", StringComparison.Ordinal) || line.Contains(" routes and ", StringComparison.Ordinal)) < reloads)
            {
                Assert.False(Gateway.Process.HasExited, Gateway.Process.ToString());
                Assert.True(TimeProvider.System.GetUtcNow() < limit, "no reload within a minute of SIGHUP; under nohup(1) the signal is ignored, by what it starts too");
                await Task.Delay(20);
            }

            Assert.Contains(outcome, Gateway.Process.Errors, StringComparison.Ordinal);
        }

        public async Task<int> Status(string host)
        {
            using var answer = await Send(HttpMethod.Get, "/x", null, host);
            return (int)answer.StatusCode;
        }

        public async Task<long> Download(long bytes)
        {
            using var answer = await Send(HttpMethod.Get, $"/stream?bytes={bytes}", null);
            await using var body = await answer.Content.ReadAsStreamAsync();
            var portion = new byte[64 * 1024];
            long sum = 0;
            int read;
            while ((read = await body.ReadAsync(portion)) > 0)
            {
                sum += read;
            }

            return sum;
        }

        public async Task<long> Upload(long bytes)
        {
            using var content = new StreamContent(new Zeros(bytes));
            using var answer = await Send(HttpMethod.Post, "/sink", content);
            return long.Parse(await answer.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture);
        }

        /// <summary>VmRSS, in KiB.</summary>
        public long ResidentMemory() => long.Parse(
            File.ReadLines($"/proc/{Gateway.Process.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await Gateway.DisposeAsync();
            await upstream.DisposeAsync();
            directory.Dispose();
        }

        private async Task<HttpResponseMessage> Send(HttpMethod method, string path, HttpContent? content, string host = "app.internal")
        {
            var request = new HttpRequestMessage(method, new Uri(Gateway.Url, path)) { Content = content, Headers = { Host = host } };
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
    }

    /// <summary>So many zeros, made as they are read.</summary>
    private sealed class Zeros(long length) : Stream
    {
        private long left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var now = (int)Math.Min(count, left);
            buffer.AsSpan(offset, now).Clear();
            left -= now;
            return now;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
