using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>What arrives at a real upstream, and what comes back: the intended headers, the right values, nothing of the caller's own.</summary>
public class RouteForwardTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    [Fact]
    public async Task Headers_basic_and_query_are_injected()
    {
        await world.Store("USER", "svc");
        await world.Store("PASSWORD", "pa:ss wörd");
        await world.Load(world.Route(route: """
            headers = ["X-Api-Key: Key %API_KEY%", "Content-Language: %USER%"]
            query = ["key=%API_KEY%", "v[1]=2%USER%"]
            basic = "%USER%:%PASSWORD%"
            """));
        var answer = await world.Send(HttpMethod.Post, "/a/b?x=1&KEY=mine&k%65y=too&y=a%20b+c", new StringContent("body"));
        Assert.True(answer.Status == 200, answer.Body);
        var headers = RouteWorld.Headers(answer);
        Assert.Equal($"Key {RouteWorld.Value}", headers["X-Api-Key"]!.GetValue<string>());
        Assert.Equal("svc", headers["Content-Language"]!.GetValue<string>());
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("svc:pa:ss wörd")), headers["Authorization"]!.GetValue<string>());
        Assert.Equal($"/a/b?x=1&y=a%20b+c&key={Uri.EscapeDataString(RouteWorld.Value)}&v%5B1%5D=2svc", answer.Json["target"]!.GetValue<string>());
        Assert.Equal(("POST", "body"), (answer.Json["method"]!.GetValue<string>(), answer.Json["body"]!.GetValue<string>()));
    }

    /// <summary>Everything that a caller may try to slip past, and what an ordinary request carries: exactly the rest arrives.</summary>
    [Fact]
    public async Task Only_the_intended_headers_arrive()
    {
        await world.Load(world.Route());
        var answer = await world.Get("/x", request =>
        {
            foreach (var (name, value) in ((string, string)[])
            [
                ("Authorization", "Bearer mine"), ("Cookie", "session=mine"), ("Proxy-Authorization", "Basic bWluZQ=="), ("Proxy-Connection", "keep-alive"), ("Proxy-Thing", "1"),
                ("X-Api-Key", "mine"), ("x_api_key", "mine"), ("X_Api-Key", "mine"), ("X-Enkryptify-Authorization", "Bearer mine"), ("X-Enkryptify-Other", "1"),
                ("X-Forwarded-For", "10.9.9.9"), ("X_Forwarded_For", "10.9.9.9"), ("X-Forwarded-Host", "evil"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/admin"),
                ("X-Real-IP", "10.9.9.9"), ("Forwarded", "for=10.9.9.9"), ("TE", "trailers"), ("Trailer", "X"), ("Keep-Alive", "5"), ("HTTP2-Settings", "AAA"),
                ("Accept-Encoding", "gzip, br"), ("Expect", "100-continue"), ("User-Agent", "legacy/1.0"), ("X-Mine", "kept"), ("Accept", "text/*"),
            ])
            {
                Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
            }
        });
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(
            [
                $"Accept-Encoding: identity", "Accept: text/*", $"Host: 127.0.0.1:{world.Upstream.Port}", "User-Agent: legacy/1.0", $"X-Api-Key: {RouteWorld.Value}",
                "X-Forwarded-For: 127.0.0.1", $"X-Forwarded-Host: {RouteWorld.Host}", "X-Forwarded-Proto: http", "X-Mine: kept",
            ],
            RouteWorld.Headers(answer).Where(header => header.Key is not ("traceparent" or "Connection")).Select(header => $"{header.Key}: {header.Value}").Order(StringComparer.Ordinal));
    }

    /// <summary>RFC 9110 section 7.6.1.</summary>
    [Fact]
    public async Task What_the_caller_meant_for_the_next_hop_alone_stops_there()
    {
        await world.Load(world.Route());
        var headers = RouteWorld.Headers(await world.Send(HttpMethod.Post, "/x", new StringContent("body"), request =>
        {
            request.Headers.TryAddWithoutValidation("Connection", "X-Hop , x-api-key,Host,Content-Type");
            request.Headers.TryAddWithoutValidation("X-Hop", "1");
            request.Headers.TryAddWithoutValidation("X-Stays", "1");
        }));
        Assert.Equal(
            (false, true, true, true, RouteWorld.Value),
            (headers.ContainsKey("X-Hop"), headers.ContainsKey("X-Stays"), headers.ContainsKey("Host"), headers.ContainsKey("Content-Type"), headers["X-Api-Key"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_route_keeps_headers_by_name_and_the_host_on_request()
    {
        await world.Load(world.Route(route: """
            keep_headers = ["Authorization", "cookie", "Proxy-Thing"]
            pass_host = true
            """));
        var headers = RouteWorld.Headers(await world.Get("/x", request =>
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer mine");
            request.Headers.TryAddWithoutValidation("Cookie", "a=1; b=2");
            request.Headers.TryAddWithoutValidation("Proxy-Thing", "1");
            request.Headers.TryAddWithoutValidation("Proxy-Other", "1");
        }));
        Assert.Equal(
            ("Bearer mine", "a=1; b=2", "1", RouteWorld.Host, false),
            (headers["Authorization"]!.GetValue<string>(), headers["Cookie"]!.GetValue<string>(), headers["Proxy-Thing"]!.GetValue<string>(), headers["Host"]!.GetValue<string>(),
                headers.ContainsKey("Proxy-Other")));
    }

    [Theory]
    [InlineData("/plain/path?q=foo%20bar%20baz", "/plain/path?q=foo%20bar%20baz")]
    [InlineData("/%2Fa%2Fb/%E2%82%AC/a%2520b?x=%2F%25&&=", "/%2Fa%2Fb/%E2%82%AC/a%2520b?x=%2F%25&&=")]
    [InlineData("/semi;colon=1/plus+plus/~tilde/'quote'/(paren)/*!$,@:", "/semi;colon=1/plus+plus/~tilde/'quote'/(paren)/*!$,@:")]
    [InlineData("//double//slash/", "//double//slash/")]
    [InlineData("/%41%7e", "/%41%7e")]
    [InlineData("/", "/")]
    public async Task The_target_travels_as_it_was_written(string target, string seen)
    {
        await world.Load(world.Route());
        Assert.Equal(seen, System.Text.Json.Nodes.JsonNode.Parse(await Raw(target))!["target"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/to/app", "/")]
    [InlineData("/to/app/", "/")]
    [InlineData("/to/app?x=1", "/?x=1")]
    [InlineData("/to/app/a%2Fb/c", "/a%2Fb/c")]
    [InlineData("/TO/App/c", "/c")]
    [InlineData("/t%6f/app/a%20b", "/a%20b")]
    public async Task A_prefix_is_stripped_on_request(string target, string seen)
    {
        await world.Load(world.Route(route: """
            hosts =
            path = "/to/app"
            strip_path = true
            """));
        Assert.Equal(seen, System.Text.Json.Nodes.JsonNode.Parse(await Raw(target, "127.0.0.1"))!["target"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/api/..%2fadmin")]
    [InlineData("/api/..%5cadmin")]
    [InlineData("/api/%2e%2e%2fadmin")]
    [InlineData("/api/%252e%252e%252fadmin")]
    [InlineData("/api/%252e%252e/admin")]
    [InlineData("/api/..;/admin")]
    [InlineData("/api/..;a=b/admin")]
    [InlineData("/api/x/%2e%2e;x/../../admin")]
    [InlineData("/api/.%2e;/admin")]
    [InlineData("/api/%25%32%65%25%32%65%25%32%66admin")]
    public async Task A_step_upwards_in_any_spelling_is_refused(string target)
    {
        await world.Load(world.Route(route: "path = \"/api\""));
        var before = await world.RequestsSoFar();
        var answer = await RawAnswer(target, RouteWorld.Host);
        Assert.True(answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 404", StringComparison.Ordinal), answer);
        Assert.Equal(before + 1, await world.RequestsSoFar());
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("trace")]
    [InlineData("TRACK")]
    public async Task A_method_that_gives_the_request_back_is_refused(string method)
    {
        await world.Load(world.Route());
        var before = await world.RequestsSoFar();
        var answer = await world.Send(new HttpMethod(method), "/x");
        Assert.Equal((405, "method_not_allowed"), (answer.Status, answer.Code));
        Assert.Equal(before + 1, await world.RequestsSoFar());
        Assert.Equal(200, (await world.Send(new HttpMethod("PROPFIND"), "/x")).Status);
    }

    [Fact]
    public async Task The_longest_prefix_wins_and_a_host_is_the_routes_alone()
    {
        await world.Load(world.Route("wide", route: "path = \"/api\"") + world.Route("narrow", route: """
            path = "/api/v2"
            headers = ["X-Narrow: %API_KEY%"]
            """).Split("[[routes]]", 2) switch { [_, var route] => "[[routes]]" + route, _ => "" });
        Assert.False(RouteWorld.Headers(await world.Get("/api/v1")).ContainsKey("X-Narrow"));
        Assert.True(RouteWorld.Headers(await world.Get("/api/v2/x")).ContainsKey("X-Narrow"));
        foreach (var path in (string[])["/", "/apiary", "/v1/workspace", "/healthz", "/readyz", "/openapi.json", "/.well-known/jwks.json", "/auth/session"])
        {
            var answer = await world.Get(path);
            Assert.Equal((404, "route_not_found"), (answer.Status, answer.Code));
        }

        Assert.Equal(200, (await world.Gateway.Anonymous.Get("/healthz")).Status);
    }

    [Fact]
    public async Task The_gateways_own_paths_on_the_host_of_a_route_are_the_upstreams()
    {
        await world.Load(world.Route());
        foreach (var path in (string[])["/v1/workspace", "/v1/auth/exchange", "/healthz2", "/openapi.json", "/auth/session", "/to/x"])
        {
            Assert.Equal(path, (await world.Get(path)).Json["target"]!.GetValue<string>());
        }

        // The Host header is what counts, in any case; the admin socket is never a way to a route.
        Assert.Equal(200, (await world.Get("/x", host: RouteWorld.Host.ToUpperInvariant())).Status);
        Assert.Equal(404, (await world.Gateway.Operator.Send(HttpMethod.Get, "/x", null, request => request.Headers.Host = RouteWorld.Host)).Status);
    }

    [Theory]
    [InlineData("127.0.0.1", 200)]
    [InlineData("localhost", 200)]
    [InlineData("gateway.test", 200)]
    [InlineData("[::1]:99", 200)]
    [InlineData("evil.example", 404)]
    [InlineData("other.internal", 404)]
    public async Task A_route_without_a_host_answers_under_the_gateways_own_names_alone(string host, int status)
    {
        await world.Load(world.Route(route: """
            hosts =
            path = "/to/app"
            """));
        Assert.Equal(status, (await world.Get("/to/app/x", host: host)).Status);
        Assert.Equal(404, (await world.Get("/to/apple", host: host)).Status);
    }

    [Fact]
    public async Task On_the_gateways_own_host_an_upstream_is_kept_apart_from_the_dashboard()
    {
        await world.Load(world.Route());
        var apart = await world.Get("/cookie");
        Assert.Equal("session=upstream; Path=/", apart.Headers["Set-Cookie"]);
        Assert.False(apart.Headers.ContainsKey("Content-Security-Policy"));

        await world.Load(world.Route(route: """
            hosts =
            path = "/to/app"
            """));
        var shared = await world.Get("/to/app/cookie", host: "127.0.0.1");
        Assert.Equal((200, "sandbox", "nosniff"), (shared.Status, shared.Headers["Content-Security-Policy"], shared.Headers["X-Content-Type-Options"]));
        Assert.False(shared.Headers.ContainsKey("Set-Cookie") || shared.Headers.ContainsKey("Service-Worker-Allowed"));
    }

    [Fact]
    public async Task The_answer_is_the_upstreams_own()
    {
        await world.Load(world.Route());
        var answer = await world.Get("/x");
        Assert.Equal(("application/json", "yes"), (answer.Headers["Content-Type"], answer.Headers["X-Upstream"]));
        Assert.False(answer.Headers.ContainsKey("Cache-Control") || answer.Headers.ContainsKey("X-Content-Type-Options") || answer.Headers.Keys.Any(name => name.StartsWith("RateLimit", StringComparison.Ordinal)));

        var empty = await world.Get("/empty");
        Assert.Equal((404, ""), (empty.Status, empty.Body));
    }

    [Fact]
    public async Task Bodies_beyond_the_limit_of_v1_pass_in_both_directions()
    {
        await world.Load(world.Route());
        const int size = 20 << 20;
        Assert.Equal(size.ToString(System.Globalization.CultureInfo.InvariantCulture), (await world.Send(HttpMethod.Post, "/sink", new ByteArrayContent(new byte[size]))).Body);
        Assert.Equal(size, (await world.Get($"/stream?bytes={size}")).Body.Length);
    }

    private async Task<string> Raw(string target, string host = RouteWorld.Host) => Body(await RawAnswer(target, host));

    private static string Body(string answer)
    {
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        return answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)];
    }

    /// <summary>Sent as it is: a client library would tidy it.</summary>
    private async Task<string> RawAnswer(string target, string host)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync("127.0.0.1", world.Gateway.Gateway.Urls[0].Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
