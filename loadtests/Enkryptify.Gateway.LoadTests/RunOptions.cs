using System.CommandLine;

namespace Enkryptify.Gateway.LoadTests;

/// <summary>What the command line asks for. Every run is bounded by these in count and time.</summary>
internal sealed record RunOptions(
    string Binary, string? Reference, string? Yarp, int Credentials, int Secrets, int OidcTokens, int Connections, TimeSpan Seconds, TimeSpan WarmUp, IReadOnlySet<string> Scenarios,
    string ServerCores, string GeneratorCores, int Seed, int Growth, int Soak, int SoakRate, string Out, string Work)
{
    public static readonly string[] AllScenarios = ["exchange", "oidc-exchange", "read-one", "read-one-new-token", "read-list", "write", "mixed", "route", "burst"];

    public int ServerCoreCount => Cores(ServerCores).Count();

    /// <summary>As for taskset: "0" or "0,2" or "0-3".</summary>
    public static IEnumerable<int> Cores(string list) => list.Split(',').SelectMany(part =>
    {
        var ends = part.Split('-').Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    });

    public static RootCommand Command(Func<RunOptions, Task<int>> run)
    {
        Option<string> binary = new("--binary") { HelpName = "FILE", DefaultValueFactory = _ => "artifacts/linux-x64/enkryptify-gateway", Description = "The published gateway." };
        Option<string?> reference = new("--reference") { HelpName = "FILE", Description = "The published reference endpoints; left out, no ratios are reported." };
        Option<string?> yarp = new("--yarp") { HelpName = "FILE", Description = "The published YARP without injection, for the route scenario, which also needs --reference as its upstream." };
        Option<int> credentials = Count("--credentials", 10_000, "API tokens in the store.");
        Option<int> secrets = Count("--secrets", 100_000, "Secrets in the store, in environments of 50.");
        Option<int> oidc = Count("--oidc-tokens", 10_000, "Distinct workload tokens for oidc-exchange.");
        Option<int> connections = Count("--connections", 64, "Keep-alive connections.");
        Option<int> seconds = Count("--seconds", 10, "Length of each measured phase.");
        Option<int> warmUp = Count("--warm-up", 3, "Seconds of closed load before a scenario is measured.");
        Option<string[]> scenarios = new("--scenario") { HelpName = "NAME", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => AllScenarios, Description = $"Which: {string.Join(", ", AllScenarios)}." };
        scenarios.AcceptOnlyFromAmong(AllScenarios);
        Option<string> serverCores = new("--server-cores") { HelpName = "LIST", DefaultValueFactory = _ => "0", Description = "Cores of the server, as taskset(1) writes them." };
        Option<string> generatorCores = new("--generator-cores") { HelpName = "LIST", DefaultValueFactory = _ => "1", Description = "Cores of this program; others than the server's." };
        Option<int> seed = Count("--seed", 1, "Of the random draws.");
        Option<int> growth = Count("--growth", 0, "Compare the costs with 1,000 credentials and secrets with those at this many; 0 leaves it out.");
        Option<int> soak = Count("--soak", 0, "Instead of all else: mixed load for so many minutes, with a line a minute and a verdict. 0 leaves it out.");
        Option<int> soakRate = Count("--soak-rate", 100, "Requests a second of the soak.");
        Option<string> folder = new("--out") { HelpName = "DIR", DefaultValueFactory = _ => "artifacts/load", Description = "Where results.json and report.html go." };
        Option<string> work = new("--work") { HelpName = "DIR", DefaultValueFactory = _ => Path.GetTempPath(), Description = "Where the store is made; its disk is what the write figures are about." };
        RootCommand command = new("Load tests of the published gateway, on loopback.")
        {
            binary, reference, yarp, credentials, secrets, oidc, connections, seconds, warmUp, scenarios, serverCores, generatorCores, seed, growth, soak, soakRate, folder, work,
        };
        command.SetAction(parsed => run(new RunOptions(
            Path.GetFullPath(parsed.GetValue(binary)!), Full(parsed.GetValue(reference)), Full(parsed.GetValue(yarp)), parsed.GetValue(credentials),
            parsed.GetValue(secrets), parsed.GetValue(oidc), parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(seconds)), TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
            parsed.GetValue(scenarios)!.ToHashSet(), parsed.GetValue(serverCores)!, parsed.GetValue(generatorCores)!, parsed.GetValue(seed), parsed.GetValue(growth), parsed.GetValue(soak), parsed.GetValue(soakRate),
            Path.GetFullPath(parsed.GetValue(folder)!), Path.GetFullPath(parsed.GetValue(work)!))));
        return command;
    }

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Option<int> Count(string name, int value, string description) => new(name) { HelpName = "N", DefaultValueFactory = _ => value, Description = description };
}
