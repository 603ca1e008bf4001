using System.Globalization;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>The rate limits of contract section 2 as clients meet them.</summary>
public class RateLimitTests
{
    private const string PerAddress = "rate_limits.requests_per_minute_per_address";
    private const string PerCredential = "rate_limits.exchanges_per_minute_per_credential";

    [Fact]
    public async Task Every_answer_under_v1_shows_the_state_errors_too()
    {
        var (gateway, _) = await TestGateway.StartWithAcme((PerAddress, "1000"));
        await using var _ = gateway;
        var (_, token, machine) = await gateway.Machine();
        var remaining = 1000 - 1; // the exchange within Machine
        foreach (var (status, send) in new (int, Func<Task<Answer>>)[]
        {
            (200, () => machine.Get("/v1/workspace")), (404, () => machine.Get("/v1/workspace/nowhere/team")), (400, () => machine.Get("/v1/workspace/acme/project/shop/secret?resolve=x")),
            (403, () => machine.Get("/v1/workspace/acme/tokens")), (401, () => gateway.Anonymous.Get("/v1/workspace")), (401, () => gateway.Bearer(token).Get("/v1/workspace")),
            (404, () => gateway.Anonymous.Get("/v1/nothing")), (405, () => gateway.Anonymous.Patch("/v1/workspace")), (401, () => gateway.Anonymous.Post("/v1/auth/exchange")),
            (415, () => machine.Send(HttpMethod.Post, "/v1/workspace/acme/team", new StringContent("{}", null, "text/plain"))), (200, () => gateway.Bearer(token).Post("/v1/auth/exchange")),
        })
        {
            var answer = await send();
            Assert.Equal((status, 1000, --remaining), (answer.Status, Header(answer, "RateLimit-Limit"), Header(answer, "RateLimit-Remaining")));
            Assert.InRange(Header(answer, "RateLimit-Reset"), 1, 60);
            Assert.False(answer.Headers.ContainsKey("Retry-After"));
        }

        // Not counted and not shown: what is not /v1, and the local operator.
        Assert.False((await gateway.Anonymous.Get("/healthz")).Headers.ContainsKey("RateLimit-Limit"));
        Assert.False((await gateway.Operator.Get("/v1/workspace")).Headers.ContainsKey("RateLimit-Limit"));
        Assert.Equal(remaining - 1, Header(await machine.Get("/v1/workspace"), "RateLimit-Remaining"));
    }

    [Fact]
    public async Task Beyond_the_limit_it_is_429_until_the_window_ends()
    {
        var (gateway, _) = await TestGateway.StartWithAcme((PerAddress, "3"));
        await using var _ = gateway;
        var (_, token, machine) = await gateway.Machine(); // 1
        gateway.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        Assert.Equal(0, Header(await machine.Get("/v1/workspace"), "RateLimit-Remaining"));
        foreach (var send in new Func<Task<Answer>>[] { () => machine.Get("/v1/workspace"), () => gateway.Bearer(token).Post("/v1/auth/exchange"), () => gateway.Anonymous.Get("/v1/nothing") })
        {
            var answer = await send();
            Assert.Equal((429, "Rate limit exceeded", "rate_limit_exceeded"), (answer.Status, answer.Message, answer.Code));
            Assert.Equal((3, 0, 40, 40), (Header(answer, "RateLimit-Limit"), Header(answer, "RateLimit-Remaining"), Header(answer, "RateLimit-Reset"), Header(answer, "Retry-After")));
        }

        // The limit is the address's: the operator at the socket and the health checks go on.
        Assert.Equal(200, (await gateway.Operator.Get("/v1/workspace")).Status);
        Assert.Equal(200, (await gateway.Anonymous.Get("/healthz")).Status);
        gateway.Clock.Advance(TimeSpan.FromSeconds(39));
        Assert.Equal((429, 1), (await machine.Get("/v1/workspace") is var last ? last.Status : 0, Header(last, "Retry-After")));
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
    }

    [Fact]
    public async Task A_refused_request_changes_nothing()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme((PerAddress, "1"));
        await using var _ = gateway;
        var (_, _, machine) = await gateway.Machine();
        var before = TableDump.Of(gateway);
        Assert.Equal(429, (await machine.Post("/v1/workspace/acme/project/shop/secret", Json.Secret("LATE", "v", [acme.ShopDev]))).Status);
        Assert.Equal(429, (await machine.Delete("/v1/workspace/acme/project/shop/secret/KEY")).Status);
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task Exchanges_are_limited_by_credential()
    {
        var (gateway, _) = await TestGateway.StartWithAcme((PerCredential, "2"), (PerAddress, "100"));
        await using var _ = gateway;
        var (id, token, machine) = await gateway.Machine();
        var second = await gateway.Bearer(token).Post("/v1/auth/exchange");

        // Of the two limits the tighter is shown.
        Assert.Equal((200, 2, 0), (second.Status, Header(second, "RateLimit-Limit"), Header(second, "RateLimit-Remaining")));
        var third = await gateway.Bearer(token).Post("/v1/auth/exchange");
        Assert.Equal((429, "Rate limit exceeded", 60), (third.Status, third.Message, Header(third, "Retry-After")));
        Assert.Contains(AuditTail.Entries(gateway), entry => entry["reason"]?.GetValue<string>() == "rate_limit_exceeded" && entry["data"]!["subject"]!.GetValue<string>() == id);

        // What was exchanged before goes on, and so does another credential.
        var read = await machine.Get("/v1/workspace");
        Assert.Equal((200, 100), (read.Status, Header(read, "RateLimit-Limit")));
        var (_, other, _) = await gateway.Machine();
        Assert.Equal(200, (await gateway.Bearer(other).Post("/v1/auth/exchange")).Status);

        // A rotated token is the same credential; guesses count against none.
        var rotated = (await gateway.Operator.Post($"/v1/workspace/acme/tokens/{id}/rotate")).Json["token"]!.GetValue<string>();
        Assert.Equal(429, (await gateway.Bearer(rotated).Post("/v1/auth/exchange")).Status);
        Assert.Equal(401, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        gateway.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, (await gateway.Bearer(rotated).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task Zero_switches_a_limit_off()
    {
        var (gateway, _) = await TestGateway.StartWithAcme((PerAddress, "0"), (PerCredential, "0"));
        await using var _ = gateway;
        var (_, token, machine) = await gateway.Machine();
        for (var i = 0; i < 700; i++)
        {
            var answer = await gateway.Bearer(token).Post("/v1/auth/exchange");
            Assert.Equal(200, answer.Status);
            Assert.DoesNotContain(answer.Headers.Keys, name => name.StartsWith("RateLimit", StringComparison.OrdinalIgnoreCase));
        }

        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
    }

    [Fact]
    public async Task One_off_leaves_the_other_on()
    {
        var (gateway, _) = await TestGateway.StartWithAcme((PerAddress, "0"), (PerCredential, "1"));
        await using var _ = gateway;
        var (_, token, machine) = await gateway.Machine();
        Assert.Equal(429, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.False((await machine.Get("/v1/workspace")).Headers.ContainsKey("RateLimit-Limit"));
    }

    private static int Header(Answer answer, string name) => int.Parse(answer.Headers[name], NumberStyles.None, CultureInfo.InvariantCulture);
}
