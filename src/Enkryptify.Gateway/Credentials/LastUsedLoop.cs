using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Credentials;

/// <summary>Writes times of last use in batches. They may lag by <see cref="Interval"/> on the disk; lists show the current ones all the same.</summary>
internal sealed class LastUsedLoop(LiveCredentials credentials, Writer writer, ILogger<LastUsedLoop> log)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Rows of one write, and the pause after it: what waits for the writer meanwhile goes between, so no exchange waits for thousands of rows.</summary>
    private const int RowsAtOnce = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public async Task RunAsync(CancellationToken stop)
    {
        using var tick = new PeriodicTimer(Interval);
        try
        {
            while (await tick.WaitForNextTickAsync(stop))
            {
                try
                {
                    await FlushAsync(Pause, stop);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    log.LogWarning("credentials: times of last use could not be written, they are kept for the next try: {Problem}", error.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The stop flushes once more itself.
        }
    }

    /// <summary>All at once, for the stop.</summary>
    public Task FlushAsync() => FlushAsync(TimeSpan.Zero, CancellationToken.None);

    private async Task FlushAsync(TimeSpan pause, CancellationToken stop)
    {
        foreach (var uses in credentials.PendingUses().Chunk(RowsAtOnce))
        {
            var part = uses.ToDictionary();
            await writer.Relaxed<Done>(transaction =>
            {
                foreach (var (id, used) in part)
                {
                    transaction.Sql.Execute(
                        "UPDATE credential SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)", id, used);
                }

                return Done.Value;
            });
            credentials.Written(part);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, stop);
            }
        }
    }
}
