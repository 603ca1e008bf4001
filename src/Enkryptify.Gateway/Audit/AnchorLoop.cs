using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// Each second in which something was written: brings it to the disk and attests to it. So at most a second of read and exchange entries can be
/// lost with the power, and at most a second of the chain is not yet anchored.
/// </summary>
internal sealed class AnchorLoop(Writer writer, AuditChain chain, AnchorFile file, SigningKeys keys, TimeProvider time, ILogger<AnchorLoop> log)
{
    private long anchored = file.Last?.Sequence ?? 0;

    /// <summary>The newest entry that a checkpoint vouches for.</summary>
    public long Anchored => Interlocked.Read(ref anchored);

    public async Task RunAsync(CancellationToken stop)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await tick.WaitForNextTickAsync(stop))
            {
                try
                {
                    await AnchorNowAsync();
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    // The next tick tries again; readiness reports a writer that fails.
                    log.LogError("audit: the checkpoint could not be written: {Problem}", error.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The stop anchors once more itself.
        }
    }

    public async Task AnchorNowAsync()
    {
        if (chain.Synced.Sequence < chain.Head.Sequence)
        {
            await writer.Sync();
        }

        var head = chain.Synced;
        if (head.Sequence > anchored)
        {
            // The key after the head: the writer publishes a new key before the head that follows its hand-over, so that the old key never signs for
            // an entry behind it (HandOver).
            var key = keys.Audit;
            file.Append(Checkpoint.Sign(head, time.GetUtcNow(), key.Id, key.Ecdsa));
            anchored = head.Sequence;
        }
    }
}
