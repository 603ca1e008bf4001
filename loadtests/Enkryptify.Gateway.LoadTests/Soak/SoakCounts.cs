using System.Collections.Concurrent;

namespace Enkryptify.Gateway.LoadTests.Soak;

/// <summary>What a soak did, by kind of work, and the first few things that went wrong: one of them ends in a verdict of failure.</summary>
internal sealed class SoakCounts
{
    private const int MostTold = 20;

    private readonly ConcurrentDictionary<string, long> done = new();
    private readonly ConcurrentQueue<string> told = new();
    private long errors;

    public long Errors => Interlocked.Read(ref errors);

    public IReadOnlyCollection<string> Told => told;

    public long Total => done.Values.Sum();

    public void Done(string kind) => done.AddOrUpdate(kind, 1, (_, count) => count + 1);

    public void Failed(string kind, string why)
    {
        if (Interlocked.Increment(ref errors) <= MostTold)
        {
            told.Enqueue($"{kind}: {why}");
        }
    }

    public override string ToString() => string.Join(' ', done.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
}
