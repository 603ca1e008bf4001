using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>Where values are put, where they are not, and what is refused before anything is sent.</summary>
public sealed class SubstitutionTests(SubstitutionTests.World world) : IClassFixture<SubstitutionTests.World>
{
    private const string Url = ProxyWorld.Host + "/x";
    private const string Odd = ProxyWorld.Odd;

    public static TheoryData<string?, string, string> Bodies => new()
    {
        // content type, body as JSON, what arrives
        { null, "\"k=%TOKEN%\"", "k=tok-1234567890" },
        { null, "{\"a\":\"%TOKEN%\",\"%TOKEN%\":[\"x%TOKEN%y\",1.0,true,null,{\"b\":\"%ODD%\"}]}", "{\"a\":\"tok-1234567890\",\"%TOKEN%\":[\"xtok-1234567890y\",1.0,true,null,{\"b\":\"p\\\"a<b>&c=d/e?f#g%20 é'\\\\\"}]}" },
        { null, "12", "12" },
        { null, "[1,1e30]", "[1,1e30]" },
        { "application/json", "\"{\\\"a\\\":\\\"%ODD%\\\"}\"", "{\"a\":\"p\\\"a<b>&c=d/e?f#g%20 é'\\\\\"}" },
        { "application/vnd.api+json; charset=utf-8", "{\"a\":\"%TOKEN%\"}", "{\"a\":\"tok-1234567890\"}" },
        { "application/xml", "\"<k>%ODD%</k>\"", "<k>p&quot;a&lt;b&gt;&amp;c=d/e?f#g%20 é&apos;\\</k>" },
        { "image/svg+xml", "\"<k>%TOKEN%</k>\"", "<k>tok-1234567890</k>" },
        { "text/csv", "\"%TOKEN%,%LINES%\"", "tok-1234567890,one\r\nX-Injected: yes" },
        { "text/plain", "\"%LOOP%\"", "%TOKEN%" },
        { "text/plain", "\"%REF%\"", "<tok-1234567890>" },
        { "application/x-www-form-urlencoded", "\"k=%TOKEN%\"", "k=%TOKEN%" },
        { "application/octet-stream", "\"%TOKEN%\"", "%TOKEN%" },
        { "not a type", "\"%TOKEN%\"", "%TOKEN%" },
        { "multipart/form-data; boundary=x", "{\"a\":\"%TOKEN%\"}", "{\"a\":\"%TOKEN%\"}" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body(string? type, string body, string expected)
    {
        var headers = type is null ? null : ProxyWorld.Headers(("Content-Type", type));
        foreach (var answer in new[] { await world.Verbatim(Url, "POST", headers, JsonNode.Parse(body)), await world.Envelope(Url, "POST", headers, JsonNode.Parse(body)) })
        {
            Assert.True(answer.Status == 200, answer.Body);
            Assert.Equal(expected, world.Upstream.Last.Text);
            Assert.Equal(type ?? (body.StartsWith('"') ? null : "application/json"), world.Upstream.Last.Headers.GetValueOrDefault("Content-Type"));
        }
    }

    [Fact]
    public async Task Base64_is_decoded_and_not_looked_into()
    {
        byte[] bytes = [0, 255, .. "%TOKEN%"u8];
        Assert.Equal(200, (await world.Envelope(Url, "PUT", null, Convert.ToBase64String(bytes), encoding: "base64")).Status);
        Assert.Equal(bytes, world.Upstream.Last.Body);
        Assert.Equal("PUT", world.Upstream.Last.Method);
        foreach (var (body, encoding, message) in new (JsonNode, string, string)[]
        {
            ("not base64!", "base64", "body: must be base64, as bodyEncoding says"), (12, "base64", "body: must be a string"), ("eA==", "hex", "bodyEncoding: must be base64, or left out"),
        })
        {
            var refused = await world.Envelope(Url, "PUT", null, body, encoding: encoding);
            Assert.Equal((400, message), (refused.Status, refused.Json["error"]!.GetValue<string>()));
        }
    }

    [Theory]
    [InlineData("Bearer %TOKEN%", "Bearer tok-1234567890")]
    [InlineData("%TOKEN%%KEY%", "tok-1234567890shop-dev")]
    [InlineData("%ODD%", Odd)]
    [InlineData("%LOOP%", "%TOKEN%")]
    [InlineData("50% of 100%", "50% of 100%")]
    [InlineData("é", "é")]
    public async Task A_header(string value, string expected)
    {
        Assert.Equal(200, (await world.Verbatim(Url, headers: ProxyWorld.Headers(("X-Key", value)))).Status);
        Assert.Equal(expected, world.Upstream.Last.Headers["X-Key"]);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Every_method_arrives_and_a_content_type_travels_without_a_body_too(string method)
    {
        Assert.Equal(200, (await world.Verbatim(Url, method, ProxyWorld.Headers(("Content-Type", "application/json")))).Status);
        Assert.Equal((method, "application/json", 0), (world.Upstream.Last.Method, world.Upstream.Last.Headers["Content-Type"], world.Upstream.Last.Body.Length));
    }

    public static TheoryData<string, string, string?, string> Refused => new()
    {
        // field, header, body: what the message begins with
        { "headers.X-Key: the value of a placeholder holds a control character", "X-Key", null, "%LINES%" },
        { "headers.X-Key: the value of a placeholder holds a control character", "X-Key", null, "a%TAB%" },
        { "headers.X-Key: must contain no control character", "X-Key", null, "a\r\nX-Injected: yes" },
        { "headers.X-Key: must contain no control character", "X-Key", null, "a\nb" },
        { "headers.X-Key: must contain no control character", "X-Key", null, "a\0b" },
        { "headers.X-Key: no secret named NONE in this environment", "X-Key", null, "%NONE%" },
        { "headers.X-Key: no secret named ELSEWHERE in this environment", "X-Key", null, "%ELSEWHERE%" },
        { "headers.Authorization: must not be NTLM or Negotiate", "Authorization", null, "NTLM %TOKEN%" },
        { "headers.Authorization: must not be NTLM or Negotiate", "Authorization", null, "%SCHEME% abc" },
        { "headers: a name is not that of a header", "X-Key\r\nX-Injected", null, "a" },
        { "headers: a name is not that of a header", "X Key", null, "a" },
        { "headers: a name is not that of a header", "%TOKEN%", null, "a" },
        { "headers: a name is not that of a header", "", null, "a" },
        { "headers.Host: is not the caller's to set", "Host", null, "evil.test" },
        { "headers.host: is not the caller's to set", "host", null, "evil.test" },
        { "headers.Connection: is not the caller's to set", "Connection", null, "close" },
        { "headers.Keep-Alive: is not the caller's to set", "Keep-Alive", null, "1" },
        { "headers.TE: is not the caller's to set", "TE", null, "trailers" },
        { "headers.Trailer: is not the caller's to set", "Trailer", null, "X" },
        { "headers.Transfer-Encoding: is not the caller's to set", "Transfer-Encoding", null, "chunked" },
        { "headers.Content-Length: is not the caller's to set", "Content-Length", null, "0" },
        { "headers.Upgrade: is not the caller's to set", "Upgrade", null, "websocket" },
        { "headers.Expect: is not the caller's to set", "Expect", null, "100-continue" },
        { "headers.Proxy-Authorization: is not the caller's to set", "Proxy-Authorization", null, "Basic x" },
        { "headers.Proxy-Anything: is not the caller's to set", "Proxy-Anything", null, "x" },
        { "body: no secret named NONE in this environment", "X-Key", "{\"a\":[\"%NONE%\"]}", "a" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task It_is_400_and_nothing_is_sent(string message, string header, string? body, string value)
    {
        var before = world.Upstream.Requests;
        var (headers, content) = (ProxyWorld.Headers((header, value)), body is null ? null : JsonNode.Parse(body));
        var verbatim = await world.Verbatim(Url, "POST", headers, content);
        Assert.Equal((400, "invalid_request"), (verbatim.Status, verbatim.Json["error"]!["code"]!.GetValue<string>()));
        Assert.StartsWith(message, verbatim.Json["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        var envelope = await world.Envelope(Url, "POST", headers, content);
        Assert.Equal(400, envelope.Status);
        Assert.StartsWith(message, envelope.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(before, world.Upstream.Requests);
    }

    [Theory]
    [InlineData("/%NONE%", "url: no secret named NONE in this environment")]
    [InlineData("/?a=%2%", "url: no secret named 2 in this environment")]
    [InlineData("/?a=%TOKEN%&b=%Token%", "url: no secret named Token in this environment")]
    public async Task An_unknown_name_in_a_url_is_400(string path, string message)
    {
        var before = world.Upstream.Requests;
        var answer = await world.Envelope(ProxyWorld.Host + path);
        Assert.Equal((400, message, before), (answer.Status, answer.Json["error"]!.GetValue<string>(), world.Upstream.Requests));
    }

    /// <summary>The value of a secret that somebody else sees is no name here either, asked for by id or by name.</summary>
    [Fact]
    public async Task An_id_is_no_name()
    {
        var id = (await world.Machine.Get("/v1/workspace/acme/project/shop/secret/TOKEN")).Json["id"]!.GetValue<string>();
        Assert.Equal(400, (await world.Envelope(Url, headers: ProxyWorld.Headers(("X-Key", $"%{id}%")))).Status);
    }

    [Fact]
    public async Task Headers_given_twice_or_not_as_text_are_400()
    {
        foreach (var headers in new JsonNode[] { Json.Of(("X-A", "1"), ("x-a", "2")), Json.Of(("X-A", 1)), Json.Of(("X-A", Json.List("1"))), Json.List("X-A"), Json.Of(("X-A", new string('x', 20_000))) })
        {
            Assert.Equal(400, (await world.Verbatim(Url, headers: headers)).Status);
        }
    }

    [Fact]
    public async Task Personal_values_come_first_where_they_are_asked_for_and_are_ones_own()
    {
        var person = await world.Gateway.People.Join("developer");
        Assert.Equal(200, (await Personal.Write(person.Api, "shop", "TOKEN", world.Acme.ShopDev, "mine")).Status);
        var cli = await world.Gateway.People.Cli(person.Api, world.Acme.ShopDev);
        foreach (var (api, personal, expected) in new (Api, bool?, string)[]
        {
            (person.Api, true, "mine"), (person.Api, false, "tok-1234567890"), (person.Api, null, "tok-1234567890"), (cli, true, "mine"), (cli, null, "tok-1234567890"),
            (world.Machine, true, "tok-1234567890"), ((await world.Gateway.People.Join("developer")).Api, true, "tok-1234567890"),
        })
        {
            var request = world.WithConfig(world.Request(Url, headers: ProxyWorld.Headers(("X-Key", "%TOKEN%"))), personal);
            Assert.Equal(200, (await api.Post("/proxy", request)).Status);
            Assert.Equal(expected, world.Upstream.Last.Headers["X-Key"]);
        }
    }

    public sealed class World : ProxyWorld
    {
        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            foreach (var (name, value, environment) in new[] { ("ELSEWHERE", "prod only", Acme.ShopProd), ("SCHEME", "negotiate", Acme.ShopDev) })
            {
                Assert.Equal(201, (await Gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret(name, value, [environment]))).Status);
            }
        }
    }
}
