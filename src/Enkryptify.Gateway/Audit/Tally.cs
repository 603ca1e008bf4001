namespace Enkryptify.Gateway.Audit;

/// <summary>
/// Counts events of one kind and says when their entry is due: the first at once, then what came within each minute. What could not be written is given
/// back and counts again.
/// </summary>
internal sealed class Tally
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private DateTimeOffset? began;
    private long pending;
    private bool retired;

    /// <summary>Of the latest of its kind.</summary>
    public IReadOnlyList<(string Name, object Value)>? Evidence { get; private set; }

    /// <summary>Counts one; <paramref name="due"/> is what to write now, if anything. False when this tally was forgotten meanwhile.</summary>
    public bool TryCount(DateTimeOffset now, IReadOnlyList<(string Name, object Value)>? evidence, out long due)
    {
        lock (gate)
        {
            due = 0;
            if (!retired)
            {
                pending++;
                Evidence = evidence;
                due = Take(now, began is null);
            }

            return !retired;
        }
    }

    /// <summary>What to write when the window has ended, or <paramref name="anyway"/>; a new window begins.</summary>
    public long Take(DateTimeOffset now, bool anyway)
    {
        lock (gate)
        {
            if (pending == 0 || (!anyway && now - began < Window))
            {
                return 0;
            }

            (var due, pending, began) = (pending, 0, now);
            return due;
        }
    }

    public void GiveBack(long count)
    {
        lock (gate)
        {
            // Due again at once: what is not written down must not go on for a minute.
            (pending, began) = (pending + count, null);
        }
    }

    public bool TryRetire(DateTimeOffset now)
    {
        lock (gate)
        {
            retired |= pending == 0 && now - began >= Window;
            return retired;
        }
    }
}
