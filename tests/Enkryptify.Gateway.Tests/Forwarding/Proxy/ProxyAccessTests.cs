using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>Who may use the proxy, with what; and the allow-list as its admins see it.</summary>
public sealed class ProxyAccessTests(ProxyAccessTests.World world) : IClassFixture<ProxyAccessTests.World>
{
    private const string Url = ProxyWorld.Host + "/x";
    private const string List = "/v1/workspace/acme/proxy-allowlist";

    [Theory]
    [InlineData("anonymous", 401, "missing_authorization", "Authorization: a bearer token is required")]
    [InlineData("garbage", 401, "secrets_unauthorized", "Invalid or expired token")]
    [InlineData("raw token", 401, "secrets_unauthorized", "An API token opens nothing by itself")]
    [InlineData("revoked", 401, "secrets_unauthorized", "Invalid or expired token")]
    [InlineData("other workspace", 404, "workspace_not_found", "Workspace not found")]
    [InlineData("other project", 404, "project_not_found", "Project not found")]
    [InlineData("other environment", 404, "environment_not_found", "Environment not found")]
    [InlineData("read", 200, null, null)]
    [InlineData("read-write", 200, null, null)]
    [InlineData("this environment", 200, null, null)]
    [InlineData("login", 200, null, null)]
    [InlineData("cli", 200, null, null)]
    [InlineData("operator", 200, null, null)]
    public async Task Everybody_gets_their_answer_in_both_forms(string who, int status, string? code, string? message)
    {
        var caller = await world.Caller(who);
        var before = world.Upstream.Requests;
        var headers = ProxyWorld.Headers(("X-Key", "%TOKEN%"));
        var (verbatim, envelope) = (await world.Verbatim(Url, headers: headers, by: caller), await world.Envelope(Url, headers: headers, by: caller));
        Assert.Equal((status, status), (verbatim.Status, envelope.Status));
        if (code is null)
        {
            Assert.Equal(before + 2, world.Upstream.Requests);
            Assert.Equal("tok-1234567890", world.Upstream.Last.Headers["X-Key"]);
            return;
        }

        Assert.Equal(before, world.Upstream.Requests);
        Assert.Equal(["error"], verbatim.Json.AsObject().Select(member => member.Key));
        Assert.Equal(["code", "message"], verbatim.Json["error"]!.AsObject().Select(member => member.Key));
        Assert.Equal(code, verbatim.Json["error"]!["code"]!.GetValue<string>());
        Assert.StartsWith(message!, verbatim.Json["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(["error"], envelope.Json.AsObject().Select(member => member.Key));
        Assert.StartsWith(who == "anonymous" ? "Invalid or expired token" : message!, envelope.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
        if (who == "raw token")
        {
            Assert.Contains("POST /v1/auth/exchange", envelope.Body, StringComparison.Ordinal);
        }
    }

    /// <summary>Out of scope and not there are the same answer, to the letter, and the same whether the host is on the list or not.</summary>
    [Fact]
    public async Task What_is_out_of_sight_looks_missing()
    {
        var confined = (await world.Gateway.Machine(scope: Json.Scope(environments: [world.Acme.ShopDev]))).Api;
        foreach (var url in new[] { Url, "http://unlisted.test/" })
        {
            var request = Json.Of(("url", url), ("method", "GET"));
            foreach (var (hidden, missing) in new[] { ("acme/bank/" + world.Acme.BankDev, "acme/none/" + world.Acme.BankDev), ("acme/shop/" + world.Acme.ShopProd, "acme/shop/none"), ("other/yard/" + world.Acme.YardDev, "none/yard/x") })
            {
                var answer = await confined.Post($"/proxy/{hidden}", request);
                Assert.Equal(404, answer.Status);
                Assert.Equal((await confined.Post($"/proxy/{missing}", request)).Telling, answer.Telling);
            }
        }
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { "[]", "body: must be a JSON object" },
        { "{", "body: is not valid JSON" },
        { "{}", "" },
        { """{"url":"http://api.example.com/"}""", "" },
        { """{"url":1,"method":"GET"}""", "url: must be a string" },
        { """{"url":"","method":"GET"}""", "url: must contain at least 1 character" },
        { """{"url":"http://api.example.com/","method":"get"}""", "method: must be GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS" },
        { """{"url":"http://api.example.com/","method":"CONNECT"}""", "method: must be GET" },
        { """{"url":"http://api.example.com/","method":"TRACE"}""", "method: must be GET" },
        { """{"url":"http://api.example.com/","method":"GET\r\nX: y"}""", "method: must be GET" },
        { """{"url":"http://api.example.com/","method":"GET","body":"x"}""", "body: must not be sent with GET" },
        { """{"url":"http://api.example.com/","method":"HEAD","body":{}}""", "body: must not be sent with HEAD" },
        { """{"url":"http://api.example.com/","method":"GET","headers":"x"}""", "headers: must be an object" },
        { """{"url":"http://api.example.com/","url":"http://127.0.0.1/","method":"GET"}""", "url: is given more than once" },
        { """{"url":"http://api.example.com/\ud800","method":"GET"}""", "url: must be valid Unicode" },
        { """{"url":"http://api.example.com/","method":"POST","body":"\ud800"}""", "body: must be valid Unicode" },
        { """{"url":"http://api.example.com/","method":"POST","body":{"a":["\ud800"]}}""", "body: must be valid Unicode" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_malformed_is_400_in_both_forms(string body, string message)
    {
        var before = world.Upstream.Requests;
        var envelope = await world.Machine.Send(HttpMethod.Post, $"/proxy/acme/shop/{world.Acme.ShopDev}", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(400, envelope.Status);
        Assert.StartsWith(message, envelope.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
        var config = $$"""{"config":{"workspace":"acme","project":"shop","environment-id":"{{world.Acme.ShopDev}}"},""";
        var verbatim = await world.Machine.Send(HttpMethod.Post, "/proxy", new StringContent(body.StartsWith("{\"", StringComparison.Ordinal) ? config + body[1..] : body, Encoding.UTF8, "application/json"));
        Assert.Equal((400, "invalid_request"), (verbatim.Status, verbatim.Json["error"]!["code"]!.GetValue<string>()));
        Assert.Equal(before, world.Upstream.Requests);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"workspace":"acme","project":"shop"}""")]
    [InlineData("""{"workspace":"acme","project":"shop","environment-id":"dev","is-personal":"true"}""")]
    [InlineData("""{"workspace":["acme"],"project":"shop","environment-id":"dev"}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task A_config_that_says_too_little_is_400(string config)
    {
        var request = world.Request(Url);
        request["config"] = JsonNode.Parse(config);
        Assert.Equal(400, (await world.Machine.Post("/proxy", request)).Status);
    }

    [Fact]
    public async Task Another_content_type_is_415_in_the_form_of_the_route()
    {
        var answer = await world.Machine.Send(HttpMethod.Post, "/proxy", new StringContent("{}", Encoding.UTF8, "text/plain"));
        Assert.Equal((415, "unsupported_media_type"), (answer.Status, answer.Json["error"]!["code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_host_off_the_list_is_403_with_the_contracts_words()
    {
        var verbatim = await world.Verbatim("https://other.test/");
        Assert.Equal((403, "host_not_allowed", "Host \"other.test\" is not on the whitelist for this workspace"),
            (verbatim.Status, verbatim.Json["error"]!["code"]!.GetValue<string>(), verbatim.Json["error"]!["message"]!.GetValue<string>()));
        var envelope = await world.Envelope("https://other.test/");
        Assert.Equal((403, "Host \"other.test\" is not on the whitelist for this workspace"), (envelope.Status, envelope.Json["error"]!.GetValue<string>()));
    }

    /// <summary>A list belongs to one workspace, and an empty one allows nothing.</summary>
    [Fact]
    public async Task Another_workspaces_list_is_not_this_ones()
    {
        var other = (await world.Gateway.Machine(workspace: "other")).Api;
        var request = Json.Of(("url", Url), ("method", "GET"));
        Assert.Equal("[]", (await world.Gateway.Operator.Get("/v1/workspace/other/proxy-allowlist")).Body);
        Assert.Equal(403, (await other.Post($"/proxy/other/yard/{world.Acme.YardDev}", request)).Status);
    }

    [Fact]
    public async Task A_list_is_kept_in_one_spelling_and_its_changes_are_in_the_audit_log()
    {
        var admin = (await world.Gateway.People.Join("admin")).Api;
        try
        {
            var put = await admin.Put(List, Json.List("HTTPS://API.Example.com:443", "https://bücher.example", "http://0x7f000001:8080", "http://[2001:DB8::0:1]", "https://*.example.com", "https://api.example.com."));
            Assert.Equal(200, put.Status);
            string[] expected = ["http://127.0.0.1:8080", "http://[2001:db8::1]", "https://*.example.com", "https://api.example.com", "https://xn--bcher-kva.example"];
            Assert.Equal(expected, put.Json.AsArray().Select(origin => origin!.GetValue<string>()));
            Assert.Equal(put.Body, (await admin.Get(List)).Body);
            var entry = (await world.Gateway.Operator.Get("/v1/workspace/acme/audit?action=UPDATE&target=proxy-allowlist&limit=1")).Json[0]!;
            Assert.Equal((expected.Length, "http://api.example.com"), (entry["data"]!["added"]!.AsArray().Count, entry["data"]!["removed"]![0]!.GetValue<string>()));
        }
        finally
        {
            await world.Allow(ProxyWorld.Host);
        }
    }

    [Theory]
    [InlineData("{}", "body: must be an array of origins")]
    [InlineData("\"https://a.test\"", "body: must be an array of origins")]
    [InlineData("[1]", "[0]: must be a string")]
    [InlineData("[\"\\ud800\"]", "[0]: must be a string")]
    [InlineData("[\"https://a.test\", \"a.test\"]", "[1]: must be an origin such as")]
    [InlineData("[\"https://a.test/\"]", "[0]: must be an origin such as")]
    [InlineData("[\"https://a.test/path\"]", "[0]: must be an origin such as")]
    [InlineData("[\"https://a.test?q\"]", "[0]: must be an origin such as")]
    [InlineData("[\"ftp://a.test\"]", "[0]: must begin with http:// or https://")]
    [InlineData("[\"https://u@a.test\"]", "[0]: must have no user or password")]
    [InlineData("[\"https://%41.test\"]", "[0]: must have no placeholder")]
    [InlineData("[\"https://*\"]", "[0]: must have a host name")]
    [InlineData("[\"https://*.\"]", "[0]: must have a host name")]
    [InlineData("[\"https://*.*.test\"]", "[0]: must have a host name")]
    [InlineData("[\"https://a.*.test\"]", "[0]: must have a host name")]
    [InlineData("[\"https://*.0.0.1\"]", "[0]: must have a host name")]
    [InlineData("[\"https://*a.test\"]", "[0]: must have a host name")]
    [InlineData("[\"https://a.test:0\"]", "[0]: must have a port")]
    [InlineData("[\"https://a.test:*\"]", "[0]: must have a port")]
    public async Task A_malformed_list_is_400_and_changes_nothing(string body, string message)
    {
        var answer = await world.Gateway.Operator.Send(HttpMethod.Put, List, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(400, answer.Status);
        Assert.StartsWith(message, answer.Message, StringComparison.Ordinal);
        Assert.Equal($"[\"{ProxyWorld.Host}\"]", (await world.Gateway.Operator.Get(List)).Body);
    }

    [Fact]
    public async Task A_list_has_at_most_500_entries() => Assert.Equal(
        400, (await world.Gateway.Operator.Put(List, Json.List([.. Enumerable.Range(0, 501).Select(i => $"https://h{i}.test")]))).Status);

    [Fact]
    public async Task An_admin_of_a_part_of_the_workspace_neither_sees_nor_changes_it()
    {
        var admin = (await world.Gateway.People.Join("admin", Json.Scope(teams: [world.Acme.Red]))).Api;
        Assert.Equal((403, 403), ((await admin.Get(List)).Status, (await admin.Put(List, Json.List("https://a.test"))).Status));
        Assert.Equal($"[\"{ProxyWorld.Host}\"]", (await world.Gateway.Operator.Get(List)).Body);
    }

    public sealed class World : ProxyWorld
    {
        internal async Task<Api> Caller(string who)
        {
            switch (who)
            {
                case "anonymous":
                    return Gateway.Anonymous;
                case "garbage":
                    return Gateway.Bearer("a.b.c");
                case "raw token":
                    return Gateway.Bearer((await Gateway.Machine()).Token);
                case "revoked":
                    var (id, _, api) = await Gateway.Machine();
                    Assert.Equal(200, (await Gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
                    return api;
                case "other workspace":
                    return (await Gateway.Machine(workspace: "other")).Api;
                case "other project":
                    return (await Gateway.Machine(scope: Json.Scope(projects: [Acme.Bank]))).Api;
                case "other environment":
                    return (await Gateway.Machine(scope: Json.Scope(environments: [Acme.ShopProd]))).Api;
                case "this environment":
                    return (await Gateway.Machine("read", Json.Scope(environments: [Acme.ShopDev]))).Api;
                case "login":
                    return (await Gateway.People.Join("member")).Api;
                case "cli":
                    return await Gateway.People.Cli((await Gateway.People.Join("member")).Api, Acme.ShopDev);
                case "operator":
                    return Gateway.Operator;
                default:
                    return (await Gateway.Machine(who)).Api;
            }
        }
    }
}
