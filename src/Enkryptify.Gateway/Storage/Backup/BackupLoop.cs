using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>
/// The schedule: a backup when the newest one is as old as <c>backup.every_hours</c>, also one that a stop or a failure made late. After a failure the next attempt waits
/// a minute, then twice as long each time, an hour at the most.
/// </summary>
internal sealed class BackupLoop(Backups backups, BackupConfig config, TimeProvider time, ILogger<BackupLoop> log)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromHours(1);
    private TimeSpan wait = FirstRetry;
    private DateTimeOffset notBefore = DateTimeOffset.MinValue;

    public async Task RunAsync(CancellationToken stop)
    {
        if (config.Every is null)
        {
            return;
        }

        using var tick = new PeriodicTimer(Look);
        try
        {
            do
            {
                try
                {
                    await Once().ConfigureAwait(false);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    Failed();
                    log.LogError("backup: the schedule was held up and goes on later: {Problem}", error.Message);
                }
            }
            while (await tick.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    /// <summary>Makes one if it is due. Whether it was.</summary>
    public async Task<bool> Once()
    {
        var now = time.GetUtcNow();
        if (config.Every is not { } every || now < notBefore || (backups.TakenAt() is { } taken && now < taken + every && taken <= now))
        {
            return false;
        }

        if (await backups.RunScheduled().ConfigureAwait(false))
        {
            (wait, notBefore) = (FirstRetry, DateTimeOffset.MinValue);
        }
        else
        {
            Failed();
        }

        return true;
    }

    private void Failed()
    {
        notBefore = time.GetUtcNow() + wait;
        wait = wait + wait < LastRetry ? wait + wait : LastRetry;
    }
}
