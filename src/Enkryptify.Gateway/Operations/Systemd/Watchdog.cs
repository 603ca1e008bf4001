namespace Enkryptify.Gateway.Operations.Systemd;

/// <summary>
/// Signs of life, at half the interval that systemd wants (sd_watchdog_enabled(3)), each only after the writer has answered since the one before. A
/// writer that hangs, or that only a restart can mend, is silent here, and systemd restarts the gateway. A full disk is neither: it answers that it is full.
/// </summary>
internal sealed class Watchdog(ServiceManager manager, Func<Task> askWriter, Func<bool> needsRestart, TimeProvider time)
{
    public async Task RunAsync(CancellationToken stop)
    {
        if (manager.WatchdogInterval is not { } interval)
        {
            return;
        }

        using var tick = new PeriodicTimer(interval / 2, time);
        var asked = askWriter();
        try
        {
            do
            {
                // At most one question is open: a writer that hangs is not given a queue of them.
                if (asked.IsCompleted)
                {
                    _ = asked.Exception;
                    if (!needsRestart())
                    {
                        manager.Alive();
                    }

                    asked = askWriter();
                }
            }
            while (await tick.WaitForNextTickAsync(stop));
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The gateway stops: systemd waits for the end with a limit of its own.
        }
    }
}
