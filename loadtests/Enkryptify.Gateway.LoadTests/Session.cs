using System.Text;
using Enkryptify.Gateway.LoadTests.Report;
using Enkryptify.Gateway.LoadTests.Scenarios;
using Enkryptify.Gateway.LoadTests.Store;

namespace Enkryptify.Gateway.LoadTests;

/// <summary>A whole run: references first, then the gateway with its store, then the report.</summary>
internal sealed class Session
{
    /// <summary>Enough that the burst waits in the server and not in the generator.</summary>
    private const int BurstConnections = 2_048;

    /// <summary>Environments stay few as a store grows: each new one costs the gateway a look at all others of its workspace.</summary>
    private const int MostSecretsOfPlace = 1_000;

    /// <summary>Bounds the pass over all secrets.</summary>
    private static readonly TimeSpan LongestPass = TimeSpan.FromMinutes(3);

    private readonly RunOptions options;
    private readonly Display display = new(Console.Error, !Console.IsErrorRedirected);
    private readonly List<Phase> phases = [];
    private readonly List<Fact> facts = [];
    private readonly Bench bench;

    public Session(RunOptions options)
    {
        this.options = options;
        bench = new Bench(options, display, phases);
    }

    public async Task<int> Run()
    {
        if (options.Reference is not null)
        {
            await References();
        }

        if (Wants("write"))
        {
            facts.Add(new Fact("single-row commits with FULL on the same disk", SingleCommits.PerSecond(options.Work), "/s"));
        }

        using (var gateway = await GatewayUnderTest.Start(options, "load"))
        {
            await gateway.Seed(options.Credentials, options.Secrets, Wants("oidc-exchange") ? options.OidcTokens : 0, display.Seeding);
            await Scenarios(gateway);
            facts.Add(new Fact("resident memory after load", gateway.Server.ResidentMiB, "MiB"));
            await gateway.Restart();
            facts.Add(new Fact("start to ready with this store", gateway.Server.Ready.TotalMilliseconds, "ms"));
        }

        if (options.Growth > 0)
        {
            await Growth(1_000);
            await Growth(options.Growth);
        }

        var targets = Targets.Judge(phases, facts);
        Reports.Write(options, phases, facts, targets);
        Console.Out.WriteLine(Reports.Markdown(phases, facts, targets));
        return 0;
    }

    private bool Wants(string scenario) => options.Scenarios.Contains(scenario);

    private async Task References()
    {
        using var reference = await ReferenceRequests.Start(options, Math.Max(1, options.OidcTokens));
        facts.Add(new Fact("start of the bare reference", reference.Server.Ready.TotalMilliseconds, "ms"));
        foreach (var scenario in await reference.Scenarios())
        {
            bench.Measure("reference", reference.Server, () => scenario);
        }
    }

    private async Task Scenarios(GatewayUnderTest gateway)
    {
        var store = gateway.Store;
        Phase? exchange = null;
        if (Wants("exchange") || Wants("burst"))
        {
            exchange = bench.Measure("gateway", gateway.Server, () => new Exchange(store.Tokens));
        }

        if (Wants("oidc-exchange"))
        {
            bench.Measure("gateway", gateway.Server, () => new OidcExchange(store.OidcBodies));
        }

        // A JWT lives 15 minutes, so each scenario that needs some gets new ones.
        var jwts = await store.Jwts(Math.Min(1_000, store.Tokens.Length), display.Seeding);
        if (Wants("read-one"))
        {
            bench.Closed("gateway", gateway.Server, new ReadEach(store, jwts), LongestPass);
            bench.Measure("gateway", gateway.Server, () => new ReadOne(store, jwts));
        }

        // Before anything is written: the tokens are what is new here, the secrets are not.
        if (Wants("read-one-new-token"))
        {
            var fresh = await store.Jwts(100_000, display.Seeding);
            bench.Peak("gateway", gateway.Server, () => new ReadOneNew(store, fresh));
        }

        if (Wants("read-list"))
        {
            bench.Measure("gateway", gateway.Server, () => new ReadList(store, jwts));
        }

        if (Wants("write"))
        {
            bench.Measure("gateway", gateway.Server, () => new WriteOne(store, jwts));
        }

        if (Wants("mixed"))
        {
            bench.Measure("gateway", gateway.Server, () => new Mixed(new ReadOne(store, jwts), new ReadList(store, jwts), new Exchange(store.Tokens), new WriteOne(store, jwts)));
        }

        if (Wants("route"))
        {
            await Route(gateway, jwts[0]);
        }

        if (Wants("burst"))
        {
            var half = exchange!.Load.Rate / 2;
            bench.Open("burst", gateway.Server, new Exchange(store.Tokens), half * 10, TimeSpan.FromSeconds(5), BurstConnections);
            await Task.Delay(TimeSpan.FromSeconds(5));
            bench.Open("after burst", gateway.Server, new Exchange(store.Tokens), half, options.Seconds);
        }
    }

    /// <summary>
    /// A legacy route that adds a header with a secret, beside YARP that only passes on. Both ask the same upstream, which has the generator's cores: it is part
    /// of what surrounds the server.
    /// </summary>
    private async Task Route(GatewayUnderTest gateway, byte[] jwt)
    {
        if (options.Reference is null || options.Yarp is null)
        {
            return;
        }

        using var upstream = await ReferenceRequests.Start(options with { ServerCores = options.GeneratorCores }, 1);
        using (var yarp = await YarpAlone.Start(options, upstream.Server.Url))
        {
            bench.Measure("yarp", yarp.Server, () => new Routed(jwt));
        }

        await gateway.AddRoute(upstream.Server.Url, gateway.Store.FirstCredential, gateway.Store.Places[0]);
        bench.Measure("gateway", gateway.Server, () => new Routed(jwt));
    }

    /// <summary>Exchange and read at a low fixed rate, so that what is measured is their own cost and not a queue.</summary>
    private async Task Growth(int rows)
    {
        const double Rate = 1_000;
        var name = $"{rows:0} rows";
        using var gateway = await GatewayUnderTest.Start(options, $"growth-{rows}");
        await gateway.Seed(rows, rows, 0, display.Seeding, Math.Clamp(rows / 100, SeededStore.UsualSecretsOfPlace, MostSecretsOfPlace));
        var jwts = await gateway.Store.Jwts(Math.Min(1_000, rows), display.Seeding);
        foreach (var scenario in new IScenario[] { new Exchange(gateway.Store.Tokens), new ReadOne(gateway.Store, jwts) })
        {
            bench.Open(name + " warm-up", gateway.Server, scenario, Rate, options.WarmUp);
            bench.Open(name, gateway.Server, scenario, Rate, options.Seconds);
        }
    }
}
