using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.NativeTests.Harness;
using Enkryptify.Gateway.Tests.Exchange.Oidc;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>
/// The gateway's surface in a network namespace that has loopback alone, so that all egress is refused. The kernel counts each attempt to send something it has no
/// route for (<c>OutNoRoutes</c>): there is none, neither of the server nor of a verb, and at the end an attempt of the test's own shows that it counts.
/// </summary>
public class NoEgressTests
{
    [Fact]
    public async Task Nothing_is_even_tried_beyond_the_host()
    {
        string[] alone = ["--net", "--", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"];
        using var directory = new TemporaryDirectory();
        var (code, _, why) = await ChildProcess.RunAsync("unshare", [.. alone, "true"], directory.FullPath);
        Assert.SkipWhen(code != 0, $"no network namespace can be made here (it takes root and ip(8)): {why.Trim()}");

        var binary = await PublishedBinary.GetAsync();
        await using var gateway = ChildProcess.Start("unshare", [.. alone, binary, "serve", "--dev"], directory.FullPath);
        await Until(() => File.Exists(directory.PathOf(".enkryptify-dev/dev.json")), gateway);
        Assert.Equal(0, await Attempts(gateway));

        await Verbs(directory, gateway, binary);
        await Requests(directory);
        Assert.Equal(0, await Attempts(gateway));

        // The count counts: the same namespace, and somebody who tries.
        await ChildProcess.RunAsync("nsenter", [.. Inside(gateway), "bash", "-c", "echo x > /dev/udp/203.0.113.1/9"], directory.FullPath);
        Assert.Equal(1, await Attempts(gateway));
        Signals.Send(gateway.Id, Signal.Terminate);
        Assert.True(await gateway.WaitAsync() == 0, gateway.ToString());
    }

    /// <summary>Each kind of verb, within the namespace: what it tries is counted too.</summary>
    private static async Task Verbs(TemporaryDirectory directory, ChildProcess gateway, string binary)
    {
        await File.WriteAllTextAsync(directory.PathOf("value"), "a value");
        await File.WriteAllTextAsync(directory.PathOf(".env"), "ONE=1\nTWO=2\n");
        using var cluster = new Cluster("https://kubernetes.default.svc.cluster.local", "key");
        await File.WriteAllTextAsync(directory.PathOf("jwks.json"), cluster.Jwks.ToJsonString());
        string[] commands =
        [
            "version --json", "workspace list", "team create more", "project create --team more --name More --slug more", "environment create staging --project more",
            "secret set NAME --value-file value --project more --environment staging", "secret get NAME --project more --environment staging", "secret import .env --project more --environment staging",
            "token create --name ci --all", "token rotate ci", "token list", "token revoke ci",
            $"identity add --name web --issuer {cluster.Url} --audience {Cluster.Audience} --subject {Cluster.Subject} --all --jwks jwks.json", "issuer list", "member list",
            "key rotate kek", "key rotate environment --all-environments", "key rotate digest", "key rotate signing", "key rotate audit", "key status",
            "backup --to one.ekbackup", "restore --check one.ekbackup --master-key .enkryptify-dev/master.key", "audit verify --data-dir .enkryptify-dev",
            "audit export --data-dir .enkryptify-dev --out audit.jsonl", "audit verify audit.jsonl", "doctor --data-dir .enkryptify-dev", "config print",
        ];
        foreach (var command in commands)
        {
            var (code, output, errors) = await ChildProcess.RunAsync("nsenter", [.. Inside(gateway), binary, .. command.Split(' ')], directory.FullPath);
            Assert.True(code == 0, $"{command}: {code} {output}{errors}");
        }
    }

    /// <summary>Through the admin socket, which is a file and needs no network to be reached: exchanges, reads, writes, pages, the proxy.</summary>
    private static async Task Requests(TemporaryDirectory directory)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(directory.PathOf(".enkryptify-dev/admin.sock")), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        }) { BaseAddress = new Uri("http://localhost") };
        var start = JsonNode.Parse(await File.ReadAllTextAsync(directory.PathOf(".enkryptify-dev/dev.json")))!;
        var jwt = (string)JsonNode.Parse(await Ask(HttpMethod.Post, "/v1/auth/exchange", 200, bearer: (string)start["apiToken"]!))!["accessToken"]!;
        var environment = (string)start["environments"]!["development"]!;
        var secrets = $"/v1/workspace/acme/project/demo/secret?environmentId={environment}";
        await Ask(HttpMethod.Get, secrets, 200, bearer: jwt);
        await Ask(HttpMethod.Get, secrets + "&resolve=true", 200, bearer: jwt);
        await Ask(HttpMethod.Post, "/v1/workspace/acme/project/demo/secret", 201, $$"""{"environments":["{{environment}}"],"secrets":[{"key":"NEW","value":"new","type":"runtime","dataType":"text"}]}""", jwt);
        foreach (var path in (string[])["/healthz", "/readyz", "/metrics", "/doctor", "/.well-known/jwks.json", "/v1/workspace", "/v1/workspace/acme/audit"])
        {
            await Ask(HttpMethod.Get, path, 200);
        }

        await Ask(HttpMethod.Get, "/sign-in", null);
        await Ask(HttpMethod.Post, "/v1/auth/oidc/exchange", 401, """{"token":"a.b.c","workspaceId":"acme"}""");

        // An origin that is not on the allow-list is refused before its name is looked up.
        await Ask(HttpMethod.Post, $"/proxy/acme/demo/{environment}", 403, """{"method":"GET","url":"https://api.example.com/"}""", jwt);

        async Task<string> Ask(HttpMethod method, string path, int? status, string? body = null, string? bearer = null)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
            using var answer = await http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(status is null ? answer.StatusCode < HttpStatusCode.BadRequest : (int)answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
            return text;
        }
    }

    private static string[] Inside(ChildProcess gateway) => ["--target", gateway.Id.ToString(CultureInfo.InvariantCulture), "--net", "--"];

    /// <summary>What was sent to somewhere that there is no route to, by IPv4 and IPv6; and there is no interface but loopback that anything could leave by.</summary>
    private static async Task<long> Attempts(ChildProcess gateway)
    {
        var network = $"/proc/{gateway.Id}/net";
        Assert.Empty((await File.ReadAllLinesAsync(network + "/route")).Skip(1));
        var four = (await File.ReadAllLinesAsync(network + "/snmp")).Where(line => line.StartsWith("Ip: ", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToArray();
        var six = File.Exists(network + "/snmp6") ? (await File.ReadAllLinesAsync(network + "/snmp6")).Where(line => line.StartsWith("Ip6OutNoRoutes", StringComparison.Ordinal)) : [];
        return long.Parse(four[1][Array.IndexOf(four[0], "OutNoRoutes")], CultureInfo.InvariantCulture)
            + six.Sum(line => long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
    }

    private static async Task Until(Func<bool> condition, ChildProcess gateway)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            Assert.False(gateway.HasExited || limit.IsCancellationRequested, gateway.ToString());
            await Task.Delay(20);
        }
    }
}
