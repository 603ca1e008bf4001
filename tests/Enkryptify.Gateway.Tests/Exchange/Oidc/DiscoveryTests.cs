using System.Text.Json.Nodes;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Forwarding;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>Keys that are fetched, from a real issuer that behaves well or does not.</summary>
public class DiscoveryTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    /// <summary>How an issuer can fail: tests/fixtures/TestIssuer/Issuer.cs does as it is told.</summary>
    public static TheoryData<string> Failures =>
    [
        "500", "404", "HTML", "empty", "no keys", "five keys of one kid", "another issuer's document", "keys on another origin", "redirect", "100 MB", "100 MB announced", "a cut connection",
    ];

    [Fact]
    public async Task A_private_ca_a_bearer_token_and_a_roll_over_while_in_use()
    {
        await using var issuer = await IssuerServer.Start();
        await gateway.Issuer(("name", "private"), ("url", issuer.Url), ("discovery", true), ("ca", issuer.Ca), ("bearerToken", "reader"));
        await gateway.Registered(issuer.Cluster.Registration());
        var old = issuer.Cluster.Token(gateway.Clock.GetUtcNow());
        Assert.Equal(200, (await gateway.Oidc(old)).Status);
        Assert.Equal(200, (await gateway.Oidc(old)).Status);
        Assert.Equal(1, await issuer.KeyRequests());
        Assert.All(await issuer.Requests(), request => Assert.Equal("Bearer reader", request.Authorization));

        gateway.Clock.Advance(DiscoveredKeys.Pause);
        issuer.Cluster.RollOver("second");
        await issuer.Publish();
        Assert.Equal(200, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()))).Status);
        Assert.Equal(2, await issuer.KeyRequests());
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
            Assert.Empty(await issuer.Requests());
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failing_issuer_ends_nothing_that_works_and_says_what_is_wrong(string failure)
    {
        await using var issuer = await IssuerServer.Start(tls: false);
        await gateway.Registered(issuer.Cluster.Registration());
        var known = issuer.Cluster.Token(gateway.Clock.GetUtcNow());
        Assert.Equal(200, (await gateway.Oidc(known)).Status);

        await issuer.Behave(failure);
        issuer.Cluster.RollOver("unseen");
        await issuer.Publish();
        gateway.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(200, (await gateway.Oidc(known)).Status);
        var unknown = await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()));
        Assert.Equal((401, "issuer_unreachable"), (unknown.Status, gateway.Reason(unknown)));
        Assert.Contains("could not", (string)AuditTail.Of(gateway, unknown)["data"]!["expected"]!, StringComparison.Ordinal);
        Assert.Equal(200, (await gateway.Oidc(known)).Status);

        await issuer.Behave("");
        gateway.Clock.Advance(DiscoveredKeys.Pause);
        Assert.Equal(200, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()))).Status);
    }

    [Fact]
    public async Task A_slow_issuer_is_given_five_seconds()
    {
        await using var issuer = await IssuerServer.Start(tls: false);
        await gateway.Registered(issuer.Cluster.Registration());
        await issuer.Behave("silence");
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var waiting = gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()));
        while ((await issuer.Requests()).Count == 0)
        {
            Assert.False(waiting.IsCompleted);
        }

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
        Assert.Equal(1, await issuer.KeyRequests());

        // Remembered as unknown, and another guess waits its turn.
        gateway.Clock.Advance(DiscoveredKeys.Pause);
        Assert.Equal(401, (await gateway.Oidc(unknown)).Status);
        Assert.Equal(1, await issuer.KeyRequests());
        Assert.Equal(401, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow(), header: header => header["kid"] = "another"))).Status);
        Assert.Equal(401, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow(), header: header => header["kid"] = "third"))).Status);
        Assert.Equal(2, await issuer.KeyRequests());
        Assert.Equal(200, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()))).Status);
    }

    [Fact]
    public async Task Keys_may_lie_on_another_origin_that_is_listed_and_gets_no_token()
    {
        await using var issuer = await IssuerServer.Start(tls: false);
        await using var elsewhere = await IssuerServer.Start(tls: false);
        await issuer.NameKeysAt(elsewhere.Url + IssuerServer.Keys);
        await gateway.Issuer(("name", "split"), ("url", issuer.Url), ("discovery", true), ("jwksOrigin", elsewhere.Url), ("bearerToken", "reader"));
        await gateway.Registered(issuer.Cluster.Registration());
        Assert.Equal(200, (await gateway.Oidc(elsewhere.Cluster.Token(gateway.Clock.GetUtcNow(), payload => payload["iss"] = issuer.Url))).Status);
        Assert.Equal("Bearer reader", Assert.Single(await issuer.Requests()).Authorization);
        Assert.Equal("", Assert.Single(await elsewhere.Requests()).Authorization);
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
    public async Task While_its_process_is_dead_known_keys_serve_and_when_it_is_back_so_do_new_ones()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var stopping = own;
        await using var issuer = await IssuerServer.Start(tls: false);
        await own.Registered(issuer.Cluster.Registration());
        var old = issuer.Cluster.Token(own.Clock.GetUtcNow());
        Assert.Equal(200, (await own.Oidc(old)).Status);

        await issuer.Kill();
        issuer.Cluster.RollOver("new");
        var next = issuer.Cluster.Token(own.Clock.GetUtcNow());
        for (var i = 0; i < 2; i++)
        {
            own.Clock.Advance(TimeSpan.FromMinutes(11));
            Assert.Equal(200, (await own.Oidc(old)).Status);
            own.Clock.Advance(DiscoveredKeys.Pause);
            var refused = await own.Oidc(next);
            Assert.Equal((401, "issuer_unreachable"), (refused.Status, own.Reason(refused)));
            Assert.Equal(200, (await own.Oidc(old)).Status);
            await own.Restart();
        }

        await issuer.Restart();
        own.Clock.Advance(DiscoveredKeys.Pause);
        Assert.Equal(200, (await own.Oidc(next)).Status);
        Assert.Equal(401, (await own.Oidc(old)).Status);
    }

    /// <summary>Whoever can write the file can give it any time, but not make it the newest: what lies there counts as old.</summary>
    [Fact]
    public async Task Keys_from_the_disk_are_renewed_at_once()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var stopping = own;
        await using var issuer = await IssuerServer.Start(tls: false);
        await own.Registered(issuer.Cluster.Registration());
        var withdrawn = issuer.Cluster.Token(own.Clock.GetUtcNow());
        Assert.Equal(200, (await own.Oidc(withdrawn)).Status);
        issuer.Cluster.RollOver("other");
        await issuer.Publish();
        await own.Restart();
        Assert.Equal(200, (await own.Oidc(withdrawn)).Status);
        await Until(async () => (await own.Oidc(withdrawn)).Status == 401);
        Assert.Equal(2, await issuer.KeyRequests());
    }

    /// <summary>Behind the file's header, so that it opens: the engine stumbles when it reads or writes there, each time in another way.</summary>
    [Theory]
    [InlineData(0, 0xA5)]
    [InlineData(5, 0xFF)]
    [InlineData(32, 0)]
    public async Task A_cache_that_is_damaged_inside_costs_a_fetch_and_no_exchange(int from, byte with)
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var stopping = own;
        await using var issuer = await IssuerServer.Start(tls: false);
        await own.Registered(issuer.Cluster.Registration());
        var token = issuer.Cluster.Token(own.Clock.GetUtcNow());
        Assert.Equal(200, (await own.Oidc(token)).Status);
        await own.Close();
        var path = Path.Combine(own.DataDirectory, OfflineCache.FileName);
        var file = await File.ReadAllBytesAsync(path);
        for (var page = 8192; page < file.Length; page += 8192)
        {
            file.AsSpan(page + from, 8192 - from).Fill(with);
        }

        await File.WriteAllBytesAsync(path, file);
        await own.Open();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await own.Oidc(token)).Status);
            own.Clock.Advance(TimeSpan.FromMinutes(11));
        }

        Assert.True(await issuer.KeyRequests() >= 2);
    }

    /// <summary>A certificate may say where its issuer's certificate is to be had: asking there would be a request that a stranger chose.</summary>
    [Fact]
    public async Task A_certificate_causes_no_request()
    {
        await using var elsewhere = await IssuerServer.Start(tls: false);
        await using var issuer = await IssuerServer.Start(download: new Uri(elsewhere.Url + "/chosen-by-a-stranger"));

        // The server may have looked for its own chain when it started.
        var before = await elsewhere.Requests();
        foreach (var ca in new[] { issuer.Ca, null })
        {
            var id = await gateway.Issuer(("name", "chain"), ("url", issuer.Url), ("discovery", true), ("ca", ca));
            await gateway.Registered(issuer.Cluster.Registration(more: [("issuer", null), ("issuerId", id)]));
            gateway.Clock.Advance(TimeSpan.FromMinutes(2));
            var refused = await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow()));
            Assert.Equal((401, "issuer_unreachable"), (refused.Status, gateway.Reason(refused)));
        }

        Assert.Equal(before, await elsewhere.Requests());
    }

    [Fact]
    public async Task A_removed_or_changed_issuer_leaves_no_keys_on_the_disk()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var stopping = own;
        await using var issuer = await IssuerServer.Start(tls: false);
        var id = await own.Issuer(("name", "gone"), ("url", issuer.Url), ("discovery", true));
        var identity = await own.Registered(issuer.Cluster.Registration());
        Assert.Equal(200, (await own.Oidc(issuer.Cluster.Token(own.Clock.GetUtcNow()))).Status);
        Assert.Equal(200, (await own.Operator.Patch($"/v1/workspace/acme/issuer/{id}", Json.Of(("jwksOrigin", "https://keys.test")))).Status);
        Assert.Equal(200, (await own.Oidc(issuer.Cluster.Token(own.Clock.GetUtcNow()))).Status);
        Assert.Equal(200, (await own.Operator.Delete($"/v1/workspace/acme/oidc/{identity}")).Status);
        Assert.Equal(200, (await own.Operator.Delete($"/v1/workspace/acme/issuer/{id}")).Status);
        await own.Close();
        using var cache = new LiteDB.LiteDatabase(Path.Combine(own.DataDirectory, OfflineCache.FileName));
        Assert.Equal(0, cache.GetCollection("answer").Count());
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
        await issuer.Publish(Json.Of(("keys", keys)));
        foreach (var i in new[] { 0, 500, 999 })
        {
            Assert.Equal(200, (await gateway.Oidc(issuer.Cluster.Token(gateway.Clock.GetUtcNow(), header: header => header["kid"] = "many-" + i, algorithm: "ES256"))).Status);
        }

        Assert.Equal(1, await issuer.KeyRequests());
    }

    /// <summary>What happens behind a request is over soon.</summary>
    private static async Task Until(Func<Task<bool>> over)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await over())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
