using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Configuration;
using Enkryptify.Gateway.Tests.Forwarding.Proxy;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>What lies beyond a room's gateway, for its pages about forwarding: an upstream, a network that leads there, and a morning's traffic.</summary>
internal sealed class Beyond : IAsyncDisposable
{
    private readonly EchoUpstream upstream;

    private TestGateway? far;

    private Beyond(EchoUpstream upstream) => this.upstream = upstream;

    public TestNetwork Network { get; } = new();

    public static async Task<Beyond> Start() => new(await EchoUpstream.Start());

    /// <summary>Another gateway, which workspace <c>remote</c> of this one is read from from now on.</summary>
    public async Task Connect(TestGateway near, string name)
    {
        (far, _) = await TestGateway.StartWithAcme();
        var (_, token, _) = await far.Machine("read");
        var file = Path.Combine(near.DataDirectory, "backend.token");
        PrivateFile.Write(file, token + "\n");
        var made = await near.Operator.Post("/v1/workspace", Json.Of(("name", name), ("slug", "remote")));
        Assert.True(made.Status == 201, made.Body);
        var config = ConfigFile.Load($"""
            [[backends]]
            name = "headquarters"
            workspace = "remote"
            url = "{far.Gateway.Urls[0]}"
            credential = "file:{file}"
            remote_workspace = "acme"
            """);
        Assert.True(config.IsValid, string.Join('\n', config.Errors));
        await near.Restart(settings => settings with { Backends = config.Config.Backends });
    }

    /// <param name="token">Of a credential that reads the first environments of two projects, by its id and its value.</param>
    public async Task Fill(Room room, (string Id, string Value) token)
    {
        var (host, path) = room.Furnishing == Furnishing.Hostile
            ? (string.Join('.', Enumerable.Repeat(new string('w', 60), 4)), "/" + new string('W', 200) + "</script><script>window.hit=1</script>\"'")
            : ("ledger.northwind.example", "/v2/entries");
        await Proxied(room, await room.House.Gateway.Exchange(token.Value), host, path);
        await Routed(room, token.Id, host);
    }

    private async Task Proxied(Room room, string token, string host, string path)
    {
        var gateway = room.House.Gateway;
        Network.Name(host, [TestNetwork.Public.ToString()]);
        Network.UpstreamPorts[80] = upstream.Port;
        var allowed = await gateway.Operator.Put(
            $"/v1/workspace/{Room.Slug}/proxy-allowlist", Json.List($"http://{host}", "https://api.stripe.com", "https://*.hooks.northwind.example", "https://smtp.relay.example:8443"));
        Assert.True(allowed.Status == 200, allowed.Body);
        foreach (var (status, method, url) in ((int, string, string)[])
        [
            (200, "GET", $"http://{host}{path}?key=%{room.Furnishing.Secrets[1]}%"), (201, "POST", $"http://{host}{path}/%{room.Furnishing.Secrets[2]}%?db=%{room.Furnishing.Secrets[0]}%"),
            (404, "GET", $"http://{host}{path}/none"), (503, "DELETE", $"http://{host}{path}"), (200, "GET", "http://elsewhere.example/"), (200, "PATCH", $"http://{host}{path}"),
        ])
        {
            gateway.Clock.Advance(TimeSpan.FromMinutes(7));
            upstream.Answer = context =>
            {
                context.Response.StatusCode = status;
                return Task.CompletedTask;
            };
            var answer = await gateway.Bearer(token).Post(
                $"/proxy/{Room.Slug}/{room.Project}/{room.Environments[0]}", Json.Of(("url", url), ("method", method)));
            Assert.True(answer.Status == (url.Contains("elsewhere", StringComparison.Ordinal) ? 403 : 200), answer.Body);
            token = await gateway.Exchange(room.Works);
        }
    }

    /// <summary>One route that works, with one of its two upstreams gone; and one whose secret was deleted since.</summary>
    private async Task Routed(Room room, string credential, string host)
    {
        var gateway = room.House.Gateway;
        var secrets = $"/v1/workspace/{Room.Slug}/project/project-1/secret";
        Assert.Equal(201, (await gateway.Operator.Post(secrets, Json.Secret("SCANNER_KEY", "k", [room.Environments[3]]))).Status);
        var config = ConfigFile.Load($"""
            [[clusters]]
            name = "ledger-pool"
            destinations = ["http://127.0.0.1:{upstream.Port}", "http://127.0.0.1:9"]
            load_balancing = "round-robin"

            [[clusters]]
            name = "scanners"
            destinations = ["http://127.0.0.1:{upstream.Port}"]

            [[routes]]
            name = "ledger-of-the-old-erp"
            hosts = ["{host}"]
            cluster = "ledger-pool"
            workspace = "{Room.Slug}"
            project = "{room.Project}"
            environment = "{room.Environments[0]}"
            credential = "{credential}"
            query = ["api_key=%{room.Furnishing.Secrets[1]}%"]
            allow_networks = ["127.0.0.0/8"]

            [[routes]]
            name = "warehouse-scanner"
            path = "/to/scanner"
            cluster = "scanners"
            workspace = "{Room.Slug}"
            project = "project-1"
            environment = "{room.Environments[3]}"
            credential = "{credential}"
            headers = ["X-Api-Key: %SCANNER_KEY%"]
            allow_networks = ["127.0.0.0/8"]
            """);
        Assert.True(config.IsValid, string.Join('\n', config.Errors));
        Assert.Empty(await gateway.Gateway.LegacyRoutes.Reload(config.Config.Forwarding));
        Assert.Equal(200, (await gateway.Operator.Delete(secrets + "/SCANNER_KEY")).Status);
        for (var i = 0; i < 4; i++)
        {
            await gateway.Anonymous.Send(HttpMethod.Get, "/", null, request => request.Headers.Host = host);
        }

        Assert.Equal(502, (await gateway.Anonymous.Get("/to/scanner")).Status);
    }

    public async ValueTask DisposeAsync()
    {
        if (far is not null)
        {
            await far.DisposeAsync();
        }

        Network.Dispose();
        await upstream.DisposeAsync();
    }
}
