namespace Enkryptify.Gateway.Identity;

/// <summary>
/// Slows down and then locks out who keeps being wrong: after <see cref="Free"/> failures in a row a key must wait 1 s, 2 s, 4 s … up to
/// <see cref="Longest"/> before its next try. Keys are accounts (whether they exist or not), addresses, or whatever is being guessed. A success
/// forgets its key. At most <see cref="MaxKeys"/> keys; beyond that the least recent are forgotten.
/// </summary>
internal sealed class SignInThrottle(int free, TimeProvider time)
{
    public const int MaxKeys = 65_536;
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private readonly Lock gate = new();
    private readonly BoundedMap<string, Failures> failures = new(MaxKeys);

    /// <summary>Tries that cost nothing.</summary>
    public int Free => free;

    /// <summary>How long this key must still wait, or null.</summary>
    public TimeSpan? Wait(string key)
    {
        lock (gate)
        {
            return failures.TryGet(key, out var known) && known.Until > time.GetUtcNow() ? known.Until - time.GetUtcNow() : null;
        }
    }

    public void Failed(string key)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            var count = failures.TryGet(key, out var known) && now - known.Last < 2 * Longest ? known.Count + 1 : 1;
            var over = count - free;
            var pause = over < 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(over, 20)), Longest.TotalSeconds));
            failures.Put(key, new Failures(count, now, now + pause));
        }
    }

    public void Succeeded(string key)
    {
        lock (gate)
        {
            failures.Remove(key);
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            failures.Clear();
        }
    }

    private sealed record Failures(int Count, DateTimeOffset Last, DateTimeOffset Until);
}
