using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Forwarding.Proxy;
using Enkryptify.Gateway.Operations;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>
/// A real gateway in this process: real Kestrel on a free port of loopback, a real database in a directory of its own, a clock that the test
/// moves. Seeded with workspace <c>acme</c> (team, projects, environments) through its own admin socket.
/// </summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly MemoryStream logs = new();
    private readonly LineLogs provider;

    private TestGateway(string directory, GatewayConfig config)
    {
        (DataDirectory, Config) = (directory, config);
        Clock = new FakeTimeProvider(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
        provider = new LineLogs(Stream.Synchronized(logs), LogFormat.Json, Clock);
    }

    public string DataDirectory { get; }

    public GatewayConfig Config { get; private set; }

    public FakeTimeProvider Clock { get; }

    public Gateway Gateway { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Of password hashes, from the next start on: enough to be a real hash, and little enough to sign in often.</summary>
    public int PasswordCost { get; set; } = 1_000;

    /// <summary>What the proxy endpoint takes for names and connections, from the next start on; the operating system's unless given.</summary>
    public INetwork? Network { get; init; }

    /// <summary>The local operator at the admin socket.</summary>
    public Api Operator { get; private set; } = null!;

    /// <summary>Everything logged so far.</summary>
    public string Logs
    {
        get
        {
            provider.Flush();
            return Encoding.UTF8.GetString(logs.ToArray());
        }
    }

    /// <param name="flags">Settings by key path, such as <c>exchange.accept_api_tokens_directly</c>. Rate limits are off unless set here.</param>
    public static Task<TestGateway> Start(params (string Key, string Value)[] flags) => Start(null, flags);

    /// <param name="network">In place of the operating system's names and connections, for the proxy endpoint.</param>
    /// <param name="flags">As for the other.</param>
    public static async Task<TestGateway> Start(INetwork? network, params (string Key, string Value)[] flags)
    {
        var test = await StartUnowned(network, flags);
        await test.Gateway.Accounts.CreateLocal(TestKit.People.OwnersEmail, "Owner", null);
        return test;
    }

    /// <summary>As an operator first starts it: without any account.</summary>
    public static Task<TestGateway> StartUnowned(params (string Key, string Value)[] flags) => StartUnowned(null, flags);

    public static async Task<TestGateway> StartUnowned(INetwork? network, (string Key, string Value)[] flags)
    {
        var directory = Directory.CreateTempSubdirectory("ekgw-").FullName;
        var settings = new Dictionary<string, string>
        {
            ["server.listen"] = "http://127.0.0.1:0",
            ["server.public_url"] = "https://gateway.test",

            // What waits is counted for the whole process, and this one runs other tests too.
            ["server.max_waiting_requests"] = "0",
            ["rate_limits.requests_per_minute_per_address"] = "0",
            ["rate_limits.exchanges_per_minute_per_credential"] = "0",
            ["storage.reserve_mib"] = "0",
        };
        foreach (var (key, value) in flags)
        {
            settings[key] = value;
        }

        var result = ConfigLoader.LoadDev(directory, new ConfigSources { Flags = settings.ToImmutableDictionary() });
        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        DevMode.PrepareKey(result.Config);
        var test = new TestGateway(directory, result.Config) { Network = network };
        await test.Open();
        return test;
    }

    /// <summary>Starts with the sample structure; see <see cref="Acme"/>.</summary>
    public static async Task<(TestGateway Gateway, Acme Acme)> StartWithAcme(params (string Key, string Value)[] flags)
    {
        var gateway = await Start(flags);
        return (gateway, await Acme.Seed(gateway));
    }

    public async Task Open()
    {
        Gateway = await Gateway.StartAsync(Config, Clock, provider, passwordCost: PasswordCost, network: Network);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { BaseAddress = Gateway.Urls[0] };
        var path = Gateway.AdminSocketPath;
        Operator = new Api(new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        }) { BaseAddress = new Uri("http://admin.test") }, null);
    }

    /// <summary>Stops the gateway and keeps its files.</summary>
    public async Task Close()
    {
        Http.Dispose();
        await Gateway.DisposeAsync();
    }

    /// <param name="change">What the operator changes in the configuration meanwhile.</param>
    public async Task Restart(Func<GatewayConfig, GatewayConfig>? change = null)
    {
        await Close();
        Config = change?.Invoke(Config) ?? Config;
        await Open();
    }

    /// <summary>Invites people and signs them in.</summary>
    public People People => new(this);

    /// <summary>Nobody.</summary>
    public Api Anonymous => new(Http, null);

    /// <summary>Whoever holds this token, sent as it is.</summary>
    public Api Bearer(string token) => new(Http, token);

    /// <summary>Makes an API token with this right and exchanges it.</summary>
    /// <param name="creator">Who makes it: the local operator unless given.</param>
    public async Task<(string Id, string Token, Api Api)> Machine(
        string permission = "read-write", object? scope = null, string workspace = "acme", string expiresIn = "30d", Api? creator = null)
    {
        var made = await (creator ?? Operator).Post($"/v1/workspace/{workspace}/tokens", Json.Of(("name", "machine"), ("permission", permission), ("scope", scope ?? Json.Everything), ("expiresIn", expiresIn)));
        Assert.Equal(201, made.Status);
        var token = made.Json["token"]!.GetValue<string>();
        return (made.Json["id"]!.GetValue<string>(), token, Bearer(await Exchange(token)));
    }

    public async Task<string> Exchange(string apiToken)
    {
        var answer = await Bearer(apiToken).Post("/v1/auth/exchange");
        Assert.Equal(200, answer.Status);
        return answer.Json["accessToken"]!.GetValue<string>();
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        provider.Dispose();
        Directory.Delete(DataDirectory, recursive: true);
    }
}
