using System.Runtime.InteropServices;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Operations;
using Enkryptify.Gateway.Operations.Systemd;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Cli;

/// <summary>
/// Starts the gateway for a verb, and waits for the signal that ends it. A second signal cuts the drain short. SIGHUP reads the configuration again and
/// takes its routes and clusters, all or none.
/// </summary>
internal static class RunningGateway
{
    /// <summary>How long <c>/readyz</c> says no before the listeners close: a load balancer's chance to notice.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(1);

    /// <param name="load">Reads the configuration as the start did.</param>
    /// <param name="hangUpEnds">In a terminal, SIGHUP is the terminal's end; of a service, it asks for a reload.</param>
    public static async Task<int> Serve(
        Surroundings around, GatewayConfig config, Func<ConfigResult> load, Func<Gateway, Task> prepare, bool hangUpEnds = false)
    {
        using var logs = new LineLogs(Console.OpenStandardError(), config.Log.Format, around.Clock);
        using var manager = ServiceManager.Of(around.Variable, Environment.ProcessId);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        using var hangUps = new SemaphoreSlim(0);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, hangUpEnds ? Stop : Reload);
        manager.Status("opening the database");
        await using var gateway = await Start(config, around, logs, prepare);
        var serving = $"serving on {string.Join(", ", gateway.Urls.Select(ListenUrl.Text))}";
        manager.Ready(serving);
        var watchdog = gateway.Watchdog(manager).RunAsync(first.Token);
        await Reloads();
        manager.Stopping();
        around.Error.WriteLine("stopping: requests under way are finished first; a second signal cuts that short");
        await watchdog;
        await gateway.StopAsync(Notice, second.Token);
        return ExitCode.Ok;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            (first.IsCancellationRequested ? second : first).Cancel();
        }

        void Reload(PosixSignalContext signal)
        {
            signal.Cancel = true;
            hangUps.Release();
        }

        // One after the other, each reading the files when its turn comes: the last state of them is the one that stays.
        async Task Reloads()
        {
            try
            {
                while (true)
                {
                    await hangUps.WaitAsync(first.Token);
                    manager.Reloading();
                    var left = await gateway.Reload(load());
                    manager.Ready(left is null ? serving : $"{serving}; not reloaded: {left}");
                }
            }
            catch (OperationCanceledException)
            {
                // The signal to stop.
            }
        }
    }

    /// <summary>A configuration, or the end of the verb with every mistake told.</summary>
    public static GatewayConfig Require(ConfigResult result) =>
        result.Config ?? throw new CommandFailure(ExitCode.BadConfiguration, [.. result.Errors.Select(error => error.ToString())], null);

    public static Task<Gateway> Start(GatewayConfig config, Surroundings around, ILoggerProvider logs, Func<Gateway, Task> prepare)
    {
        PrivateFiles();
        return Guard(() => Gateway.StartAsync(
            config, around.Clock, logs, prepare, sockets: PassedSockets.Take(around.Variable, Environment.ProcessId, config.Server)));
    }

    /// <summary>Nothing that this process makes is for others (umask 0077).</summary>
    public static void PrivateFiles() => Http.AdminSocket.Umask(0x3F);

    public static Task Guard(Func<Task> work) => Guard(async () =>
    {
        await work();
        return true;
    });

    /// <summary>What can be wrong with keys, directory and addresses, in the operator's words.</summary>
    private static async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (UnusableSettingException error)
        {
            throw new CommandFailure(ExitCode.BadConfiguration, error.Message, null);
        }
        catch (StorageException error)
        {
            throw new CommandFailure(ExitCode.Error, error.Message, null);
        }
        catch (Exception error) when (DiskSpace.IsFull(error))
        {
            throw new CommandFailure(ExitCode.Error, $"the disk of the data directory is full: {error.Message}", "free space there, then start again; nothing was changed");
        }
        catch (IOException error)
        {
            throw new CommandFailure(ExitCode.Error, $"cannot listen: {error.Message}", "choose another address with --listen");
        }
    }
}
