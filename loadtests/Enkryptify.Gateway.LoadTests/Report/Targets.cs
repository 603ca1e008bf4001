using System.Globalization;

namespace Enkryptify.Gateway.LoadTests.Report;

/// <summary>A figure that is not a phase of load.</summary>
internal sealed record Fact(string Name, double Value, string Unit);

/// <param name="Met">Null where a part of it was not measured in this run.</param>
internal sealed record Target(string Name, string Asked, string Figure, bool? Met);

/// <summary>What the product promises itself, judged from one run; every figure is a ratio to a reference of the same run where that makes sense.</summary>
internal static class Targets
{
    /// <summary>Below this share of its cores at peak the server was not the limit, and the rate says nothing.</summary>
    private const double LeastBusy = 0.95;

    public static IReadOnlyList<Target> Judge(IReadOnlyList<Phase> phases, IReadOnlyList<Fact> facts)
    {
        var targets = new List<Target>();
        Ratio("exchange", "exchange", ReferenceRequests.SignEs256, 0.60);
        if (Find("gateway", "exchange", "open") is { } open && Find("reference", ReferenceRequests.SignEs256, "open") is { } bare)
        {
            var limit = Math.Max(5_000, 5 * bare.Load.Percentile(99));
            Add("exchange, p99 at half of peak", $"≤ {limit / 1000:0.0} ms", $"{open.Load.Percentile(99) / 1000:0.00} ms", open.Load.Percentile(99) <= limit);
        }

        Ratio("oidc-exchange", "oidc-exchange", ReferenceRequests.Rs256ToEs256, 0.55);
        Ratio("read-one", "read-one", ReferenceRequests.Json, 0.35);
        Ratio("read-one, token new to the cache", "read-one-new-token", ReferenceRequests.VerifyEs256, 0.70);
        if (Find("gateway", "write", "closed") is { } write && Value("single-row commits with FULL on the same disk") is { } commits)
        {
            var asked = Math.Min(5_000, 20 * commits);
            Add("write, durable", $"≥ {asked:0}/s", $"{write.Load.Rate:0}/s", write.Load.Rate >= asked);
        }

        if (Find("gateway", "route", "closed") is { } route && Find("yarp", "route", "closed") is { } alone)
        {
            var added = Find("gateway", "route", "open")!.Load.Percentile(50) - Find("yarp", "route", "open")!.Load.Percentile(50);
            Add("route ÷ YARP without injection", $"reported", $"{route.Load.Rate / alone.Load.Rate:0.00}; p50 at half of peak {added:+0;-0} µs", true);
        }

        Growth("exchange", 1.2);
        Growth("read-one", 1.3);
        if (Value("resident memory after load") is { } memory)
        {
            Add("resident memory after load", $"≤ {80} MiB", $"{memory:0.0} MiB", memory <= 80);
        }

        if (Value("start to ready with this store") is { } start && Value("start of the bare reference") is { } bareStart)
        {
            Add("start to ready", $"≤ {3 * bareStart:0} ms", $"{start:0} ms", start <= 3 * bareStart);
        }

        if (Find("burst", "exchange", "open") is { } burst && Find("after burst", "exchange", "open") is { } after && Find("gateway", "exchange", "open") is { } before)
        {
            var errors = burst.Errors - burst.Load.Count(503);
            Add("burst of 10 × half of peak", $"errors {0} but 503; p99 back", $"{errors} errors, {burst.Load.Count(503)} × 503; p99 after {after.Load.Percentile(99) / 1000:0.00} ms, before {before.Load.Percentile(99) / 1000:0.00} ms",
                errors == 0 && after.Errors == 0 && after.Load.Percentile(99) <= 2 * before.Load.Percentile(99));
        }

        return targets;

        void Ratio(string name, string scenario, string mode, double asked)
        {
            if (Find("gateway", scenario, "closed") is not { } own || Find("reference", mode, "closed") is not { } reference)
            {
                return;
            }

            var ratio = own.Load.Rate / reference.Load.Rate;
            var idle = new[] { own, reference }.Where(phase => phase.Busy < LeastBusy).ToArray();
            Add($"{name} ÷ {mode}", $"≥ {asked:0.00}", $"{ratio:0.00}{(idle.Length > 0 ? $" (void: {idle[0].Server} {idle[0].Busy:P0} busy; by processor time {reference.CpuMicroseconds / own.CpuMicroseconds:0.00})" : "")}", idle.Length > 0 ? null : ratio >= asked);
        }

        void Growth(string scenario, double asked)
        {
            var sizes = phases.Where(phase => phase.Scenario == scenario && phase.Server.EndsWith(" rows", StringComparison.Ordinal)).ToArray();
            if (sizes is [var small, var large])
            {
                var ratio = large.Load.Percentile(50) / small.Load.Percentile(50);
                Add($"{scenario} p50, {large.Server} ÷ {small.Server}", $"≤ {asked:0.0}", $"{ratio:0.00}", ratio <= asked);
            }
        }

        void Add(string name, FormattableString asked, FormattableString figure, bool? met) =>
            targets.Add(new Target(name, asked.ToString(CultureInfo.InvariantCulture), figure.ToString(CultureInfo.InvariantCulture), met));

        Phase? Find(string server, string scenario, string model) => phases.FirstOrDefault(phase => phase.Server == server && phase.Scenario == scenario && phase.Model == model);

        double? Value(string name) => facts.FirstOrDefault(fact => fact.Name == name)?.Value;
    }
}
