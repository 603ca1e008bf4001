using Enkryptify.Gateway.LoadTests.Scenarios;
using Enkryptify.Gateway.LoadTests.Wire;

namespace Enkryptify.Gateway.LoadTests;

/// <summary>One measured stretch of load on one server.</summary>
/// <param name="Model">closed (peak rate) or open (fixed arrival rate).</param>
/// <param name="AskedRate">Requests a second that fell due; null in the closed model.</param>
/// <param name="Busy">Share of the server's cores that it used, 0 to 1.</param>
internal sealed record Phase(
    string Server, string Scenario, string Model, double? AskedRate, LoadResult Load, TimeSpan Cpu, double Busy, double ResidentMiB)
{
    public double CpuMicroseconds => Load.Requests == 0 ? 0 : Cpu.TotalMicroseconds / Load.Requests;

    public long Errors => Load.Requests - Load.Count(200) - Load.Count(201);
}

/// <summary>Runs scenarios against one server: warm-up, closed model for the peak, open model at half of it.</summary>
internal sealed class Bench(RunOptions options, Display display, List<Phase> phases)
{
    /// <summary>Peak, then latency at half of it. The scenario is made anew for each, since it may run dry.</summary>
    public Phase Measure(string name, ServerProcess server, Func<IScenario> scenario)
    {
        var peak = Peak(name, server, scenario);
        Open(name, server, scenario(), peak.Load.Rate / 2, options.Seconds);
        return peak;
    }

    public Phase Peak(string name, ServerProcess server, Func<IScenario> scenario)
    {
        using (var warmUp = new Generator(server.Url, options.Connections, options.Seed))
        {
            warmUp.Closed(scenario(), options.WarmUp, display.Progress(name, "warm-up", options.WarmUp));
        }

        return Run(name, server, "closed", null, scenario(), options.Seconds);
    }

    /// <summary>As fast as it is answered, without a warm-up, until the scenario runs dry.</summary>
    public Phase Closed(string name, ServerProcess server, IScenario scenario, TimeSpan atMost) => Run(name, server, "closed", null, scenario, atMost);

    public Phase Open(string name, ServerProcess server, IScenario scenario, double rate, TimeSpan during, int? connections = null) =>
        Run(name, server, "open", rate, scenario, during, connections);

    private Phase Run(string name, ServerProcess server, string model, double? rate, IScenario scenario, TimeSpan during, int? connections = null)
    {
        using var generator = new Generator(server.Url, connections ?? options.Connections, options.Seed + 1);
        var progress = display.Progress($"{name} {scenario.Name}", model, during);
        GC.Collect();
        var before = server.Cpu;
        var load = rate is { } perSecond ? generator.Open(scenario, perSecond, during, progress) : generator.Closed(scenario, during, progress);
        var cpu = server.Cpu - before;
        var phase = new Phase(name, scenario.Name, model, rate, load, cpu, cpu / load.Elapsed / options.ServerCoreCount, server.ResidentMiB);
        phases.Add(phase);
        display.Done(phase);
        return phase;
    }
}
