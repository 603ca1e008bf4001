using System.Collections.Immutable;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Operations;
using Enkryptify.Gateway.Storage;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Benchmarks;

/// <summary>A gateway in this process with the quick start's samples, and a second store whose keys are at hand.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("ek-bench-").FullName;
    private readonly string keysDirectory = Directory.CreateTempSubdirectory("ek-bench-keys-").FullName;
    private readonly Database keysStore;

    private Bench()
    {
        var config = Config(keysDirectory);
        keysStore = Database.Open(keysDirectory);
        Keys = Keys.Open(keysStore, config.Encryption, TimeProvider.System);
    }

    public Gateway Gateway { get; private set; } = null!;

    public Database KeysStore => keysStore;

    public Keys Keys { get; }

    public DevFile Samples { get; private set; } = null!;

    /// <summary>That of the samples' API token.</summary>
    public Credential Credential { get; private set; } = null!;

    public static async Task<Bench> Start()
    {
        var bench = new Bench();
        var config = Config(bench.directory);
        bench.Gateway = await Gateway.StartAsync(config, TimeProvider.System, new LineLogs(Stream.Null, LogFormat.Json, TimeProvider.System));
        bench.Samples = await DevMode.Seed(bench.Gateway, config, TimeProvider.System);

        // Its first use tells its id.
        var context = Context();
        context.Request.Headers.Authorization = "Bearer " + bench.Samples.ApiToken;
        await bench.Handler("POST", "/v1/auth/exchange")(new Call(context, "first", null, null));
        bench.Credential = bench.Gateway.Credentials.ById(bench.Gateway.Credentials.PendingUses().Keys.Single())!;
        return bench;
    }

    /// <summary>The handler of a route, as the dispatcher finds it.</summary>
    public Handler Handler(string method, string pattern) => Gateway.Routes.Routes.Single(route => route.Method == method && route.Pattern == pattern).Handler;

    /// <summary>A request without a server: its context is used over and over, as Kestrel does with its own.</summary>
    public static HttpContext Context(params (string Name, string Value)[] segments)
    {
        var context = new DefaultHttpContext();
        context.Response.Body = Stream.Null;
        context.Features.Set(new RequestFacts(Ids.New(TimeProvider.System).ToString("N"), System.Net.IPAddress.Loopback));
        foreach (var (name, value) in segments)
        {
            context.Request.RouteValues[name] = value;
        }

        return context;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        keysStore.Dispose();
        Directory.Delete(directory, recursive: true);
        Directory.Delete(keysDirectory, recursive: true);
    }

    private static GatewayConfig Config(string directory)
    {
        var flags = new Dictionary<string, string>
        {
            ["server.listen"] = "http://127.0.0.1:0",
            ["rate_limits.requests_per_minute_per_address"] = "0",
            ["rate_limits.exchanges_per_minute_per_credential"] = "0",
        };
        var result = ConfigLoader.LoadDev(directory, new ConfigSources { Flags = flags.ToImmutableDictionary() });
        DevMode.PrepareKey(result.Config!);
        return result.Config!;
    }
}
