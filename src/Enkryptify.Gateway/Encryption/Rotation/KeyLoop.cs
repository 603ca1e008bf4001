namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>Does the work of rotations in the background: at the start what another process left, then when one begins, and every half minute what has expired.</summary>
internal sealed class KeyLoop(KeyWork work, ILogger<KeyLoop> log) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim wake = new(0);

    /// <summary>There is something to do.</summary>
    public void Wake() => wake.Release();

    public async Task RunAsync(CancellationToken stop)
    {
        // Off the thread that starts the gateway: the first step reads before it waits.
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var step in work.Steps())
                {
                    log.LogDebug("encryption: {Step}", step);
                    if (stop.IsCancellationRequested)
                    {
                        return;
                    }
                }
            }
            catch (Exception error)
            {
                // The next turn tries again; readiness reports a store that fails. Types alone: this code handles keys.
                log.LogError("encryption: a rotation was interrupted and goes on later: {Type} at {Place}", error.GetType().FullName, error.StackTrace);
            }

            try
            {
                await wake.WaitAsync(Pause, stop);
                while (wake.Wait(0, CancellationToken.None))
                {
                    // Several calls are one turn.
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public void Dispose() => wake.Dispose();
}
