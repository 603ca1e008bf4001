namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// How a backend did lately. One that is down or slow is left alone for a moment, longer each time, so that it does not cost every caller the time-out;
/// the first answer ends that.
/// </summary>
internal sealed class BackendHealth(TimeProvider time)
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private TimeSpan pause;
    private DateTimeOffset awayUntil;
    private string? awayBecause;

    public DateTimeOffset? LastSuccess { get; private set; }

    public DateTimeOffset? LastFailure { get; private set; }

    /// <summary>Of the last failure, also after a success.</summary>
    public string? LastReason { get; private set; }

    /// <summary>Whether the last that was heard of it was a failure, or that it refuses the gateway's credential.</summary>
    public bool IsFailing => LastFailure is { } failed && !(LastSuccess > failed);

    /// <summary>Until it takes a credential again. Nothing that was kept is served meanwhile.</summary>
    public bool RefusesCredential { get; private set; }

    /// <summary>Why it is not asked now, or null.</summary>
    public string? Away()
    {
        lock (gate)
        {
            return awayBecause is not null && time.GetUtcNow() < awayUntil ? awayBecause : null;
        }
    }

    public void Succeeded()
    {
        lock (gate)
        {
            (awayBecause, pause) = (null, TimeSpan.Zero);
            LastSuccess = time.GetUtcNow();
            RefusesCredential = false;
        }
    }

    public void Failed(string reason, bool away)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            (LastFailure, LastReason) = (now, reason);
            if (!away || awayUntil > now)
            {
                return;
            }

            pause = pause == TimeSpan.Zero ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            (awayBecause, awayUntil) = (reason, now + pause);
        }
    }

    public void CredentialRefused()
    {
        lock (gate)
        {
            RefusesCredential = true;
        }

        Failed("it refuses the gateway's credential", away: true);
    }
}
