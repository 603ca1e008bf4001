using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Http;

/// <summary>
/// Turns further requests away while those that are here wait: an answer that comes too late was work for nothing, and its client asks again. What counts
/// is what waits, not what is under way, so a slow sender holds no place that another could have had.
/// </summary>
/// <param name="most">How many may wait; 0 is no limit.</param>
/// <param name="waiting">How many wait now, for a processor or for the disk.</param>
internal sealed class Admission(int most, Func<long> waiting)
{
    private const string RetryAfterSeconds = "1";

    public Counter TurnedAway { get; } = new();

    /// <summary>The answer to a request that is not let in, or null.</summary>
    public Reply? Refused(HttpResponse response)
    {
        if (most == 0 || waiting() <= most)
        {
            return null;
        }

        TurnedAway.Add();
        response.Headers.RetryAfter = RetryAfterSeconds;
        return Reply.Refused(Overloaded);
    }

    private static readonly Refusal Overloaded = new(
        RefusalKind.Unavailable, "overloaded", "The gateway has more to do than it can; nothing was changed. Ask again after Retry-After seconds");
}
