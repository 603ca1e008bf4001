using System.Collections.Concurrent;

namespace Enkryptify.Gateway;

/// <summary>A number that only grows. Counting allocates nothing and takes no lock.</summary>
internal sealed class Counter
{
    private long value;

    public long Value => Interlocked.Read(ref value);

    public void Add() => Interlocked.Increment(ref value);
}

/// <summary>Counts observations by upper bound, and sums them. Observing allocates nothing and takes no lock.</summary>
/// <param name="bounds">Rising; what is larger than the last is counted beyond it.</param>
internal sealed class Histogram(params double[] bounds)
{
    /// <summary>Of the sum: a millionth, so that it can be added to in one step.</summary>
    private const double Resolution = 1e6;

    /// <summary>Seconds that a request or a commit may take.</summary>
    public static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly long[] counts = new long[bounds.Length + 1];
    private long sum;

    public IReadOnlyList<double> Bounds => bounds;

    /// <summary>Told of each observation too, where telemetry is on (<see cref="Operations.Telemetry.MeteredFamilies"/>).</summary>
    public System.Diagnostics.Metrics.Histogram<double>? Mirror { get; set; }

    public double Sum => Interlocked.Read(ref sum) / Resolution;

    /// <summary>How many up to each bound, and after the last one how many in all.</summary>
    public long[] Cumulated()
    {
        var all = new long[counts.Length];
        long so = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            all[i] = so += Interlocked.Read(ref counts[i]);
        }

        return all;
    }

    public void Observe(double observed)
    {
        var i = 0;
        while (i < bounds.Length && observed > bounds[i])
        {
            i++;
        }

        Interlocked.Increment(ref counts[i]);
        Interlocked.Add(ref sum, (long)(observed * Resolution));
        Mirror?.Record(observed);
    }
}

/// <summary>A counter for each of a few words of our own, at most <paramref name="most"/>; what comes beyond is counted as <c>other</c>.</summary>
internal sealed class WordCounters(int most)
{
    private readonly ConcurrentDictionary<string, Counter> counters = new(StringComparer.Ordinal);

    public IEnumerable<(string Word, long Value)> All => counters.Select(pair => (pair.Key, pair.Value.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal);

    public void Add(string word)
    {
        if (!counters.TryGetValue(word, out var counter))
        {
            counter = counters.GetOrAdd(counters.Count < most ? word : "other", static _ => new Counter());
        }

        counter.Add();
    }
}
