using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.NativeTests.Harness;
using Enkryptify.Gateway.Tests.Exchange.Oidc;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>Workloads with their own token at the published executable: key sets over TLS, the offline cache, and no network at all.</summary>
public class OidcTests
{
    [Fact]
    public async Task With_its_issuer_dead_a_killed_gateway_still_serves_the_keys_it_knew()
    {
        await using var gateway = await NativeGateway.StartAsync();
        await using var issuer = await IssuerServer.Start();
        var ca = Path.Combine(gateway.WorkingDirectory, "ca.crt");
        await File.WriteAllTextAsync(ca, issuer.Ca);
        await Verb(gateway, "issuer", "create", "--name", "cluster", "--url", issuer.Url, "--ca-file", ca);
        await Verb(gateway, "identity", "add", "--name", "web", "--issuer", issuer.Url, "--audience", Cluster.Audience, "--subject", Cluster.Subject, "--environment", "demo/development");
        var token = issuer.Cluster.Token(TimeProvider.System.GetUtcNow());
        await Exchanged(gateway.DataDirectory, token, 200);

        await issuer.Kill();
        await gateway.KillAsync();
        await gateway.RestartAsync();
        await Exchanged(gateway.DataDirectory, token, 200);
        issuer.Cluster.RollOver("next");
        var next = issuer.Cluster.Token(TimeProvider.System.GetUtcNow());
        await Exchanged(gateway.DataDirectory, next, 401);

        // What was fetched lies there sealed, for this user alone.
        var cache = Path.Combine(gateway.DataDirectory, "offline-cache.db");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(cache));
        Assert.Equal(-1, (await File.ReadAllBytesAsync(cache)).AsSpan().IndexOf("one-rsa"u8));

        await issuer.Restart();
        await gateway.StopAsync();
        await gateway.RestartAsync();
        await Exchanged(gateway.DataDirectory, next, 200);
    }

    /// <summary>In a network namespace of its own, where not even loopback is up: whoever asks comes through the admin socket, which is a file.</summary>
    [Fact]
    public async Task Without_any_network_uploaded_keys_work_and_a_roll_over_loses_no_exchange()
    {
        // Binding to an address that no interface has, so that its listener of 127.0.0.1 does not fail; nobody can reach it.
        string[] isolated = ["--net", "--", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind && exec \"$@\"", "sh"];
        using var directory = new TemporaryDirectory();
        var (code, _, why) = await ChildProcess.RunAsync("unshare", [.. isolated, "true"], directory.FullPath);
        Assert.SkipWhen(code != 0, $"no network namespace can be made here (it takes root): {why.Trim()}");

        var binary = await PublishedBinary.GetAsync();
        var data = directory.PathOf(".enkryptify-dev");
        await using var gateway = ChildProcess.Start("unshare", [.. isolated, binary, "serve", "--dev"], directory.FullPath);
        using (var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1)))
        {
            while (!File.Exists(Path.Combine(data, "dev.json")))
            {
                Assert.False(gateway.HasExited || limit.IsCancellationRequested, gateway.ToString());
                await Task.Delay(20);
            }
        }

        var interfaces = (await File.ReadAllLinesAsync($"/proc/{gateway.Id}/net/dev")).Skip(2).Select(line => line.Split(':')[0].Trim());
        Assert.Equal(["lo"], interfaces);
        Assert.Empty((await File.ReadAllLinesAsync($"/proc/{gateway.Id}/net/route")).Skip(1));

        using var cluster = new Cluster("https://kubernetes.default.svc.cluster.local", "old");
        var jwks = directory.PathOf("jwks.json");
        await File.WriteAllTextAsync(jwks, cluster.Jwks.ToJsonString());
        await Verb(
            "identity", "add", "--name", "web", "--issuer", cluster.Url, "--audience", Cluster.Audience, "--subject", Cluster.Subject, "--environment", "demo/development", "--jwks", jwks);
        var old = cluster.Token(TimeProvider.System.GetUtcNow());
        await Exchanged(data, old, 200);

        cluster.RollOver("next");
        await File.WriteAllTextAsync(jwks, cluster.Jwks.ToJsonString());
        await Verb("issuer", "keys", cluster.Url, "--jwks", jwks);
        await Exchanged(data, old, 200);
        await Exchanged(data, cluster.Token(TimeProvider.System.GetUtcNow()), 200);

        async Task Verb(params string[] arguments)
        {
            var (code, output, errors) = await ChildProcess.RunAsync(binary, arguments, directory.FullPath);
            Assert.True(code == 0, $"{string.Join(' ', arguments)}: {output}{errors}");
        }
    }

    private static async Task Verb(NativeGateway gateway, params string[] arguments)
    {
        var (code, output, errors) = await gateway.RunAsync(arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {output}{errors}");
    }

    /// <summary>At the admin socket, which needs no network; the JWT then reads what the identity may.</summary>
    private static async Task Exchanged(string data, string token, int status)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(data, "admin.sock")), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        }) { BaseAddress = new Uri("http://localhost") };
        var body = Json.Of(("token", token), ("workspaceId", "acme")).ToJsonString();
        using var answer = await http.PostAsync("/v1/auth/oidc/exchange", new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} {text}");
        Assert.Equal(status == 200 ? 900 : null, JsonNode.Parse(text)!["expiresIn"]?.GetValue<int>());
    }
}
