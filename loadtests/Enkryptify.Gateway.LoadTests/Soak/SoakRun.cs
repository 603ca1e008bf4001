using System.Diagnostics;

namespace Enkryptify.Gateway.LoadTests.Soak;

/// <summary>
/// Mixed load at a modest fixed rate for a long time: what grows, what leaks, what fails once in an hour. A line a minute, then a verdict: no error, the audit log
/// verifies, and resident memory at the end within a tenth of that of the fifth minute.
/// </summary>
internal sealed class SoakRun(RunOptions options)
{
    /// <summary>More than this at once are held back: on a busy machine nobody keeps up for a moment.</summary>
    public const int MostUnderWay = 64;

    /// <summary>One held back in so many, and the gateway does not keep up with a modest rate.</summary>
    private const int OneHeldBackIn = 100;

    private const int SettledMinute = 5;
    private const double Tolerance = 0.10;
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TokenEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan KeyEvery = TimeSpan.FromSeconds(30);

    private readonly SoakCounts counts = new();
    private readonly List<double> residentOfMinute = [];
    private int underWay;
    private long heldBack;

    public async Task<int> Run()
    {
        using var gateway = await GatewayUnderTest.Start(options, "soak");
        await gateway.Seed(options.Credentials, options.Secrets, 0, (_, _, _) => { });
        using var load = new SoakLoad(gateway, counts, options.Seed);
        await load.Prepare();
        var first = await SoakSample.Take(gateway);
        Console.Out.WriteLine($"soak of {options.Soak} minutes at {options.SoakRate} requests/s, {options.Credentials} credentials, {options.Secrets} secrets");
        Console.Out.WriteLine($"minute 0: {first}");

        using var end = new CancellationTokenSource();
        Task[] rotations = [Every(TokenEvery, _ => load.RotateToken(), end.Token), Every(KeyEvery, load.RotateKey, end.Token)];
        var paced = Paced(load, TimeSpan.FromMinutes(options.Soak));
        var means = await Watch(gateway, paced);
        await paced;
        await end.CancelAsync();
        await Task.WhenAll(rotations);
        while (Volatile.Read(ref underWay) > 0)
        {
            await Task.Delay(100);
        }

        return await Verdict(gateway, first, await SoakSample.Take(gateway), means);
    }

    /// <summary>A request falls due at a fixed rate, whatever became of the last.</summary>
    private async Task Paced(SoakLoad load, TimeSpan during)
    {
        var began = Stopwatch.GetTimestamp();
        for (long due = 0; Stopwatch.GetElapsedTime(began) < during; due++)
        {
            var early = TimeSpan.FromSeconds(due / (double)options.SoakRate) - Stopwatch.GetElapsedTime(began);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early);
            }

            if (Volatile.Read(ref underWay) >= MostUnderWay)
            {
                heldBack++;
                continue;
            }

            Interlocked.Increment(ref underWay);
            _ = Counted(load.Next());
        }

        async Task Counted(Task work)
        {
            await work;
            Interlocked.Decrement(ref underWay);
        }
    }

    private static async Task Every(TimeSpan period, Func<int, Task> work, CancellationToken end)
    {
        using var tick = new PeriodicTimer(period);
        try
        {
            for (var i = 0; await tick.WaitForNextTickAsync(end); i++)
            {
                await work(i);
            }
        }
        catch (OperationCanceledException)
        {
            // The soak is over.
        }
    }

    /// <summary>A line a minute.</summary>
    /// <returns>The mean resident memory of each minute: one moment of it says more of the collector's last run than of the program.</returns>
    private async Task<List<double>> Watch(GatewayUnderTest gateway, Task paced)
    {
        List<double> means = [];
        var began = Stopwatch.GetTimestamp();
        while (await Task.WhenAny(paced, Task.Delay(SampleEvery)) != paced)
        {
            residentOfMinute.Add(gateway.Server.ResidentMiB);
            if (Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(means.Count + 1) - (SampleEvery / 2))
            {
                continue;
            }

            means.Add(residentOfMinute.Average());
            residentOfMinute.Clear();
            Console.Out.WriteLine($"minute {means.Count}: mean {means[^1]:0.0} MiB; {await SoakSample.Take(gateway)}; {counts} held-back={heldBack} errors={counts.Errors}");
        }

        return means;
    }

    private async Task<int> Verdict(GatewayUnderTest gateway, SoakSample first, SoakSample last, List<double> means)
    {
        var entries = last.AuditEntries - first.AuditEntries;
        var grown = last.File("gateway.db") - first.File("gateway.db");
        Console.Out.WriteLine($"end: {last}; {counts} held-back={heldBack} errors={counts.Errors}");
        Console.Out.WriteLine($"gateway.db grew by {grown / 1024.0:0} KiB while {entries} audit entries were added: {(double)grown / Math.Max(1, entries):0} bytes an entry");
        foreach (var error in counts.Told)
        {
            Console.Out.WriteLine($"error: {error}");
        }

        var (verified, report) = await gateway.Verb("audit", "verify", "--data-dir", gateway.DataDirectory);
        Console.Out.WriteLine($"audit verify: {report.Trim()}");
        var settled = means.Count > SettledMinute ? means[SettledMinute - 1] : (double?)null;
        var steady = settled is not { } at || Math.Abs(means[^1] - at) <= Tolerance * at;
        Console.Out.WriteLine(settled is { } then
            ? $"resident memory: {then:0.0} MiB in minute {SettledMinute}, {means[^1]:0.0} MiB in minute {means.Count}: {(means[^1] - then) / then:+0.0%;-0.0%}"
            : $"resident memory: not judged, the run had no more than {SettledMinute} minutes");
        var sound = counts.Errors == 0 && heldBack * OneHeldBackIn <= counts.Total && counts.Total > 0 && verified && steady;
        Console.Out.WriteLine(sound ? "soak: passed" : "soak: FAILED");
        return sound ? 0 : 1;
    }
}
