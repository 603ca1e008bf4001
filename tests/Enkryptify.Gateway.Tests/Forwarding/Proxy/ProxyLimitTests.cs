using System.Net;
using System.Net.Sockets;
using Enkryptify.Gateway.Tests.Secrets;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>Settings, limits, and what is left behind: each test has a gateway of its own.</summary>
public sealed class ProxyLimitTests
{
    private const string Url = ProxyWorld.Host + "/x";

    [Fact]
    public async Task Ranges_open_what_is_guarded_and_never_what_is_never_opened()
    {
        await using var world = await World.Start(("proxy.allowed_ranges", "10.0.0.0/8,127.0.0.0/8,169.254.0.0/16,fd00::/8,::/1"));
        world.Network.Own = [IPAddress.Parse("10.0.0.5")];
        var reached = 0;
        foreach (var (origin, status) in new[]
        {
            ("http://10.1.2.3", 200), ("http://[fd12::1]", 200), ("http://192.168.0.1", 403), ("http://11.0.0.1:8080", 200), ("http://10.0.0.5", 403), ("http://[::ffff:10.0.0.5]", 403),
            ("http://127.0.0.1", 403), ("http://169.254.169.254", 403), ("http://[fd00:ec2::254]", 403), ("http://[::1]", 403), ("http://[::ffff:127.0.0.1]", 403), ("http://[::ffff:10.1.2.3]", 200),
            ("http://[64:ff9b:1::7f00:1]", 403),
        })
        {
            Assert.Equal(200, (await world.Allow(origin)).Status);
            Assert.True((await world.Verbatim(origin + "/")).Status == status, origin);
            reached += status == 200 ? 1 : 0;
            Assert.Equal(reached, world.Network.Reached);
        }
    }

    /// <summary>With the operating system's own names and connections: a listener on this host is not reached by any of its addresses.</summary>
    [Fact]
    public async Task A_listener_on_this_host_sees_no_connection()
    {
        using var listener = new TcpListener(IPAddress.IPv6Any, 0) { Server = { DualMode = true } };
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var machine = (await gateway.Machine()).Api;
        var addresses = Enkryptify.Gateway.Forwarding.Proxy.SystemNetwork.Instance.Own;
        Assert.Contains(IPAddress.Loopback, addresses);
        string[] hosts = ["127.0.0.1", "localhost", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "2130706433", .. addresses.Select(address => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString())];
        foreach (var origin in hosts.Select(host => $"http://{host}:{port}").Append($"http://127.0.0.1:{gateway.Gateway.Urls[0].Port}"))
        {
            Assert.Equal(200, (await gateway.Operator.Put("/v1/workspace/acme/proxy-allowlist", Json.List(origin))).Status);
            var answer = await machine.Post($"/proxy/acme/shop/{acme.ShopDev}", Json.Of(("url", origin + "/"), ("method", "GET")));
            Assert.True(answer.Status == 403, $"{origin}: {answer.Status} {answer.Body}");
        }

        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task The_gateways_public_address_is_not_called_through_itself()
    {
        await using var world = await World.Start();
        await world.Allow("https://gateway.test");
        world.Network.Name("gateway.test", [TestNetwork.Public.ToString()]);
        Assert.Equal(403, (await world.Verbatim("https://gateway.test/v1/me")).Status);
        Assert.Equal("gateway_itself", (await world.Logged())["reason"]!.GetValue<string>());
        Assert.Empty(world.Network.Resolved);
    }

    [Fact]
    public async Task Switched_off_it_answers_403_and_sends_nothing()
    {
        await using var world = await World.Start(("proxy.enabled", "false"));
        var answer = await world.Verbatim(Url);
        Assert.Equal((403, "proxy_disabled", 0), (answer.Status, answer.Json["error"]!["code"]!.GetValue<string>(), world.Upstream.Requests));
    }

    [Fact]
    public async Task An_upstream_that_hangs_is_502_after_the_time_limit()
    {
        await using var world = await World.Start();
        var (asked, done) = (new SemaphoreSlim(0), new TaskCompletionSource());
        world.Upstream.Answer = async _ =>
        {
            asked.Release();
            await done.Task;
        };
        var answers = new[] { world.Verbatim(Url), world.Envelope(Url) };
        await asked.WaitAsync();
        await asked.WaitAsync();
        world.Gateway.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.DoesNotContain(answers, answer => answer.IsCompleted);
        world.Gateway.Clock.Advance(TimeSpan.FromSeconds(2));
        var (verbatim, envelope) = (await answers[0], await answers[1]);
        Assert.Equal((502, "upstream_timeout"), (verbatim.Status, verbatim.Json["error"]!["code"]!.GetValue<string>()));
        Assert.Equal((502, "The upstream did not answer in time"), (envelope.Status, envelope.Json["error"]!.GetValue<string>()));
        Assert.Equal("upstream_timeout", (await world.Logged())["reason"]!.GetValue<string>());
        done.SetResult();
    }

    /// <summary>A stream may take longer than the wait for its head, and not for ever.</summary>
    [Fact]
    public async Task A_stream_is_cut_at_its_own_limit()
    {
        await using var world = await World.Start();
        var (sent, done) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Upstream.Answer = async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            sent.SetResult();
            await done.Task;
        };
        var request = new HttpRequestMessage(HttpMethod.Post, "/proxy") { Content = new StringContent(world.WithConfig(world.Request(Url)).ToJsonString(), System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", world.Machine.Token);
        using var response = await world.Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var body = await response.Content.ReadAsStreamAsync();
        Assert.Equal(5, await body.ReadAtLeastAsync(new byte[5], 5));
        world.Gateway.Clock.Advance(TimeSpan.FromSeconds(100));
        var rest = body.ReadAtLeastAsync(new byte[5], 1).AsTask();
        Assert.False(rest.IsCompleted);
        world.Gateway.Clock.Advance(TimeSpan.FromSeconds(501));
        await Assert.ThrowsAnyAsync<IOException>(() => rest);
        done.SetResult();
    }

    [Fact]
    public async Task A_workspace_has_so_many_calls_at_once_and_another_its_own()
    {
        await using var world = await World.Start(("proxy.max_concurrent_per_workspace", "2"));
        var (asked, done) = (new SemaphoreSlim(0), new TaskCompletionSource());
        world.Upstream.Answer = async _ =>
        {
            asked.Release();
            await done.Task;
        };
        var open = new[] { world.Verbatim(Url), world.Envelope(Url) };
        await asked.WaitAsync();
        await asked.WaitAsync();
        var third = await world.Envelope(Url);
        Assert.Equal((429, "Too many proxied calls of this workspace at once", true), (third.Status, third.Json["error"]!.GetValue<string>(), third.Headers.ContainsKey("Retry-After")));
        Assert.Equal("rate_limit_exceeded", (await world.Verbatim(Url)).Json["error"]!["code"]!.GetValue<string>());
        var other = (await world.Gateway.Machine(workspace: "other")).Api;
        Assert.Equal(200, (await world.Gateway.Operator.Put("/v1/workspace/other/proxy-allowlist", Json.List(ProxyWorld.Host))).Status);
        var elsewhere = other.Post($"/proxy/other/yard/{world.Acme.YardDev}", Json.Of(("url", Url), ("method", "GET")));
        await asked.WaitAsync();
        done.SetResult();
        Assert.All(await Task.WhenAll([.. open, elsewhere]), answer => Assert.Equal(200, answer.Status));
        Assert.Equal(200, (await world.Envelope(Url)).Status);
    }

    [Fact]
    public async Task The_log_tells_what_happened_without_values()
    {
        await using var world = await World.Start();
        world.Upstream.Answer = context =>
        {
            context.Response.StatusCode = 418;
            return Task.CompletedTask;
        };
        await world.Verbatim(ProxyWorld.Host + "/v1/%TOKEN%/items?key=%ODD%&q=typed", "POST", ProxyWorld.Headers(("X-Key", "%TOKEN%")), "%LOOP%");
        var entry = await world.Logged();
        Assert.Equal(("static", "host", "api.example.com", "allowed"), ((string)entry["actor"]!["kind"]!, (string)entry["target"]!["kind"]!, (string)entry["target"]!["name"]!, (string)entry["outcome"]!));
        var data = entry["data"]!;
        Assert.Equal(("POST", ProxyWorld.Host, "/v1/%TOKEN%/items", 418L, "acme", "shop", "dev"),
            ((string)data["method"]!, (string)data["origin"]!, (string)data["path"]!, (long)data["status"]!, (string)data["workspaceRef"]!, (string)data["project"]!, (string)data["environment"]!));
        Assert.Equal(["TOKEN", "ODD", "LOOP"], data["secrets"]!.AsArray().Select(name => (string)name!));
        Assert.NotNull(data["milliseconds"]);

        // And the reading of the values, by name, committed before it.
        var view = (await world.Gateway.Operator.Get("/v1/workspace/acme/audit?action=VIEW&limit=1")).Json[0]!;
        Assert.Equal((string)entry["requestId"]!, (string)view["requestId"]!);
        Assert.True((long)view["seq"]! < (long)entry["seq"]!);
        Assert.Equal(["TOKEN", "ODD", "LOOP"], view["data"]!["secrets"]!.AsArray().Select(name => (string)name!));

        foreach (var (url, reason) in new[] { ("http://unlisted.test/a", "host_not_allowed"), (ProxyWorld.Host + "/%NONE%", "unknown_placeholder") })
        {
            await world.Envelope(url);
            var denied = await world.Logged();
            Assert.Equal(("denied", reason), ((string)denied["outcome"]!, (string)denied["reason"]!));
            Assert.Null(denied["data"]!["status"]);
        }
    }

    /// <summary>Marked values go everywhere a value can go, and into failures of every kind: they are found in no log, no refusal, no file.</summary>
    [Fact]
    public async Task Nothing_secret_is_left_anywhere()
    {
        const string marked = "c4n4ry-8Hq-of-a-proxied-value-55102";
        await using var world = await World.Start(("log.level", "debug"));
        foreach (var (name, value) in new[] { ("CANARY", marked), ("CANARY_LINES", marked + "\r\nX: " + marked), ("CANARY_REF", "${CANARY}") })
        {
            Assert.Equal(201, (await world.Gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret(name, value, [world.Acme.ShopDev]))).Status);
        }

        var traces = new Traces(("value", marked), ("JWT", world.Machine.Token!));
        world.Network.Name("inside.example.com", ["10.0.0.1"]);
        world.Network.UpstreamPorts[81] = 1;
        await world.Allow(ProxyWorld.Host, ProxyWorld.Host + ":81", "http://inside.example.com", "http://nobody.example.com");
        var path = "/%CANARY%?k=%CANARY_REF%";
        var body = Json.Of(("a", "%CANARY_LINES%"));
        Assert.Equal(200, (await world.Envelope(ProxyWorld.Host + path, "POST", ProxyWorld.Headers(("X-Key", "%CANARY%")), body)).Status);
        Assert.Equal((marked, $"/{marked}?k={marked}"), (world.Upstream.Last.Headers["X-Key"], world.Upstream.Last.Target));
        Assert.Contains(marked, world.Upstream.Last.Text, StringComparison.Ordinal);

        foreach (var (url, header) in new[]
        {
            (ProxyWorld.Host + path, "%CANARY_LINES%"), ("http://inside.example.com" + path, "%CANARY%"), ("http://nobody.example.com" + path, "%CANARY%"), (ProxyWorld.Host + ":81" + path, "%CANARY%"),
            ("http://unlisted.test" + path, "%CANARY%"), (ProxyWorld.Host + path, $"%CANARY% %{marked}%"), (ProxyWorld.Host + path, marked + "\r\n"), ($"http://{world.Machine.Token}.test/", "%CANARY%"),
            (marked, "%CANARY%"), ($"http://{marked}@api.example.com/", "%CANARY%"),
        })
        {
            foreach (var answer in new[] { await world.Verbatim(url, "POST", ProxyWorld.Headers(("X-Key", header)), body), await world.Envelope(url, "POST", ProxyWorld.Headers(("X-Key", header)), body) })
            {
                Assert.True(answer.Status >= 400, answer.Body);
                Assert.Empty(traces.In(answer));
            }
        }

        foreach (var request in new[] { Json.Of(("url", marked), ("method", marked)), Json.Of(("url", ProxyWorld.Host), ("method", "GET"), ("headers", Json.Of((marked, "\n")))), Json.Of((marked, 1)), Json.Of(("bodyEncoding", marked)) })
        {
            foreach (var answer in new[] { await world.Machine.Post("/proxy", world.WithConfig(request)), await world.Machine.Post($"/proxy/acme/shop/{world.Acme.ShopDev}", request), await world.Machine.Post($"/proxy/{marked}/{marked}/{marked}", request) })
            {
                Assert.Equal(400, answer.Status);
                Assert.Empty(traces.In(answer));
            }
        }

        Assert.Equal(404, (await world.Machine.Post($"/proxy/acme/{marked}/{marked}", Json.Of(("url", Url), ("method", "GET")))).Status);
        Assert.Empty((string[])[.. traces.InData(world.Gateway, running: true), .. traces.In(world.Gateway.Logs).Select(trace => "log: " + trace)]);
    }

    private sealed class World(params (string, string)[] settings) : ProxyWorld
    {
        protected override (string Key, string Value)[] Settings => settings;

        public static async Task<World> Start(params (string, string)[] settings)
        {
            var world = new World(settings);
            await world.InitializeAsync();
            return world;
        }
    }
}
