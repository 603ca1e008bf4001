using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>Issuers and identities as objects (contract section 4): who may make them, what a key verifies for, what is refused.</summary>
public class IssuerTests(IssuerTests.People people) : IClassFixture<IssuerTests.People>
{
    private const string Issuers = "/v1/workspace/acme/issuer";
    private const string Identities = "/v1/workspace/acme/oidc";
    private readonly TestGateway gateway = people.Gateway;

    [Fact]
    public async Task Two_clusters_with_one_url_are_kept_apart()
    {
        using var one = new Cluster("https://shared.test", "first");
        using var two = new Cluster("https://shared.test", "second");
        var ids = new List<string>();
        foreach (var cluster in new[] { one, two })
        {
            ids.Add(await gateway.Registered(cluster.Registration(subject: cluster == one ? Cluster.Subject : "system:serviceaccount:shop:two", more: ("jwks", cluster.Jwks))));
        }

        var now = gateway.Clock.GetUtcNow();
        Assert.Equal(200, (await gateway.Oidc(one.Token(now))).Status);
        Assert.Equal(200, (await gateway.Oidc(two.Token(now, subject: "system:serviceaccount:shop:two"))).Status);
        Assert.Equal(401, (await gateway.Oidc(one.Token(now, subject: "system:serviceaccount:shop:two"))).Status);
        Assert.Equal(401, (await gateway.Oidc(two.Token(now))).Status);

        // Also when the second cluster gives its key the first one's name.
        Assert.Equal(401, (await gateway.Oidc(two.Token(now, header: header => header["kid"] = one.RsaKid))).Status);

        var ambiguous = await gateway.Operator.Post(Identities, one.Registration("system:serviceaccount:shop:third"));
        Assert.Equal((409, "issuer_ambiguous"), (ambiguous.Status, ambiguous.Code));
        var listed = (await gateway.Operator.Get(Identities)).Json.AsArray().Single(identity => (string)identity!["id"]! == ids[0])!;
        var named = one.Registration("system:serviceaccount:shop:third", more: ("issuerId", (string)listed["issuerId"]!));
        named.Remove("issuer");
        await gateway.Registered(named);
        Assert.Equal(200, (await gateway.Oidc(one.Token(now, subject: "system:serviceaccount:shop:third"))).Status);
        Assert.Equal(401, (await gateway.Oidc(two.Token(now, subject: "system:serviceaccount:shop:third"))).Status);
    }

    [Fact]
    public async Task A_registration_that_repeats_is_409()
    {
        using var cluster = new Cluster("https://repeat.test");
        await gateway.Registered(cluster.Registration(more: [("jwks", cluster.Jwks), ("claims", Json.Of(("b", "2"), ("a", 1)))]));
        JsonObject[] repeats =
        [
            cluster.Registration(more: [("jwks", cluster.Jwks), ("claims", Json.Of(("a", 1), ("b", "2")))]),
            cluster.Registration(more: [("claims", Json.Of(("a", 1), ("b", "2")))]),
            cluster.Registration(permission: "read-write", scope: Json.Scope(projects: [people.Acme.Shop]), more: [("claims", Json.Of(("a", 1), ("b", "2"))), ("serviceAccountUid", "x")]),
        ];
        foreach (var repeat in repeats)
        {
            var answer = await gateway.Operator.Post(Identities, repeat);
            Assert.Equal((409, "identity_exists"), (answer.Status, answer.Code));
        }

        Assert.Single((await gateway.Operator.Get(Issuers)).Json.AsArray(), issuer => (string)issuer!["url"]! == cluster.Url);
        await gateway.Registered(cluster.Registration(more: [("claims", Json.Of(("a", 2), ("b", "2")))]));
        await gateway.Registered(cluster.Registration(more: [("audience", "another"), ("claims", Json.Of(("a", 1), ("b", "2")))]));
    }

    [Theory]
    [InlineData("audience", null)]
    [InlineData("audience", "")]
    [InlineData("audience", "*")]
    [InlineData("audience", "https://*.test")]
    [InlineData("audience", " ")]
    [InlineData("audience", "ours ")]
    [InlineData("audience", 1)]
    [InlineData("subject", null)]
    [InlineData("subject", "")]
    [InlineData("subject", "system:serviceaccount:*:web")]
    [InlineData("issuer", null)]
    [InlineData("issuer", "")]
    [InlineData("issuer", "http://cluster.test")]
    [InlineData("issuer", "https://cluster.test?x=1")]
    [InlineData("issuer", "https://user@cluster.test")]
    [InlineData("issuer", "cluster")]
    [InlineData("permission", "admin")]
    [InlineData("scope", null)]
    [InlineData("name", "")]
    [InlineData("serviceAccountUid", "")]
    [InlineData("claim", "x")]
    public async Task What_is_not_exact_cannot_be_registered(string field, object? value)
    {
        using var cluster = new Cluster("https://exact.test");
        var body = cluster.Registration(more: (field, value));
        var before = TableDump.Of(gateway);
        var answer = await gateway.Operator.Post(Identities, body);
        Assert.Equal((400, "validation_failed"), (answer.Status, answer.Code));
        Assert.Contains(field, answer.Message, StringComparison.Ordinal);
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task Claims_that_could_not_be_judged_exactly_cannot_be_registered()
    {
        using var cluster = new Cluster("https://claims.test");
        foreach (var claims in new[] { Json.Of(("aud", "x")), Json.Of(("sub", "x")), Json.Of(("ref", "*")), Json.Of(("ref", "")), Json.Of(("ref", Json.List("a"))), Json.Of(("ref", 0.5)), Json.Of(("", "x")), Json.Of(("ref", null)) })
        {
            Assert.Equal(400, (await gateway.Operator.Post(Identities, cluster.Registration(more: [("jwks", cluster.Jwks), ("claims", claims)]))).Status);
        }
    }

    [Fact]
    public async Task Keys_that_are_private_weak_or_nameless_cannot_be_uploaded()
    {
        using var cluster = new Cluster("https://keys.test");
        using var weak = RSA.Create(1024);
        var shared = Json.Of(("kty", "oct"), ("kid", "a"), ("k", "AAAA"));
        var nameless = Cluster.RsaJwk(cluster.Rsa, "a");
        nameless.Remove("kid");
        var secret = Cluster.RsaJwk(cluster.Rsa, "a");
        secret["d"] = "AAAA";
        var offCurve = Cluster.EcJwk(cluster.Ec, "a");
        offCurve["x"] = offCurve["y"]!.DeepClone();
        var encryption = Cluster.RsaJwk(cluster.Rsa, "a");
        encryption["use"] = "enc";
        JsonNode[] sets =
        [
            Json.Of(("keys", Json.List())), Json.Of(), Json.Of(("keys", "x")), Json.List(), Set(shared), Set(nameless), Set(secret), Set(offCurve), Set(encryption), Set(Cluster.RsaJwk(weak, "a")),
            Set(Json.Of(("kty", "OKP"), ("crv", "Ed25519"), ("kid", "a"), ("x", "AAAA"))), JsonValue.Create("-----BEGIN PUBLIC KEY-----"),
        ];
        foreach (var set in sets)
        {
            var answer = await gateway.Operator.Post(Issuers, Json.Of(("name", "bad"), ("url", cluster.Url), ("jwks", set)));
            Assert.Equal((400, true), (answer.Status, answer.Message.StartsWith("jwks:", StringComparison.Ordinal)));
        }

        static JsonObject Set(JsonNode key) => Json.Of(("keys", Json.List(key)));
    }

    [Fact]
    public async Task Without_a_network_a_roll_over_by_uploading_the_next_set_first_loses_no_exchange()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        using var cluster = new Cluster("https://airgapped.test", "old");
        var issuer = await gateway.Issuer(("name", "air"), ("url", cluster.Url), ("jwks", cluster.Jwks));
        await gateway.Registered(cluster.Registration());
        var old = cluster.Token(gateway.Clock.GetUtcNow());
        Assert.Equal(200, (await gateway.Oidc(old)).Status);

        cluster.RollOver("next");
        var next = cluster.Token(gateway.Clock.GetUtcNow());
        Assert.Equal(401, (await gateway.Oidc(next)).Status);
        for (var i = 0; i < 2; i++)
        {
            // A repeated upload pushes nothing out.
            Assert.Equal(200, (await gateway.Operator.Put($"{Issuers}/{issuer}/keys", Json.Of(("jwks", cluster.Jwks)))).Status);
            Assert.Equal(200, (await gateway.Oidc(old)).Status);
            Assert.Equal(200, (await gateway.Oidc(next)).Status);
        }

        await gateway.Restart();
        Assert.Equal(200, (await gateway.Oidc(old)).Status);
        cluster.RollOver("third");
        var answer = await gateway.Operator.Put($"{Issuers}/{issuer}/keys", Json.Of(("jwks", cluster.Jwks)));
        Assert.Equal(2, answer.Json["keys"]!.AsArray().Count);
        Assert.Equal(401, (await gateway.Oidc(old)).Status);
        Assert.Equal(200, (await gateway.Oidc(next)).Status);

        // After a leak: the new set alone.
        Assert.Equal(200, (await gateway.Operator.Put($"{Issuers}/{issuer}/keys", Json.Of(("jwks", cluster.Jwks), ("keepPrevious", false)))).Status);
        Assert.Equal(401, (await gateway.Oidc(next)).Status);
        Assert.Equal(200, (await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow()))).Status);
    }

    [Fact]
    public async Task Nobody_but_an_admin_of_the_whole_workspace_says_whom_it_trusts()
    {
        using var cluster = new Cluster("https://guarded.test");
        using var evil = new Cluster("https://guarded.test", "evil");
        var issuer = await gateway.Issuer(("name", "guarded"), ("url", cluster.Url), ("jwks", cluster.Jwks));
        await gateway.Registered(cluster.Registration());
        foreach (var (who, api) in new[] { ("developer", people.Developer), ("scoped admin", people.ScopedAdmin), ("machine", (await gateway.Machine()).Api) })
        {
            Answer[] answers =
            [
                await api.Put($"{Issuers}/{issuer}/keys", Json.Of(("jwks", evil.Jwks))),
                await api.Patch($"{Issuers}/{issuer}", Json.Of(("url", "https://evil.test"))),
                await api.Patch($"{Issuers}/{issuer}", Json.Of(("ca", ""))),
                await api.Delete($"{Issuers}/{issuer}"),
                await api.Post(Issuers, Json.Of(("name", "mine"), ("url", "https://evil.test"))),
                await api.Post(Identities, evil.Registration(scope: Json.Scope(projects: [people.Acme.Shop]), more: ("jwks", evil.Jwks))),
                await api.Post(Identities, new Cluster("https://unheard.test").Registration(scope: Json.Scope(projects: [people.Acme.Shop]))),
            ];
            Assert.All(answers, answer => Assert.True(answer.Status == 403, $"{who}: {answer.Status} {answer.Body}"));
        }

        foreach (var answer in new[] { await people.OtherAdmin.Put($"{Issuers}/{issuer}/keys", Json.Of(("jwks", evil.Jwks))), await people.OtherAdmin.Put($"/v1/workspace/other/issuer/{issuer}/keys", Json.Of(("jwks", evil.Jwks))) })
        {
            Assert.Equal(404, answer.Status);
        }

        Assert.Equal(401, (await gateway.Oidc(evil.Token(gateway.Clock.GetUtcNow()))).Status);
        Assert.Equal(200, (await people.FullAdmin.Put($"{Issuers}/{issuer}/keys", Json.Of(("jwks", cluster.Jwks)))).Status);
    }

    [Fact]
    public async Task An_identity_never_exceeds_its_creator()
    {
        using var cluster = new Cluster("https://ceiling.test");
        await gateway.Issuer(("name", "ceiling"), ("url", cluster.Url), ("jwks", cluster.Jwks));
        var shop = Json.Scope(projects: [people.Acme.Shop]);
        Assert.Equal(403, (await people.Developer.Post(Identities, cluster.Registration())).Status);
        Assert.Equal(403, (await people.Developer.Post(Identities, cluster.Registration(scope: Json.Scope(projects: [people.Acme.Bank])))).Status);
        Assert.Equal(403, (await people.Member.Post(Identities, cluster.Registration(scope: shop, permission: "read-write"))).Status);
        var made = await people.Developer.Post(Identities, cluster.Registration(scope: shop, permission: "read-write"));
        Assert.Equal((201, true), (made.Status, (bool)made.Json["isOwner"]!));
        var token = cluster.Token(gateway.Clock.GetUtcNow());
        Assert.Equal(200, (await gateway.Oidc(token)).Status);
        Assert.DoesNotContain((await people.Member.Get(Identities)).Json.AsArray(), identity => (string)identity!["id"]! == (string)made.Json["id"]!);
        Assert.Equal(404, (await people.Member.Delete($"{Identities}/{made.Json["id"]}")).Status);
        Assert.Equal(403, (await people.Developer.Post(Identities + "/test", Json.Of(("token", token)))).Status);
        Assert.Equal(200, (await people.ScopedAdmin.Delete($"{Identities}/{made.Json["id"]}")).Status);
        Assert.Equal(401, (await gateway.Oidc(token)).Status);
    }

    [Fact]
    public async Task An_issuer_in_use_stays_and_its_token_is_never_shown()
    {
        using var cluster = new Cluster("https://inuse.test");
        var issuer = await gateway.Issuer(("name", "inuse"), ("url", cluster.Url), ("jwks", cluster.Jwks), ("bearerToken", "canary-reader-token"));
        var identity = await gateway.Registered(cluster.Registration());
        Assert.Equal(409, (await gateway.Operator.Delete($"{Issuers}/{issuer}")).Status);
        var listed = await gateway.Operator.Get(Issuers);
        Assert.DoesNotContain("canary", listed.Body, StringComparison.Ordinal);
        Assert.True((bool)listed.Json.AsArray().Single(item => (string)item!["id"]! == issuer)!["hasBearerToken"]!);
        Assert.DoesNotContain("canary", TableDump.Of(gateway), StringComparison.Ordinal);
        Assert.DoesNotContain(AuditTail.Entries(gateway), entry => entry.ToJsonString().Contains("canary", StringComparison.Ordinal));
        Assert.Equal(200, (await gateway.Operator.Delete($"{Identities}/{identity}")).Status);
        Assert.Equal(200, (await gateway.Operator.Delete($"{Issuers}/{issuer}")).Status);
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var refused = await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow()));
        Assert.Equal("unknown_issuer", gateway.Reason(refused));
        Assert.Contains((await gateway.Operator.Get(Identities)).Json.AsArray(), item => (string)item!["id"]! == identity && item["issuerId"] is null);
    }

    public sealed class People : SharedAcme
    {
        internal Api Developer { get; private set; } = null!;

        internal Api Member { get; private set; } = null!;

        internal Api ScopedAdmin { get; private set; } = null!;

        internal Api FullAdmin { get; private set; } = null!;

        internal Api OtherAdmin { get; private set; } = null!;

        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            var shop = Json.Scope(projects: [Acme.Shop]);
            Developer = await Person("acme", "developer", shop);
            Member = await Person("acme", "member", shop);
            ScopedAdmin = await Person("acme", "admin", shop);
            FullAdmin = await Person("acme", "admin", Json.Everything);
            OtherAdmin = await Person("other", "admin", Json.Everything);
        }

        private async Task<Api> Person(string workspace, string role, JsonObject scope)
        {
            var email = $"{workspace}-{role}-{(bool)scope["all"]!}@people.test".ToLowerInvariant();
            var invited = await Gateway.Operator.Post($"/v1/workspace/{workspace}/rbac", Json.Of(("email", email), ("role", role), ("scope", scope)));
            Assert.True(invited.Status == 201, invited.Body);
            var accepted = await Gateway.Anonymous.Post($"/v1/invite/{invited.Json["code"]}/accept", Json.Of(("name", role), ("password", "correct horse battery staple")));
            Assert.True(accepted.Status == 200, accepted.Body);
            var login = await Gateway.Anonymous.Post("/v1/auth/login", Json.Of(("email", email), ("password", "correct horse battery staple")));
            Assert.True(login.Status == 200, login.Body);
            return Gateway.Bearer((string)login.Json["accessToken"]!);
        }
    }
}
