using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>POST /v1/auth/oidc/exchange with what it should accept (contract section 3), all without any network.</summary>
public class OidcExchangeTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    [Fact]
    public async Task A_pods_token_becomes_a_jwt_with_the_identitys_right_by_slug_and_by_id()
    {
        using var cluster = new Cluster("https://right.test");
        var id = await gateway.Registered(cluster.Registration(scope: Json.Scope(environments: [acme.ShopDev]), more: ("jwks", cluster.Jwks)));
        foreach (var workspace in new[] { "acme", acme.Id("acme") })
        {
            var answer = await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow()), workspace);
            Assert.True(answer.Status == 200, answer.Body);
            Assert.Equal(["accessToken", "expiresIn", "tokenType"], answer.Json.AsObject().Select(member => member.Key).Order());
            Assert.Equal((900, "Bearer"), (answer.Json["expiresIn"]!.GetValue<int>(), answer.Json["tokenType"]!.GetValue<string>()));
            Assert.Equal("no-store", answer.Headers["Cache-Control"]);
            var pod = gateway.Bearer(answer.Json["accessToken"]!.GetValue<string>());
            var secret = await pod.Get($"/v1/workspace/acme/project/shop/secret/KEY?environmentId={acme.ShopDev}");
            Assert.Equal("shop-dev", secret.Json["values"]![0]!["value"]!.GetValue<string>());
            Assert.Equal(404, (await pod.Get("/v1/workspace/acme/project/bank/secret/KEY")).Status);
            Assert.Equal(403, (await pod.Post("/v1/workspace/acme/project/shop/secret", Json.Secret("NEW", "x", [acme.ShopDev]))).Status);
            Assert.Equal(403, (await pod.Get("/v1/workspace/acme/oidc")).Status);
        }

        var entry = AuditTail.Entries(gateway).Last(entry => entry["action"]!.GetValue<string>() == "EXCHANGE" && entry["target"]!["id"]!.GetValue<string>() == id);
        Assert.Equal((Cluster.Subject, cluster.RsaKid), (entry["data"]!["subject"]!.GetValue<string>(), entry["data"]!["key"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Revoking_the_identity_ends_its_jwts_and_its_exchanges_at_once()
    {
        using var cluster = new Cluster("https://revoke.test");
        var id = await gateway.Registered(cluster.Registration(more: ("jwks", cluster.Jwks)));
        var token = cluster.Token(gateway.Clock.GetUtcNow());
        var pod = gateway.Bearer((await gateway.Oidc(token)).Json["accessToken"]!.GetValue<string>());
        Assert.Equal(200, (await pod.Get("/v1/workspace/acme/project")).Status);
        Assert.Equal(200, (await gateway.Operator.Delete($"/v1/workspace/acme/oidc/{id}")).Status);
        Assert.Equal(401, (await pod.Get("/v1/workspace/acme/project")).Status);
        var refused = await gateway.Oidc(token);
        Assert.Equal((401, "revoked"), (refused.Status, gateway.Reason(refused)));

        // It stays listed, and no longer stands in the way of a new one.
        var listed = (await gateway.Operator.Get("/v1/workspace/acme/oidc")).Json.AsArray().Single(identity => identity!["id"]!.GetValue<string>() == id);
        Assert.NotNull(listed!["revokedAt"]);
        await gateway.Registered(cluster.Registration());
        Assert.Equal(200, (await gateway.Oidc(token)).Status);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    public async Task Each_algorithm_of_its_keys_is_accepted(string algorithm)
    {
        using var cluster = new Cluster($"https://{algorithm}.test");
        await gateway.Registered(cluster.Registration(more: ("jwks", cluster.Jwks)));
        Assert.Equal(200, (await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow(), algorithm: algorithm))).Status);
    }

    [Fact]
    public async Task Ours_among_several_audiences_a_skew_of_a_minute_and_a_typ_are_accepted()
    {
        using var cluster = new Cluster("https://lenient.test");
        await gateway.Registered(cluster.Registration(more: ("jwks", cluster.Jwks)));
        var now = gateway.Clock.GetUtcNow();
        var seconds = now.ToUnixTimeSeconds();
        string[] accepted =
        [
            cluster.Token(now, payload => payload["aud"] = Json.List("other", Cluster.Audience, "third")),
            cluster.Token(now, payload => payload["aud"] = Cluster.Audience),
            cluster.Token(now, payload => payload["exp"] = seconds - 59),
            cluster.Token(now, payload => payload["nbf"] = seconds + 60),
            cluster.Token(now, payload => payload["iat"] = seconds + 60),
            cluster.Token(now, payload => payload.Remove("nbf")),
            cluster.Token(now, header: header => header["typ"] = "JWT"),
            cluster.Token(now, header: header => header["x5t"] = "AAAA"),
        ];
        foreach (var token in accepted)
        {
            var answer = await gateway.Oidc(token);
            Assert.True(answer.Status == 200, answer.Body);
        }

        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(401, (await gateway.Oidc(accepted[2])).Status);
    }

    [Fact]
    public async Task Of_several_identities_the_strictest_that_fits_is_meant()
    {
        using var cluster = new Cluster("https://strict.test");
        var wide = await gateway.Registered(cluster.Registration(more: ("jwks", cluster.Jwks)));
        var main = await gateway.Registered(cluster.Registration(scope: Json.Scope(environments: [acme.ShopProd]), more: ("claims", Json.Of(("ref", "main"), ("protected", true), ("run", 7)))));
        var now = gateway.Clock.GetUtcNow();
        Assert.Equal(wide, await Meant(cluster.Token(now)));
        Assert.Equal(wide, await Meant(cluster.Token(now, payload => (payload["ref"], payload["protected"], payload["run"]) = ("main", true, 8))));
        Assert.Equal(main, await Meant(cluster.Token(now, payload => (payload["ref"], payload["protected"], payload["run"]) = ("main", true, 7))));

        async Task<string> Meant(string token)
        {
            var answer = await gateway.Bearer((await gateway.Oidc(token)).Json["accessToken"]!.GetValue<string>()).Get("/v1/me");
            return answer.Json["credential"]!["id"]!.GetValue<string>();
        }
    }

    [Fact]
    public async Task Last_use_and_both_kinds_are_in_the_list_of_credentials()
    {
        using var cluster = new Cluster("https://listed.test");
        var (tokenId, _, _) = await gateway.Machine();
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        var id = await gateway.Registered(cluster.Registration(more: ("jwks", cluster.Jwks)));
        gateway.Clock.Advance(TimeSpan.FromSeconds(5));
        await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow()));
        await gateway.Operator.Post($"/v1/workspace/acme/tokens/{tokenId}/rotate");
        var all = (await gateway.Operator.Get("/v1/workspace/acme/credentials")).Json.AsArray();
        var (identity, token) = (all.Single(item => (string)item!["id"]! == id)!, all.Single(item => (string)item!["id"]! == tokenId)!);
        Assert.True(all.IndexOf(identity) < all.IndexOf(token), "newest first");
        Assert.Equal(("kubernetes", "api-token"), ((string)identity["kind"]!, (string)token["kind"]!));
        Assert.Equal(gateway.Clock.GetUtcNow().UtcDateTime, (DateTime)identity["lastUsedAt"]!);
        Assert.Equal("owner@acme.test", (string)identity["createdBy"]!["email"]!);
        Assert.Equal((1, "active"), ((int)token["rotations"]!, (string)token["state"]!));
        Assert.NotNull(token["rotatedAt"]);
        Assert.DoesNotContain((await gateway.Operator.Get("/v1/workspace/acme/tokens")).Json.AsArray(), item => (string)item!["id"]! == id);
    }

    [Fact]
    public async Task A_body_that_is_no_exchange_is_400_and_a_limit_is_429()
    {
        Assert.Equal(400, (await gateway.Anonymous.Post("/v1/auth/oidc/exchange", Json.Of(("token", "a.b.c")))).Status);
        Assert.Equal(400, (await gateway.Anonymous.Post("/v1/auth/oidc/exchange", Json.Of(("token", 1), ("workspaceId", "acme")))).Status);
        var (limited, _) = await TestGateway.StartWithAcme(("rate_limits.exchanges_per_minute_per_credential", "2"));
        await using var _ = limited;
        using var cluster = new Cluster();
        await limited.Registered(cluster.Registration(more: ("jwks", cluster.Jwks)));
        var token = cluster.Token(limited.Clock.GetUtcNow());
        foreach (var status in (int[])[200, 200, 429])
        {
            Assert.Equal(status, (await limited.Oidc(token)).Status);
        }
    }
}
