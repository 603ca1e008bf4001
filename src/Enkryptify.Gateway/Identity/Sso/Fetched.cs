using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>
/// A document of the provider, fetched when first needed and kept for <see cref="Fresh"/>. One fetch at a time, and none sooner than
/// <see cref="Pause"/> after the last, whoever asks and however often: a provider that is down is not asked by each visitor (invariant 8).
/// </summary>
internal sealed class Fetched<T>(Func<Task<Outcome<T>>> fetch, TimeProvider time) : IDisposable
    where T : class
{
    public static readonly TimeSpan Fresh = TimeSpan.FromHours(1);
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim one = new(1, 1);
    private T? document;
    private Refusal? failure;
    private DateTimeOffset fetchedAt = DateTimeOffset.MinValue;
    private DateTimeOffset triedAt = DateTimeOffset.MinValue;

    /// <param name="unless">The document that was of no use: a newer one is fetched, unless somebody did so already or the pause is not over.</param>
    public async ValueTask<Outcome<T>> Get(T? unless = null)
    {
        await one.WaitAsync().ConfigureAwait(false);
        try
        {
            var now = time.GetUtcNow();
            var stale = document is null || now - fetchedAt >= Fresh || ReferenceEquals(document, unless);
            if (stale && now - triedAt >= Pause)
            {
                triedAt = now;
                if (!(await fetch().ConfigureAwait(false)).Refused(out failure, out var next))
                {
                    (document, fetchedAt) = (next, now);
                }
            }

            // An old document serves until it ages out; a failure in between does not take it away.
            return document is not null && now - fetchedAt < Fresh ? document : failure ?? SsoRefusal.Unreachable;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();
}
