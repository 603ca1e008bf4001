using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>What an administrator of one workspace could do to others by issuers and identities, and may not.</summary>
public class IssuerChangeTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Issuers = "/v1/workspace/acme/issuer";
    private const string Identities = "/v1/workspace/acme/oidc";
    private readonly TestGateway gateway = shared.Gateway;

    /// <summary>Whoever may point the issuer elsewhere may not read its token, so it must not go there.</summary>
    [Fact]
    public async Task A_bearer_token_does_not_follow_a_changed_url_or_ca()
    {
        await using var issuer = await IssuerServer.Start();
        await using var thief = await IssuerServer.Start();
        var id = await gateway.Issuer(("name", "guarded"), ("url", issuer.Url), ("discovery", true), ("ca", issuer.Ca), ("bearerToken", "reader"));
        await gateway.Registered(issuer.Cluster.Registration());
        var admin = (await gateway.People.Join("admin")).Api;
        foreach (var change in new[] { Json.Of(("url", thief.Url), ("ca", thief.Ca)), Json.Of(("url", thief.Url)), Json.Of(("ca", thief.Ca)), Json.Of(("ca", "")) })
        {
            var refused = await admin.Patch($"{Issuers}/{id}", change);
            Assert.Equal((400, true), (refused.Status, refused.Message.StartsWith("bearerToken:", StringComparison.Ordinal)));
        }

        // What does not say who reads it changes by itself; and the token may be given again, or taken away.
        Assert.Equal(200, (await admin.Patch($"{Issuers}/{id}", Json.Of(("name", "renamed"), ("url", issuer.Url + "/"), ("jwksOrigin", "https://keys.test")))).Status);
        Assert.Equal(200, (await admin.Patch($"{Issuers}/{id}", Json.Of(("url", thief.Url), ("ca", thief.Ca), ("bearerToken", "another")))).Status);
        Assert.Equal(200, (await gateway.Oidc(thief.Cluster.Token(gateway.Clock.GetUtcNow()))).Status);
        Assert.All(await thief.Requests(), request => Assert.Equal("Bearer another", request.Authorization));
        var bare = await admin.Patch($"{Issuers}/{id}", Json.Of(("url", issuer.Url), ("ca", issuer.Ca), ("bearerToken", "")));
        Assert.Equal((200, false), (bare.Status, (bool)bare.Json["hasBearerToken"]!));
    }

    /// <summary>A service on loopback may take the gateway's requests for its own user's.</summary>
    [Fact]
    public async Task Only_the_local_operator_has_the_gateway_ask_on_loopback_in_clear_text()
    {
        await using var service = await IssuerServer.Start(tls: false);
        var admin = (await gateway.People.Join("admin")).Api;
        var id = await gateway.Issuer(("name", "own"), ("url", "https://loopback.test"), ("discovery", true));
        Answer[] answers =
        [
            await admin.Post(Issuers, Json.Of(("name", "in"), ("url", service.Url))),
            await admin.Post(Issuers, Json.Of(("name", "in"), ("url", "https://loopback.test"), ("jwksOrigin", service.Url))),
            await admin.Post(Identities, service.Cluster.Registration()),
            await admin.Patch($"{Issuers}/{id}", Json.Of(("url", service.Url))),
            await admin.Patch($"{Issuers}/{id}", Json.Of(("jwksOrigin", service.Url))),
        ];
        Assert.All(answers, answer => Assert.True(answer.Status == 403 && answer.Message.Contains("local operator", StringComparison.Ordinal), answer.Body));
        Assert.Equal(200, (await gateway.Operator.Patch($"{Issuers}/{id}", Json.Of(("jwksOrigin", service.Url)))).Status);
        Assert.Equal(200, (await admin.Patch($"{Issuers}/{id}", Json.Of(("name", "renamed")))).Status);
        Assert.Empty(await service.Requests());
    }

    /// <summary>With a service account's uid theirs would be the stricter of two that fit, and the one that the pod gets.</summary>
    [Fact]
    public async Task Nobody_but_an_admin_registers_a_workload_beside_somebody_elses()
    {
        using var cluster = new Cluster("https://captured.test");
        var first = await gateway.Registered(cluster.Registration(more: ("jwks", cluster.Jwks)));
        var (one, other) = ((await gateway.People.Join("developer")).Api, (await gateway.People.Join("developer")).Api);
        var captured = cluster.Registration(more: ("serviceAccountUid", Cluster.Uid));
        captured["claims"] = Json.Of(("extra", true));
        var refused = await one.Post(Identities, captured);
        Assert.Equal((409, "identity_exists"), (refused.Status, refused.Code));

        // Beside their own, of another audience, as an admin, and when the other is gone.
        Assert.Equal(201, (await one.Post(Identities, cluster.Registration(more: ("audience", "mine")))).Status);
        Assert.Equal(201, (await one.Post(Identities, cluster.Registration(more: [("audience", "mine"), ("claims", Json.Of(("extra", true)))]))).Status);
        Assert.Equal(409, (await other.Post(Identities, cluster.Registration(more: [("audience", "mine"), ("claims", Json.Of(("extra", 1)))]))).Status);
        Assert.Equal(201, (await (await gateway.People.Join("admin")).Api.Post(Identities, cluster.Registration(more: ("claims", Json.Of(("extra", 2)))))).Status);
        Assert.Equal(200, (await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow()))).Status);
        foreach (var identity in (await gateway.Operator.Get(Identities)).Json.AsArray().Where(identity => (string)identity!["issuer"]! == cluster.Url && (string)identity["audience"]! == Cluster.Audience))
        {
            Assert.Equal(200, (await gateway.Operator.Delete($"{Identities}/{identity!["id"]}")).Status);
        }

        Assert.Equal(201, (await one.Post(Identities, captured)).Status);
        Assert.NotEqual("", first);
    }

    [Fact]
    public async Task Issuers_of_a_workspace_and_keys_of_a_kid_are_bounded()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var _ = own;
        using var cluster = new Cluster("https://many.test");
        for (var i = 0; i < IssuerStore.Max; i++)
        {
            await own.Issuer(("name", "many"), ("url", cluster.Url), ("jwks", cluster.Jwks));
        }

        var refused = await own.Operator.Post(Issuers, Json.Of(("name", "many"), ("url", cluster.Url), ("jwks", cluster.Jwks)));
        Assert.Equal((409, "too_many_issuers"), (refused.Status, refused.Code));
        using var next = new Cluster("https://next.test");
        Assert.Equal((409, "too_many_issuers"), await own.Operator.Post(Identities, next.Registration(more: ("jwks", next.Jwks))) is var answer ? (answer.Status, answer.Code) : default);
        Assert.Equal(201, (await own.Operator.Post("/v1/workspace/other/issuer", Json.Of(("name", "a"), ("url", cluster.Url), ("jwks", cluster.Jwks)))).Status);

        var five = Json.List([.. Enumerable.Range(0, KeySet.MaxOfOneKid + 1).Select(_ => (object)Cluster.EcJwk(cluster.Ec, "same"))]);
        var id = (string)(await own.Operator.Get(Issuers)).Json[0]!["id"]!;
        var same = await own.Operator.Put($"{Issuers}/{id}/keys", Json.Of(("jwks", Json.Of(("keys", five)))));
        Assert.Equal((400, true), (same.Status, same.Message.StartsWith("jwks:", StringComparison.Ordinal)));
        five.RemoveAt(0);
        Assert.Equal(200, (await own.Operator.Put($"{Issuers}/{id}/keys", Json.Of(("jwks", Json.Of(("keys", five)))))).Status);
    }
}
