namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>
/// The published executable, running as a process of its own in a directory of its own. It is ready when it is handed out; it can be signalled,
/// waited for and started again on the same directory and address.
/// </summary>
internal sealed class NativeGateway : IAsyncDisposable
{
    /// <summary>Generous, because a traced process starts slowly: it bounds a hang and asserts nothing.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly GatewayStart start;
    private readonly TemporaryDirectory? owned;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });
    private ChildProcess? process;
    private int pid;

    private NativeGateway(GatewayStart start)
    {
        this.start = start;
        owned = start.Directory is null ? new TemporaryDirectory() : null;
        WorkingDirectory = start.Directory ?? owned!.FullPath;
    }

    public Uri Url { get; } = Ports.FreeUrl();

    public string WorkingDirectory { get; }

    /// <summary>Where <c>serve --dev</c> keeps its data.</summary>
    public string DataDirectory => Path.Combine(WorkingDirectory, ".enkryptify-dev");

    public ChildProcess Process => process ?? throw new InvalidOperationException("not started");

    public static async Task<NativeGateway> StartAsync(GatewayStart? start = null)
    {
        var gateway = new NativeGateway(start ?? new GatewayStart());
        try
        {
            await gateway.LaunchAsync();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs one of the executable's verbs to its end, in the same directory and with the same environment.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) =>
        await ChildProcess.RunAsync(await PublishedBinary.GetAsync(), arguments, WorkingDirectory, start.Environment);

    /// <summary>Starts again where the last run left off.</summary>
    public async Task RestartAsync()
    {
        if (process is { HasExited: false })
        {
            throw new InvalidOperationException("still running: stop or kill it first");
        }

        await LaunchAsync();
    }

    public void Send(Signal signal) => Signals.Send(pid, signal);

    /// <summary>The exit code, once the process has ended by itself or by a signal sent before.</summary>
    public Task<int> WaitAsync() => Process.WaitAsync(Limit);

    public async Task<int> StopAsync()
    {
        Send(Signal.Terminate);
        return await WaitAsync();
    }

    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await WaitAsync();
    }

    /// <summary>The status of <c>/readyz</c>, or null when nobody answers.</summary>
    public async Task<int?> ReadinessAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            using var answer = await http.GetAsync(new Uri(Url, "/readyz"), limit.Token);
            return (int)answer.StatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Asks <c>/readyz</c> until the answer is <paramref name="status"/>.</summary>
    public async Task UntilReadinessIsAsync(int status)
    {
        using var limit = new CancellationTokenSource(Limit);
        int? last = null;
        while (!limit.IsCancellationRequested)
        {
            last = await ReadinessAsync();
            if (last == status)
            {
                return;
            }

            if (Process.HasExited)
            {
                await WaitAsync();
                throw new InvalidOperationException($"ended before /readyz said {status} (last: {last?.ToString() ?? "no answer"}): {Process}");
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"/readyz never said {status} (last: {last?.ToString() ?? "no answer"}): {Process}");
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            // With its whole tree: a tracer that is killed alone lets go of the gateway, which would run on.
            await process.DisposeAsync();
        }

        http.Dispose();
        owned?.Dispose();
    }

    private async Task LaunchAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        var binary = await PublishedBinary.GetAsync();
        var arguments = start.Arguments ?? ["serve", "--dev", "--listen", Url.GetLeftPart(UriPartial.Authority), .. start.MoreArguments];
        if (start.Trace is null)
        {
            process = start.Launcher is { } launcher
                ? ChildProcess.Start(launcher[0], [.. launcher.Skip(1), binary, .. arguments], WorkingDirectory, start.Environment)
                : ChildProcess.Start(binary, arguments, WorkingDirectory, start.Environment);
            pid = process.Id;
            await UntilReadinessIsAsync(200);
        }
        else
        {
            process = start.Trace.Start(binary, arguments, WorkingDirectory, start.Environment);
            await UntilReadinessIsAsync(200);
            pid = process.Children().Single();
        }

        if (start.Arguments is null)
        {
            await UntilSeededAsync();
        }
    }

    /// <summary>The quick start fills its data through its own running self: it can be ready a moment before <c>dev.json</c> is there.</summary>
    private async Task UntilSeededAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!File.Exists(Path.Combine(DataDirectory, "dev.json")))
        {
            Assert.False(limit.IsCancellationRequested || Process.HasExited, $"no dev.json: {Process}");
            await Task.Delay(20);
        }
    }
}
