namespace Enkryptify.Gateway.Storage;

/// <summary>
/// Looks at the free space each second, and tries a write when the last one failed: a gateway that gets no requests because it is not ready would otherwise
/// never find out that it could be.
/// </summary>
internal sealed class DiskWatch(Database database, ILogger<DiskWatch> log)
{
    private SpaceLevel told = SpaceLevel.Enough;

    public async Task RunAsync(CancellationToken stop)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await tick.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                await Turn().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The stop writes what it can.
        }
    }

    public async Task Turn()
    {
        database.Space.Check();
        Tell();
        if (database.Writer is { LastFailure: not null, NeedsRestart: false })
        {
            try
            {
                await database.Writer.Sync().ConfigureAwait(false);
                log.LogInformation("storage: writes succeed again");
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Still failing; readiness says so.
            }
        }
    }

    private void Tell()
    {
        var level = database.Space.Level;
        if (level == told)
        {
            return;
        }

        told = level;
        if (database.Space.Problem is { } problem)
        {
            log.LogError(
                "storage: {Problem} ({Free} MiB free, {Wanted} wanted): free space where the data directory is", problem, database.Space.Free >> 20, database.Space.MinFree >> 20);
        }
        else
        {
            log.LogInformation("storage: there is room on the disk again, changes are taken");
        }
    }
}
