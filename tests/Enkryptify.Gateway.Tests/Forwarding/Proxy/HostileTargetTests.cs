using System.Net;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>
/// Targets on the inside, in every spelling, all of them on the workspace's allow-list as far as it takes them: the address guard alone stands between. Whatever it
/// let through would end at the guarded listener, which must see no connection.
/// </summary>
public sealed class HostileTargetTests(HostileTargetTests.World world) : IClassFixture<HostileTargetTests.World>
{
    /// <summary>403 is the guard's word; 400 is a URL that is not even taken; 502 a name that nobody has.</summary>
    public static TheoryData<string, int> Literal => new()
    {
        // Loopback and this host, in every notation of inet_aton(3)
        { "http://127.0.0.1/", 403 }, { "http://127.1/", 403 }, { "http://2130706433/", 403 }, { "http://0x7f000001/", 403 }, { "http://0x7f.0.0.1/", 403 },
        { "http://0177.0.0.1/", 403 }, { "http://017700000001/", 403 }, { "http://127.0.0.1./", 403 }, { "http://0/", 403 }, { "http://0.0.0.0/", 403 },
        { "http://127.255.255.254/", 403 }, { "http://0x7F.1/", 403 }, { "http://127.0.0.1:8480/", 403 },
        // Private, CGNAT, link-local, metadata, and the rest of the registry
        { "http://10.0.0.1/", 403 }, { "http://10.255.255.255/", 403 }, { "http://167772161/", 403 }, { "http://0xa000001/", 403 }, { "http://012.0.0.1/", 403 },
        { "http://172.16.0.1/", 403 }, { "http://172.31.255.255/", 403 }, { "http://192.168.0.1/", 403 }, { "http://0300.0250.0.1/", 403 }, { "http://192.168.1/", 403 },
        { "http://100.64.0.1/", 403 }, { "http://100.127.255.255/", 403 }, { "http://169.254.169.254/latest/meta-data/", 403 }, { "http://2852039166/", 403 },
        { "http://0xa9.0xfe.0xa9.0xfe/", 403 }, { "http://169.254.1.1/", 403 }, { "http://100.100.100.200/", 403 }, { "http://168.63.129.16/", 403 }, { "http://192.0.0.192/", 403 },
        { "http://192.0.0.8/", 403 }, { "http://192.0.2.1/", 403 }, { "http://198.51.100.1/", 403 }, { "http://203.0.113.1/", 403 }, { "http://198.18.0.1/", 403 },
        { "http://198.19.255.255/", 403 }, { "http://192.88.99.1/", 403 }, { "http://224.0.0.1/", 403 }, { "http://239.255.255.250/", 403 }, { "http://240.0.0.1/", 403 }, { "http://255.255.255.255/", 403 },
        // IPv6: loopback, unspecified, link-local, site-local, unique local, multicast, documentation, discard, metadata
        { "http://[::1]/", 403 }, { "http://[0:0:0:0:0:0:0:1]/", 403 }, { "http://[::]/", 403 }, { "http://[fe80::1]/", 403 }, { "http://[febf::1]/", 403 }, { "http://[fec0::1]/", 403 },
        { "http://[fc00::1]/", 403 }, { "http://[fd12:3456::1]/", 403 }, { "http://[fd00:ec2::254]/", 403 }, { "http://[ff02::1]/", 403 }, { "http://[2001:db8::1]/", 403 },
        { "http://[3fff::1]/", 403 }, { "http://[100::1]/", 403 }, { "http://[2001:2::1]/", 403 }, { "http://[5f00::1]/", 403 }, { "http://[4000::1]/", 403 },
        // IPv4 within IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP
        { "http://[::ffff:127.0.0.1]/", 403 }, { "http://[::ffff:7f00:1]/", 403 }, { "http://[::ffff:10.0.0.1]/", 403 }, { "http://[::ffff:8.8.8.8]/", 403 }, { "http://[::127.0.0.1]/", 403 },
        { "http://[::ffff:0:127.0.0.1]/", 403 }, { "http://[64:ff9b::127.0.0.1]/", 403 }, { "http://[64:ff9b::a00:1]/", 403 }, { "http://[64:ff9b::a9fe:a9fe]/", 403 },
        { "http://[64:ff9b:1::a00:1]/", 403 }, { "http://[2002:7f00:1::]/", 403 }, { "http://[2002:a00:1::1]/", 403 }, { "http://[2001:0:a00:1::1]/", 403 },
        { "http://[2001:0:808:808::80ff:fffe]/", 403 }, { "http://[2620:0:2d0::5efe:7f00:1]/", 403 }, { "http://[2620:0:2d0:0:200:5efe:a00:1]/", 403 },
        // Zone ids
        { "http://[fe80::1%25eth0]/", 400 }, { "http://[fe80::1%eth0]/", 400 }, { "http://[::1%25lo]/", 400 },
        // Not URLs of a host
        { "http://[::1/", 400 }, { "http://::1/", 400 }, { "http://[v1.fe]/", 400 }, { "http://[127.0.0.1]/", 400 }, { "http:///", 400 }, { "http://", 400 }, { "http:127.0.0.1", 400 }, { "//127.0.0.1/", 400 },
        { "http://256.0.0.1/", 400 }, { "http://1.2.3.4.5/", 400 }, { "http://0x/", 400 }, { "http://08.0.0.1/", 400 }, { "http://4294967296/", 400 }, { "http://a..b/", 400 },
        { "http://127.0.0.1:0/", 400 }, { "http://127.0.0.1:65536/", 400 }, { "http://127.0.0.1:/", 400 }, { "http://127.0.0.1:8o/", 400 }, { "http://127.0.0.1:-1/", 400 }, { "http://a b/", 400 },
        { "http://ａ\tb/", 400 },
        // Other schemes
        { "file:///etc/passwd", 400 }, { "ftp://127.0.0.1/", 400 }, { "gopher://127.0.0.1/", 400 }, { "unix:///run/docker.sock", 400 }, { "javascript://127.0.0.1/", 400 }, { "ws://127.0.0.1/", 400 },
        { "jar:http://127.0.0.1!/", 400 }, { " http://127.0.0.1/", 400 },
        // User-info, fragment, backslash, percent-escapes and placeholders where the host is
        { "http://api.example.com@127.0.0.1/", 400 }, { "http://u:p@127.0.0.1/", 400 }, { "http://127.0.0.1\\@api.example.com/", 400 }, { "http://api.example.com\\.127.0.0.1/", 400 },
        { "http://127.0.0.1#@api.example.com/", 400 }, { "http://api.example.com/#fragment", 400 }, { "http://api.example.com#@127.0.0.1/", 400 }, { "http://127.0.0.1?@api.example.com/", 403 },
        { "http://%31%32%37.0.0.1/", 400 }, { "http://127.0.0.1%2f@api.example.com/", 400 }, { "http://127.0.0.1%00.example.com/", 400 }, { "http://%TOKEN%/", 400 }, { "http://%TOKEN%.example.com/", 400 },
        { "%TOKEN%://127.0.0.1/", 400 }, { "http://api.example.com:%TOKEN%/", 400 }, { "http://%TOKEN%@127.0.0.1/", 400 }, { "http%3A%2F%2F127.0.0.1/", 400 }, { "http://127.0.0.1%252f/", 400 },
        // Line breaks in the URL itself
        { "http://127.0.0.1/\r\nHost: api.example.com", 400 }, { "http://api.example.com/ HTTP/1.1\r\nX: y", 400 }, { "http://127.0.0.1\0.example.com/", 400 },
        // Other digits and dots
        { "http://①②⑦.⓪.⓪.①/", 502 }, { "http://127。0。0。1/", 403 }, { "http://１２７.0.0.1/", 400 },
    };

    /// <summary>Names, by what they resolve to, time after time.</summary>
    public static TheoryData<string, string[]> Named => new()
    {
        { "inside.example.com", ["127.0.0.1"] },
        { "private.example.com", ["10.1.2.3"] },
        { "v6.example.com", ["fd00::1"] },
        { "mapped.example.com", ["::ffff:10.0.0.1"] },
        { "mapped-public.example.com", ["::ffff:93.184.215.14"] },
        { "nat64.example.com", ["64:ff9b::7f00:1"] },
        { "metadata.example.com", ["169.254.169.254"] },
        { "zone.example.com", ["fe80::1%2"] },
        { "scoped.example.com", ["2620:0:2d0::1%2"] },
        { "mixed.example.com", ["93.184.215.14,127.0.0.1"] },
        { "mixed-first.example.com", ["10.0.0.1,93.184.215.14"] },
        { "this-host.example.com", ["93.184.216.99"] },
        { "this-host-mapped.example.com", ["::ffff:93.184.216.99"] },
        { "this-host-v6.example.com", ["2620:0:2d0::99"] },
        { "localhost", ["127.0.0.1,::1"] },
    };

    [Theory]
    [MemberData(nameof(Literal))]
    public async Task It_is_never_reached(string url, int status)
    {
        var at = url.IndexOf("://", StringComparison.Ordinal);
        var end = at < 0 ? -1 : url.IndexOfAny(['/', '?', '#'], at + 3);
        var listed = at < 0 ? 400 : (await world.Allow(end < 0 ? url : url[..end])).Status;
        if (listed != 200)
        {
            Assert.Equal(400, status);
        }

        var (before, reached, connected) = (world.Upstream.Requests, world.Network.Reached, world.Network.Connected.Count);
        var answers = new[] { await world.Verbatim(url), await world.Envelope(url), await world.Verbatim(url, "POST", ProxyWorld.Headers(("X-Key", "%TOKEN%")), "%TOKEN%") };
        Assert.All(answers, answer => Assert.True(answer.Status == status, $"{url}: {answer.Status} {answer.Body}"));
        if (status == 403)
        {
            Assert.Equal("address_not_allowed", answers[0].Json["error"]!["code"]!.GetValue<string>());
            var reason = (await world.Logged())["reason"]!.GetValue<string>();
            Assert.StartsWith("address_", reason, StringComparison.Ordinal);
        }

        Assert.Equal((before, reached, connected), (world.Upstream.Requests, world.Network.Reached, world.Network.Connected.Count));
        Assert.Equal(0, reached);
    }

    [Theory]
    [MemberData(nameof(Named))]
    public async Task A_name_that_leads_there_is_not_followed(string host, string[] answers)
    {
        world.Network.Own = [IPAddress.Parse("93.184.216.99"), IPAddress.Parse("2620:0:2d0::99")];
        world.Network.Name(host, [.. answers.Select(answer => answer.Split(','))]);
        Assert.Equal(200, (await world.Allow($"http://{host}", $"http://{host}:8080")).Status);
        foreach (var url in new[] { $"http://{host}/", $"http://{host.ToUpperInvariant()}:8080/", $"http://{host}./" })
        {
            Assert.Equal(403, (await world.Verbatim(url)).Status);
            var answer = await world.Envelope(url);
            Assert.Equal(403, answer.Status);
            Assert.Equal($$"""{"error":"Host \"{{host}}\" leads to an address that this gateway does not open"}""".Replace("\\\"", "\\u0022", StringComparison.Ordinal), answer.Body);
        }

        Assert.Equal(0, world.Network.Reached);
        Assert.DoesNotContain(world.Network.Connected, target => !target.Address.Equals(TestNetwork.Public));
    }

    /// <summary>The name is resolved once for a connection, and the connection goes to what was judged: the second answer comes too late.</summary>
    [Fact]
    public async Task A_name_that_changes_between_check_and_connection_is_asked_once()
    {
        world.Network.Name("rebind.example.com", ["93.184.215.14"], ["127.0.0.1"]);
        Assert.Equal(200, (await world.Allow("http://rebind.example.com")).Status);
        var close = world.Upstream.Answer;
        world.Upstream.Answer = context =>
        {
            context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        };
        try
        {
            Assert.Equal(200, (await world.Verbatim("http://rebind.example.com/")).Status);
            Assert.Single(world.Network.Resolved, name => name == "rebind.example.com");
            Assert.Equal(TestNetwork.Public, Assert.Single(world.Network.Connected.Where(target => target.Port == 80).Select(target => target.Address).Distinct()));

            // Its connection is gone; the next one is judged anew.
            Assert.Equal(403, (await world.Verbatim("http://rebind.example.com/")).Status);
            Assert.Equal(0, world.Network.Reached);
        }
        finally
        {
            world.Upstream.Answer = close;
        }
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_to_the_inside_is_handed_back_and_not_followed(int status)
    {
        await world.Allow(ProxyWorld.Host, "http://127.0.0.1");
        var answer = world.Upstream.Answer;
        world.Upstream.Answer = context =>
        {
            (context.Response.StatusCode, context.Response.Headers.Location) = (status, "http://127.0.0.1/inside");
            return Task.CompletedTask;
        };
        try
        {
            var verbatim = await world.Verbatim(ProxyWorld.Host + "/");
            Assert.Equal((status, "http://127.0.0.1/inside"), (verbatim.Status, verbatim.Headers["X-Enkryptify-Location"]));
            Assert.False(verbatim.Headers.ContainsKey("Location"));
            var envelope = await world.Envelope(ProxyWorld.Host + "/");
            Assert.Equal((200, status), (envelope.Status, envelope.Json["status"]!.GetValue<int>()));
            Assert.Equal("http://127.0.0.1/inside", envelope.Json["headers"]!["location"]!.GetValue<string>());
            Assert.Equal(0, world.Network.Reached);
        }
        finally
        {
            world.Upstream.Answer = answer;
        }
    }

    /// <summary>A port is opened only where the entry names it; the entry's port is not any port.</summary>
    [Theory]
    [InlineData("http://api.example.com", "http://api.example.com:22/")]
    [InlineData("http://api.example.com", "http://api.example.com:8080/")]
    [InlineData("http://api.example.com:8080", "http://api.example.com/")]
    [InlineData("http://api.example.com", "https://api.example.com/")]
    [InlineData("https://api.example.com", "http://api.example.com/")]
    [InlineData("http://api.example.com", "http://api.example.com.evil.test/")]
    [InlineData("http://api.example.com", "http://xapi.example.com/")]
    [InlineData("http://api.example.com", "http://a.api.example.com/")]
    [InlineData("http://*.example.com", "http://a.b.example.com/")]
    [InlineData("http://*.example.com", "http://example.com/")]
    [InlineData("http://*.example.com", "http://.example.com/")]
    [InlineData("http://*.example.com", "http://evil-example.com/")]
    [InlineData("http://*.example.com", "http://api.example.com:81/")]
    public async Task What_the_allow_list_does_not_name_is_not_resolved(string entry, string url)
    {
        Assert.Equal(200, (await world.Allow(entry)).Status);
        var (resolved, before, read) = (world.Network.Resolved.Count, world.Upstream.Requests, Views());
        var answer = await world.Envelope(url, "POST", ProxyWorld.Headers(("X-Key", "%TOKEN%")));
        Assert.True(answer.Status is 403 or 400, answer.Body);
        Assert.Equal((resolved, before, 0), (world.Network.Resolved.Count, world.Upstream.Requests, world.Network.Reached));
        Assert.Equal(read, Views());

        int Views() => AuditTail.Entries(world.Gateway).Count(entry => entry["action"]!.GetValue<string>() == "VIEW");
    }

    public sealed class World : ProxyWorld;
}
