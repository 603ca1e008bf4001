using System.Text.Json.Nodes;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Forwarding;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>Keys that are fetched, from a real issuer that behaves well or does not.</summary>
public class DiscoveryTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    /// <summary>How an issuer can fail, by name.</summary>
    private static readonly Dictionary<string, Func<HttpContext, Task>> Failures = new()
    {
        ["500"] = context => Answered(context, 500, "{}"),
        ["404"] = context => Answered(context, 404, "{}"),
        ["HTML"] = context => Answered(context, 200, "<html><body>Sign in</body></html>"),
        ["empty"] = context => Answered(context, 200, ""),
        ["no keys"] = context => Answered(context, 200, context.Request.Path == IssuerServer.Keys ? "{\"keys\":[]}" : Own(context)),
        ["another issuer's document"] = context => Answered(context, 200, "{\"issuer\":\"https://evil.test\",\"jwks_uri\":\"https://evil.test/jwks\"}"),
        ["keys on another origin"] = context => Answered(context, 200, Own(context).Replace("/openid", "1/openid", StringComparison.Ordinal)),
        ["redirect"] = context =>
        {
            context.Response.Redirect(IssuerServer.Discovery + "?again");
            return Task.CompletedTask;
        },
        ["100 MB"] = async context =>
        {
            var block = new byte[1 << 16];
            Array.Fill(block, (byte)' ');
            for (var i = 0; i < 1600; i++)
            {
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
            }
        },
        ["100 MB announced"] = async context =>
        {
            context.Response.ContentLength = 100 << 20;
            await context.Response.Body.WriteAsync(new byte[10], context.RequestAborted);
        },
        ["a cut connection"] = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        },
    };

    public static TheoryData<string> FailureNames => [.. Failures.Keys];

    [Fact]
    public async Task A_private_ca_a_bearer_token_and_a_roll_over_while_in_use()
    {
        await using var issuer = await IssuerServer.Start();
        await gateway.Issuer(("name", "private"), ("url", issuer.Url), ("discovery", true), ("ca", issuer.Ca), ("bearerToken", "reader"));
        await gateway.Registered(issuer.Cluster.Registration());
        var old = issuer.Cluster.Token(gateway.Clock.GetUtcNow());
        Assert.Equal(200, (await gateway.Oidc(old)).Status);
        Assert.Equal(200, (await gateway.Oidc(old)).Status);
        Assert.Equal(1, issuer.KeyRequests);
        Assert.All(issuer.Requests, request => Assert.Equal("Bearer reader", request.Authorization));

        gateway.Clock.Advance(DiscoveredKeys.Pause);
        issuer.Cluster.RollOver("second");
        Assert.Equal(200, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()))).Status);
        Assert.Equal(2, issuer.KeyRequests);
        Assert.Equal(401, (await gateway.Oidc(old)).Status);
    }

    [Fact]
    public async Task Without_its_ca_or_past_its_time_a_certificate_is_refused()
    {
        foreach (var expired in new[] { false, true })
        {
            await using var issuer = await IssuerServer.Start(expired: expired);
            await gateway.Issuer(("name", "untrusted"), ("url", issuer.Url), ("discovery", true), ("ca", expired ? issuer.Ca : null));
            await gateway.Registered(issuer.Cluster.Registration());
            gateway.Clock.Advance(TimeSpan.FromMinutes(2));
            var refused = await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()));
            Assert.Equal((401, "issuer_unreachable"), (refused.Status, gateway.Reason(refused)));
            Assert.Empty(issuer.Requests);
        }
    }

    [Theory]
    [MemberData(nameof(FailureNames))]
    public async Task A_failing_issuer_ends_nothing_that_works_and_says_what_is_wrong(string failure)
    {
        await using var issuer = await IssuerServer.Start(tls: false);
        await gateway.Registered(issuer.Cluster.Registration());
        var known = issuer.Cluster.Token(gateway.Clock.GetUtcNow());
        Assert.Equal(200, (await gateway.Oidc(known)).Status);

        issuer.Instead = Failures[failure];
        issuer.Cluster.RollOver("unseen");
        gateway.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(200, (await gateway.Oidc(known)).Status);
        var unknown = await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()));
        Assert.Equal((401, "issuer_unreachable"), (unknown.Status, gateway.Reason(unknown)));
        Assert.Contains("could not", (string)AuditTail.Of(gateway, unknown)["data"]!["expected"]!, StringComparison.Ordinal);
        Assert.Equal(200, (await gateway.Oidc(known)).Status);

        issuer.Instead = null;
        gateway.Clock.Advance(DiscoveredKeys.Pause);
        Assert.Equal(200, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()))).Status);
    }

    [Fact]
    public async Task A_slow_issuer_is_given_five_seconds()
    {
        await using var issuer = await IssuerServer.Start(tls: false);
        await gateway.Registered(issuer.Cluster.Registration());
        var asked = new TaskCompletionSource();
        issuer.Instead = async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var waiting = gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()));
        await asked.Task;
        Assert.False(waiting.IsCompleted);
        gateway.Clock.Advance(KeyFetcher.TimeLimit);
        var refused = await waiting;
        Assert.Equal((401, "issuer_unreachable"), (refused.Status, gateway.Reason(refused)));
    }

    [Fact]
    public async Task A_thousand_exchanges_with_an_unknown_kid_cause_one_fetch()
    {
        await using var issuer = await IssuerServer.Start(tls: false);
        await gateway.Registered(issuer.Cluster.Registration());
        var unknown = issuer.Cluster.Token(gateway.Clock.GetUtcNow(), header: header => header["kid"] = "nobody");
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => gateway.Oidc(unknown)));
        Assert.All(answers, answer => Assert.Equal(401, answer.Status));
        Assert.Equal(1, issuer.KeyRequests);

        // Remembered as unknown, and another guess waits its turn.
        gateway.Clock.Advance(DiscoveredKeys.Pause);
        Assert.Equal(401, (await gateway.Oidc(unknown)).Status);
        Assert.Equal(1, issuer.KeyRequests);
        Assert.Equal(401, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow(), header: header => header["kid"] = "another"))).Status);
        Assert.Equal(401, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow(), header: header => header["kid"] = "third"))).Status);
        Assert.Equal(2, issuer.KeyRequests);
        Assert.Equal(200, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()))).Status);
    }

    [Fact]
    public async Task Keys_may_lie_on_another_origin_that_is_listed_and_gets_no_token()
    {
        await using var issuer = await IssuerServer.Start(tls: false);
        await using var elsewhere = await IssuerServer.Start(tls: false);
        issuer.JwksUri = elsewhere.Url + IssuerServer.Keys;
        await gateway.Issuer(("name", "split"), ("url", issuer.Url), ("discovery", true), ("jwksOrigin", elsewhere.Url), ("bearerToken", "reader"));
        await gateway.Registered(issuer.Cluster.Registration());
        Assert.Equal(200, (await gateway.Oidc(elsewhere.Cluster.Token(gateway.Clock.GetUtcNow(), payload => payload["iss"] = issuer.Url))).Status);
        Assert.Equal("Bearer reader", Assert.Single(issuer.Requests).Authorization);
        Assert.Null(Assert.Single(elsewhere.Requests).Authorization);
    }

    [Fact]
    public async Task After_a_restart_with_the_issuer_down_its_keys_still_serve()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var _ = own;
        string known;
        await using (var issuer = await IssuerServer.Start(tls: false))
        {
            await own.Registered(issuer.Cluster.Registration());
            known = issuer.Cluster.Token(own.Clock.GetUtcNow());
            Assert.Equal(200, (await own.Oidc(known)).Status);
            var file = await File.ReadAllBytesAsync(Path.Combine(own.DataDirectory, OfflineCache.FileName));
            Assert.Equal(-1, file.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(issuer.Cluster.RsaKid)));
        }

        await own.Restart();
        Assert.Equal(200, (await own.Oidc(known)).Status);

        // A damaged file costs its contents, and nothing else.
        await own.Close();
        await File.WriteAllBytesAsync(Path.Combine(own.DataDirectory, OfflineCache.FileName), new byte[9000]);
        await own.Open();
        var refused = await own.Oidc(known);
        Assert.Equal((401, "issuer_unreachable"), (refused.Status, own.Reason(refused)));
    }

    [Fact]
    public async Task A_changed_issuer_serves_nothing_that_was_fetched_before()
    {
        // A gateway of its own: the system may give a port again that an issuer of another test had.
        var (own, _) = await TestGateway.StartWithAcme();
        await using var stopping = own;
        await using var first = await IssuerServer.Start(tls: false);
        await using var second = await IssuerServer.Start(tls: false);
        var id = await own.Issuer(("name", "moved"), ("url", first.Url), ("discovery", true));
        await own.Registered(first.Cluster.Registration());
        Assert.Equal(200, (await own.Oidc(first.Cluster.Token(own.Clock.GetUtcNow()))).Status);
        Assert.Equal(200, (await own.Operator.Patch($"/v1/workspace/acme/issuer/{id}", Json.Of(("url", second.Url)))).Status);
        Assert.Equal(401, (await own.Oidc(first.Cluster.Token(own.Clock.GetUtcNow()))).Status);
        Assert.Equal(200, (await own.Oidc(second.Cluster.Token(own.Clock.GetUtcNow()))).Status);
        Assert.Equal(401, (await own.Oidc(first.Cluster.Token(own.Clock.GetUtcNow(), payload => payload["iss"] = second.Url))).Status);
    }

    [Fact]
    public async Task A_thousand_keys_by_kid_are_held()
    {
        await using var issuer = await IssuerServer.Start(tls: false);
        await gateway.Registered(issuer.Cluster.Registration());
        var keys = new JsonArray([.. Enumerable.Range(0, 1000).Select(i => Cluster.EcJwk(issuer.Cluster.Ec, "many-" + i))]);
        issuer.Instead = context => Answered(context, 200, context.Request.Path == IssuerServer.Keys ? Json.Of(("keys", keys)).ToJsonString() : Own(context));
        foreach (var i in new[] { 0, 500, 999 })
        {
            Assert.Equal(200, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow(), header: header => header["kid"] = "many-" + i, algorithm: "ES256"))).Status);
        }

        Assert.Equal(1, issuer.KeyRequests);
    }

    private static string Own(HttpContext context)
    {
        var url = $"{context.Request.Scheme}://{context.Request.Host}";
        return $$"""{"issuer":"{{url}}","jwks_uri":"{{url}}{{IssuerServer.Keys}}"}""";
    }

    private static Task Answered(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    }
}
