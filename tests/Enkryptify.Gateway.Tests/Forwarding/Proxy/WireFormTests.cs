using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>Answers of all kinds, in both wire forms (contract section 7).</summary>
public sealed class WireFormTests(WireFormTests.World world) : IClassFixture<WireFormTests.World>
{
    private const string Url = ProxyWorld.Host + "/x";

    public static TheoryData<int, string?, string, string> Answers => new()
    {
        // status, content type, body, body of the envelope as JSON
        { 200, "application/json", """{"a":[1.0,1e30,"é",null]}""", """{"a":[1.0,1e30,"é",null]}""" },
        { 200, "application/problem+json; charset=utf-8", "[]", "[]" },
        { 200, "application/json", "not JSON", "\"not JSON\"" },
        { 200, "application/json", "", "\"\"" },
        { 200, "text/plain", "{\"a\":1}", "\"{\\\"a\\\":1}\"" },
        { 200, "text/plain; charset=utf-8", "grüße\n", "\"grüße\\n\"" },
        { 200, "application/xml", "<a b=\"c\">d</a>", "\"<a b=\\\"c\\\">d</a>\"" },
        { 200, null, "", "\"\"" },
        { 200, null, "no type", "\"no type\"" },
        { 201, "application/json", "true", "true" },
        { 401, "application/json", """{"message":"who?"}""", """{"message":"who?"}""" },
        { 403, "text/plain", "no", "\"no\"" },
        { 404, "text/html", "<h1>gone</h1>", "\"<h1>gone</h1>\"" },
        { 429, "application/json", """{"retry":1}""", """{"retry":1}""" },
        { 500, "text/plain", "oops", "\"oops\"" },
        { 503, null, "", "\"\"" },
        { 599, "text/plain", "odd", "\"odd\"" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_comes_back_as_it_is_or_in_an_envelope(int status, string? type, string body, string expected)
    {
        world.Upstream.Answer = async context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (status, type);
            context.Response.Headers.RetryAfter = "7";
            context.Response.Headers["X-Own"] = "1";
            await context.Response.WriteAsync(body);
        };
        var verbatim = await world.Verbatim(Url);
        Assert.Equal((status, body), (verbatim.Status, verbatim.Body));
        Assert.Equal(type, verbatim.Headers.GetValueOrDefault("Content-Type"));
        Assert.Equal(("7", "1"), (verbatim.Headers["Retry-After"], verbatim.Headers["X-Own"]));

        // Nothing of the gateway's own beside the upstream's.
        Assert.Equal(["Date", "Retry-After", "X-Own"], verbatim.Headers.Keys.Where(name => !name.StartsWith("Content-", StringComparison.Ordinal) && name != "Transfer-Encoding").Order());

        var envelope = await world.Envelope(Url);
        Assert.Equal((200, "application/json; charset=utf-8"), (envelope.Status, envelope.Headers["Content-Type"]));
        Assert.Equal(["body", "headers", "status"], envelope.Json.AsObject().Select(member => member.Key).Order());
        Assert.Equal(status, envelope.Json["status"]!.GetValue<int>());
        Assert.True(envelope.Body.EndsWith($"\"body\":{expected}}}", StringComparison.Ordinal), envelope.Body);
        Assert.Equal((type, "7", "1"), ((string?)envelope.Json["headers"]!["content-type"], (string?)envelope.Json["headers"]!["retry-after"], (string?)envelope.Json["headers"]!["x-own"]));
    }

    [Theory]
    [InlineData(204, "GET")]
    [InlineData(304, "GET")]
    [InlineData(200, "HEAD")]
    public async Task An_answer_without_a_body_has_none(int status, string method)
    {
        world.Upstream.Answer = context =>
        {
            context.Response.StatusCode = status;
            if (method == "HEAD")
            {
                context.Response.ContentLength = 1234;
            }

            return Task.CompletedTask;
        };
        var verbatim = await world.Verbatim(Url, method);
        Assert.Equal((status, ""), (verbatim.Status, verbatim.Body));
        var envelope = await world.Envelope(Url, method);
        Assert.Equal((status, ""), (envelope.Json["status"]!.GetValue<int>(), envelope.Json["body"]!.GetValue<string>()));
        Assert.Equal(method, world.Upstream.Last.Method);
    }

    [Fact]
    public async Task Bytes_come_back_as_bytes_or_as_base64()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(part => (byte)part)];
        world.Upstream.Answer = async context =>
        {
            context.Response.ContentType = "application/octet-stream";
            await context.Response.Body.WriteAsync(bytes);
        };
        Assert.Equal(bytes, await world.VerbatimBytes(Url));
        var envelope = await world.Envelope(Url);
        Assert.Equal((Convert.ToBase64String(bytes), "base64"), (envelope.Json["body"]!.GetValue<string>(), envelope.Json["bodyEncoding"]!.GetValue<string>()));
    }

    [Fact]
    public async Task What_is_compressed_stays_so_and_an_envelope_asks_for_plain_text()
    {
        world.Upstream.Answer = async context =>
        {
            if (world.Upstream.Last.Headers.GetValueOrDefault("Accept-Encoding") == "gzip")
            {
                context.Response.Headers.ContentEncoding = "gzip";
                await context.Response.Body.WriteAsync(new byte[] { 0x1f, 0x8b, 1, 2, 3 });
            }
            else
            {
                await context.Response.WriteAsync("plain");
            }
        };
        var headers = ProxyWorld.Headers(("Accept-Encoding", "gzip"));
        Assert.Equal([0x1f, 0x8b, 1, 2, 3], await world.VerbatimBytes(Url, headers));
        Assert.Equal("plain", (await world.Envelope(Url, headers: headers)).Json["body"]!.GetValue<string>());
        await world.Verbatim(Url);
        Assert.False(world.Upstream.Last.Headers.ContainsKey("Accept-Encoding"));
    }

    [Fact]
    public async Task Ten_megabytes_go_in_and_out_in_both_forms()
    {
        var text = RandomNumberGenerator.GetHexString(10 << 20);
        world.Upstream.Answer = async context =>
        {
            context.Response.ContentType = "text/plain";
            await context.Response.Body.WriteAsync(world.Upstream.Last.Body);
        };
        var type = ProxyWorld.Headers(("Content-Type", "text/plain"));
        Assert.Equal(text, (await world.Verbatim(Url, "POST", type, text)).Body);
        Assert.Equal(text, (await world.Envelope(Url, "POST", type, text)).Json["body"]!.GetValue<string>());
        var base64 = Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
        Assert.Equal(text, (await world.Envelope(Url, "POST", type, base64, encoding: "base64")).Json["body"]!.GetValue<string>());
    }

    [Fact]
    public async Task More_than_sixteen_mebibytes_of_request_are_413_in_the_form_of_the_route()
    {
        var body = new string('x', 17 << 20);
        foreach (var (path, form) in new[] { ("/proxy", "{\"error\":{\"code\":\"body_too_large\",\"message\":"), ($"/proxy/acme/shop/{world.Acme.ShopDev}", "{\"error\":\"") })
        {
            var answer = await world.Machine.Send(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"), request => request.Headers.ExpectContinue = true);
            Assert.Equal(413, answer.Status);
            Assert.StartsWith(form, answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_large_answer_is_streamed_in_one_form_and_refused_in_the_other()
    {
        world.Upstream.Answer = async context =>
        {
            context.Response.ContentType = "text/plain";
            var chunk = new byte[1 << 20];
            Array.Fill(chunk, (byte)'a');
            for (var i = 0; i < 20; i++)
            {
                await context.Response.Body.WriteAsync(chunk);
            }
        };
        Assert.Equal(20 << 20, (await world.VerbatimBytes(Url)).Length);
        var envelope = await world.Envelope(Url);
        Assert.Equal(502, envelope.Status);
        Assert.Contains("larger than 16 MiB", envelope.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    /// <summary>The first bytes are with the caller while the upstream has not ended: no whole answer is waited for.</summary>
    [Fact]
    public async Task An_answer_is_streamed()
    {
        var go = new TaskCompletionSource();
        world.Upstream.Answer = async context =>
        {
            await context.Response.WriteAsync("first ");
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.WriteAsync("last");
        };
        using var request = world.Message(world.WithConfig(world.Request(Url)));
        using var response = await world.Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var body = new StreamReader(await response.Content.ReadAsStreamAsync());
        var buffer = new char[6];
        await body.ReadBlockAsync(buffer);
        Assert.Equal("first ", new string(buffer));
        go.SetResult();
        Assert.Equal("last", await body.ReadToEndAsync());
    }

    [Fact]
    public async Task Headers_of_the_connection_stay_on_it_and_the_others_travel()
    {
        await using var raw = await Raw("""
            HTTP/1.1 401 Who
            Connection: X-Named, keep-alive
            X-Named: 1
            Proxy-Authenticate: Basic
            Keep-Alive: timeout=5
            Set-Cookie: a=1
            Set-Cookie: b=2
            WWW-Authenticate: Bearer realm="up"
            X-Text: grüße
            Content-Length: 0


            """);
        var verbatim = await world.Verbatim(At(raw));
        Assert.Equal((401, "a=1, b=2", "Bearer realm=\"up\""), (verbatim.Status, verbatim.Headers["Set-Cookie"], verbatim.Headers["WWW-Authenticate"]));
        Assert.Empty(verbatim.Headers.Keys.Intersect(["X-Named", "Proxy-Authenticate", "Keep-Alive", "Connection"]));
        var envelope = (await world.Envelope(At(raw))).Json["headers"]!.AsObject();
        Assert.Equal(("a=1, b=2", "grüße"), ((string?)envelope["set-cookie"], (string?)envelope["x-text"]));
        Assert.Empty(envelope.Select(member => member.Key).Intersect(["x-named", "proxy-authenticate", "keep-alive", "connection"]));
    }

    /// <summary>What arrives is what was asked for: no header of the gateway's caller, none of the gateway's own.</summary>
    [Fact]
    public async Task The_upstream_gets_the_headers_that_were_asked_for_and_no_other()
    {
        world.Upstream.Answer = _ => Task.CompletedTask;
        foreach (var body in new[] { world.WithConfig(world.Request(Url, "POST", ProxyWorld.Headers(("X-One", "1"), ("Authorization", "Bearer %TOKEN%"), ("User-Agent", "me")), "b")) })
        {
            var answer = await world.Machine.Send(HttpMethod.Post, "/proxy", new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), request =>
            {
                request.Headers.Add("Cookie", "a=b");
                request.Headers.Add("X-Forwarded-For", "1.2.3.4");
                request.Headers.TryAddWithoutValidation("Proxy-Authorization", "secret");
                request.Headers.TryAddWithoutValidation("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            });
            Assert.Equal(200, answer.Status);
        }

        Assert.Equal(["Authorization", "Content-Length", "Host", "User-Agent", "X-One"], world.Upstream.Last.Headers.Keys.Order());
        Assert.Equal("Bearer tok-1234567890", world.Upstream.Last.Headers["Authorization"]);
    }

    public static TheoryData<string> Broken => ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "not HTTP at all\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "HTTP/9.9 xx\r\n\r\n", ""];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task An_upstream_that_breaks_off_or_sends_garbage_is_502_and_never_looks_whole(string answer)
    {
        await using var raw = await Raw(answer);
        var envelope = await world.Envelope(At(raw), headers: ProxyWorld.Headers(("X-Key", "%TOKEN%")));
        Assert.Equal(502, envelope.Status);
        Assert.DoesNotContain("tok-1234567890", envelope.Body, StringComparison.Ordinal);
        try
        {
            Assert.Equal(502, (await world.Verbatim(At(raw))).Status);
        }
        catch (HttpRequestException)
        {
            // Its head was out already: the connection was cut.
            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        }
    }

    /// <summary>What may have been done is not done again: an upstream that hangs up without a word gets a POST once, with a body and without.</summary>
    [Theory]
    [InlineData("POST", null)]
    [InlineData("POST", "body")]
    [InlineData("PATCH", null)]
    public async Task What_may_have_been_done_is_not_sent_again(string method, string? body)
    {
        await using var raw = await Raw("");
        Assert.Equal(502, (await world.Envelope(At(raw), method, null, body)).Status);
        Assert.Equal(1, raw.Requests);
    }

    [Theory]
    [InlineData("http://nobody.example.com/", "The upstream's name could not be resolved")]
    [InlineData("https://api.example.com/", "No trusted TLS connection to the upstream could be made")]
    public async Task What_cannot_be_reached_is_502(string url, string message)
    {
        world.Network.UpstreamPorts[443] = world.Upstream.Port;
        await world.Allow(ProxyWorld.Host, "http://nobody.example.com", "https://api.example.com");
        var answer = await world.Envelope(url);
        Assert.Equal((502, message), (answer.Status, answer.Json["error"]!.GetValue<string>()));
    }

    private async Task<RawUpstream> Raw(string answer)
    {
        var raw = new RawUpstream(answer.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal));
        var port = raw.Port;
        world.Network.UpstreamPorts[port] = port;
        Assert.Equal(200, (await world.Allow(ProxyWorld.Host, At(raw))).Status);
        return raw;
    }

    private static string At(RawUpstream raw) => $"{ProxyWorld.Host}:{raw.Port}";

    public sealed class World : ProxyWorld
    {
        internal HttpRequestMessage Message(JsonNode body)
        {
            var message = new HttpRequestMessage(HttpMethod.Post, "/proxy") { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
            message.Headers.Authorization = new("Bearer", Machine.Token);
            return message;
        }

        internal async Task<byte[]> VerbatimBytes(string url, JsonNode? headers = null)
        {
            using var response = await Gateway.Http.SendAsync(Message(WithConfig(Request(url, headers: headers))));
            return await response.Content.ReadAsByteArrayAsync();
        }
    }
}
