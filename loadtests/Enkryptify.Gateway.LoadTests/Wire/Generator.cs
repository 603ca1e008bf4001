using System.Diagnostics;
using System.Net;
using Enkryptify.Gateway.LoadTests.Scenarios;
using HdrHistogram;

namespace Enkryptify.Gateway.LoadTests.Wire;

/// <summary>What one phase of load saw. Latencies in microseconds.</summary>
/// <param name="Missed">Requests of the open model that fell due but found no connection free until the end.</param>
internal sealed record LoadResult(long Requests, long Missed, TimeSpan Elapsed, LongHistogram Latency, SortedDictionary<int, long> Statuses)
{
    public double Rate => Requests / Elapsed.TotalSeconds;

    public double Percentile(double percent) => Latency.GetValueAtPercentile(percent) / 1000.0;

    public double Max => Latency.GetValueAtPercentile(100) / 1000.0;

    public long Count(int status) => Statuses.GetValueOrDefault(status);
}

/// <summary>
/// Load from one thread over a fixed number of connections. Closed model: each connection sends its next request when the last was answered. Open
/// model: requests fall due at a fixed rate whatever the server does, and latency counts from that moment, also while all connections are busy
/// (no coordinated omission).
/// </summary>
internal sealed class Generator : IDisposable
{
    /// <summary>An answer that takes longer ends the run: it would hang.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly Epoll epoll = new();
    private readonly Connection[] connections;
    private readonly Stack<int> idle = new();
    private readonly byte[] request = new byte[256 * 1024];
    private readonly Random random;

    public Generator(Uri server, int connections, int seed)
    {
        random = new Random(seed);
        var endPoint = new IPEndPoint(IPAddress.Parse(server.Host), server.Port);
        this.connections = [.. Enumerable.Range(0, connections).Select(token => new Connection(endPoint, epoll, token))];
    }

    /// <summary>"Keep constant" of NBomber: as many copies as connections, for a time or until the scenario runs dry.</summary>
    public LoadResult Closed(IScenario scenario, TimeSpan during, Action<TimeSpan, long>? progress = null) => Run(scenario, null, during, progress);

    /// <summary>"Inject" of NBomber: a fixed rate of requests a second.</summary>
    public LoadResult Open(IScenario scenario, double rate, TimeSpan during, Action<TimeSpan, long>? progress = null) => Run(scenario, rate, during, progress);

    public void Dispose()
    {
        foreach (var connection in connections)
        {
            connection.Dispose();
        }

        epoll.Dispose();
    }

    private LoadResult Run(IScenario scenario, double? rate, TimeSpan during, Action<TimeSpan, long>? progress)
    {
        var latency = new LongHistogram(1, 60_000_000_000, 3);
        var statuses = new SortedDictionary<int, long>();
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(during.TotalSeconds * Stopwatch.Frequency);
        var step = rate is { } perSecond ? Stopwatch.Frequency / perSecond : 0;
        long due = 0, answered = 0, last = start, nextProgress = start;
        Span<int> ready = stackalloc int[64];
        var dry = false;
        idle.Clear();
        for (var i = 0; i < connections.Length; i++)
        {
            idle.Push(i);
        }

        while (true)
        {
            var now = Stopwatch.GetTimestamp();
            while (!dry && idle.Count > 0 && now < end)
            {
                var intended = rate is null ? now : start + (long)(due * step);
                if (intended > now || intended >= end)
                {
                    break;
                }

                var length = scenario.Write(request, random);
                if (length == 0)
                {
                    dry = true;
                    break;
                }

                due++;
                connections[idle.Pop()].Send(request.AsSpan(0, length), intended);
                now = Stopwatch.GetTimestamp();
            }

            if (idle.Count == connections.Length && (now >= end || dry))
            {
                break;
            }

            if (progress is not null && now >= nextProgress)
            {
                progress(Stopwatch.GetElapsedTime(start, now), answered);
                nextProgress = now + (Stopwatch.Frequency / 4);
            }

            // The generator has a core of its own: in the open model it spins, so that requests leave in time.
            var count = epoll.Wait(ready, rate is null || now >= end ? 100 : 0);
            for (var i = 0; i < count; i++)
            {
                var connection = connections[ready[i]];
                var intended = connection.Intended;
                if (connection.Receive() is not { } status)
                {
                    continue;
                }

                last = Stopwatch.GetTimestamp();
                latency.RecordValue(Math.Max(1, (long)Stopwatch.GetElapsedTime(intended, last).TotalNanoseconds));
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
                answered++;
                idle.Push(ready[i]);
            }

            if (Stopwatch.GetElapsedTime(last, now) > Longest)
            {
                throw new TimeoutException($"{scenario.Name}: no answer for {Longest.TotalSeconds:0} s");
            }
        }

        var missed = rate is null ? 0 : Math.Max(0, (long)((end - start) / step) - due);
        return new LoadResult(answered, missed, Stopwatch.GetElapsedTime(start, Math.Max(last, start + 1)), latency, statuses);
    }
}
