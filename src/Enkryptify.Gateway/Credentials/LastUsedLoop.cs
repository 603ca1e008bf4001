using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Credentials;

/// <summary>Writes times of last use in batches. They may lag by <see cref="Interval"/> on the disk; lists show the current ones all the same.</summary>
internal sealed class LastUsedLoop(LiveCredentials credentials, Writer writer, ILogger<LastUsedLoop> log)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken stop)
    {
        using var tick = new PeriodicTimer(Interval);
        try
        {
            while (await tick.WaitForNextTickAsync(stop))
            {
                try
                {
                    await FlushAsync();
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

    public async Task FlushAsync()
    {
        foreach (var uses in credentials.PendingUses().Chunk(1000))
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
        }
    }
}
