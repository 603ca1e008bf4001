using Enkryptify.Gateway.Audit;

namespace Enkryptify.Gateway.Dashboard.Audit;

/// <summary>
/// Verifies the chain of the running gateway for a page. It reads all of the log, so it runs once at a time, and what it found answers for a minute
/// whoever asks.
/// </summary>
internal sealed class ChainCheck(string dataDirectory, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private int running;
    private ChainFinding? last;

    /// <summary>Null while somebody else's check is under way.</summary>
    public async Task<ChainFinding?> Run()
    {
        if (last is { } known && time.GetUtcNow() - known.At < Fresh)
        {
            return known;
        }

        if (Interlocked.Exchange(ref running, 1) == 1)
        {
            return null;
        }

        try
        {
            var report = await Task.Run(() => ChainVerifier.Verify(dataDirectory)).ConfigureAwait(false);
            return last = new ChainFinding(time.GetUtcNow(), report);
        }
        finally
        {
            Volatile.Write(ref running, 0);
        }
    }
}

internal sealed record ChainFinding(DateTimeOffset At, ChainReport Report);
