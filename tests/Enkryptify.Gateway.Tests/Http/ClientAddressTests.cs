using System.Net;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>The client's address (contract section 2): the peer's own, unless the peer is a configured proxy.</summary>
public class ClientAddressTests
{
    /// <summary>Proxies, headers, and the address that the audit log must name; the peer of the tests is 127.0.0.1.</summary>
    public static TheoryData<string, string, string> Rows => new()
    {
        { "", "", "127.0.0.1" },
        { "", "198.51.100.7", "127.0.0.1" },
        { "10.0.0.0/8", "198.51.100.7", "127.0.0.1" }, // a proxy is configured, but this peer is none
        { "127.0.0.1", "", "127.0.0.1" },
        { "127.0.0.1", "198.51.100.7", "198.51.100.7" },
        { "127.0.0.0/8", "198.51.100.7", "198.51.100.7" },
        { "127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7" }, // what the client wrote further left proves nothing
        { "127.0.0.1,10.0.0.0/8", "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7" },
        { "127.0.0.1,10.0.0.0/8", "10.9.9.9, 10.1.2.3", "10.9.9.9" }, // proxies all the way: the furthest
        { "127.0.0.1", "203.0.113.9|198.51.100.7", "198.51.100.7" }, // two headers are one list
        { "127.0.0.1", "198.51.100.7:4711", "198.51.100.7" },
        { "127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7" },
        { "127.0.0.1", "2001:db8::7", "2001:db8::7" },
        { "127.0.0.1", "::ffff:198.51.100.7", "198.51.100.7" },
        { "127.0.0.1", " 198.51.100.7 ,, ", "198.51.100.7" },
        { "127.0.0.1", "203.0.113.9, unknown", "127.0.0.1" }, // believed no further than it can be read
        { "127.0.0.1", "203.0.113.9, <script>", "127.0.0.1" },
        { "127.0.0.1,10.0.0.0/8", "203.0.113.9, garbage, 10.1.2.3", "10.1.2.3" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Is_found_from_the_right(string proxies, string forwarded, string expected)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:127.0.0.1"); // as a listener for both families sees it
        context.Request.Headers["X-Forwarded-For"] = forwarded.Split('|', StringSplitOptions.RemoveEmptyEntries);
        var trusted = proxies.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(proxy => IPNetwork.Parse(proxy.Contains('/', StringComparison.Ordinal) ? proxy : proxy + "/32"));
        Assert.Equal(expected, ClientAddress.Of(context, [.. trusted])!.ToString());
    }

    [Fact]
    public void There_is_none_at_the_admin_socket()
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["X-Forwarded-For"] = "198.51.100.7";
        Assert.Null(ClientAddress.Of(context, [IPNetwork.Parse("0.0.0.0/0")]));
    }

    [Fact]
    public async Task Is_what_the_audit_log_names()
    {
        await using var gateway = await TestGateway.Start(("server.trusted_proxies", "127.0.0.1"));
        var answer = await gateway.Anonymous.Send(
            HttpMethod.Post, "/v1/auth/exchange", null, request => request.Headers.Add("X-Forwarded-For", "203.0.113.9, 198.51.100.7"));
        Assert.Equal("198.51.100.7", AuditTail.Of(gateway, answer)["address"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("", 1)] // all of them come from the one peer, whatever they claim
    [InlineData("127.0.0.1", 2)]
    public async Task Decides_which_limit_counts(string proxies, int addresses)
    {
        (string, string)[] flags = [("rate_limits.requests_per_minute_per_address", "10"), .. proxies.Length == 0 ? Array.Empty<(string, string)>() : [("server.trusted_proxies", proxies)]];
        await using var gateway = await TestGateway.Start(flags);
        var remaining = new List<string>();
        foreach (var address in new[] { "198.51.100.7", "198.51.100.8", "198.51.100.7", "198.51.100.8" })
        {
            var answer = await gateway.Anonymous.Send(HttpMethod.Get, "/v1/workspace", null, request => request.Headers.Add("X-Forwarded-For", address));
            remaining.Add(answer.Headers["RateLimit-Remaining"]);
        }

        Assert.Equal(addresses == 1 ? ["9", "8", "7", "6"] : ["9", "9", "8", "8"], remaining);
    }

    [Fact]
    public async Task Is_taken_from_no_other_header()
    {
        await using var gateway = await TestGateway.Start(("server.trusted_proxies", "127.0.0.1"));
        var answer = await gateway.Anonymous.Send(HttpMethod.Post, "/v1/auth/exchange", null, request =>
        {
            request.Headers.TryAddWithoutValidation("Forwarded", "for=198.51.100.7");
            request.Headers.TryAddWithoutValidation("X-Real-IP", "198.51.100.7");
            request.Headers.TryAddWithoutValidation("True-Client-IP", "198.51.100.7");
        });
        Assert.Equal("127.0.0.1", AuditTail.Of(gateway, answer)["address"]!.GetValue<string>());
    }
}
