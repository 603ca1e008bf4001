using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>The JWT of contract section 3, as somebody sees it who knows only the published keys.</summary>
public class JwtTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task The_header_is_es256_at_jwt_with_a_published_key()
    {
        var (_, _, machine) = await gateway.Machine();
        var header = Forged.Part(machine.Token!, 0);
        Assert.Equal(["alg", "kid", "typ"], header.AsObject().Select(member => member.Key).Order());
        Assert.Equal("ES256", header["alg"]!.GetValue<string>());
        Assert.Equal("at+jwt", header["typ"]!.GetValue<string>());
        var keys = (await gateway.Anonymous.Get("/.well-known/jwks.json")).Json["keys"]!.AsArray();
        Assert.Contains(header["kid"]!.GetValue<string>(), keys.Select(key => key!["kid"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Another_library_verifies_it_and_finds_every_claim()
    {
        var acme = shared.Acme;
        var scope = Json.Scope(teams: [acme.Blue], environments: [acme.ShopDev]);
        var (id, _, machine) = await gateway.Machine("read", scope);
        var now = gateway.Clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = JoseVerifier.Verify(machine.Token!, (await gateway.Anonymous.Get("/.well-known/jwks.json")).Body);
        Assert.Equal("https://gateway.test", claims["iss"]!.GetValue<string>());
        Assert.Equal("enkryptify", claims["aud"]!.GetValue<string>());
        Assert.Equal(id, claims["sub"]!.GetValue<string>());
        Assert.Equal(7, Guid.ParseExact(claims["jti"]!.GetValue<string>(), "D").Version);
        Assert.Equal(now, claims["iat"]!.GetValue<long>());
        Assert.Equal(now, claims["nbf"]!.GetValue<long>());
        Assert.Equal(now + 900, claims["exp"]!.GetValue<long>());
        Assert.Equal("credential", claims["token_use"]!.GetValue<string>());
        Assert.Equal(acme.Id("acme"), claims["workspace"]!.GetValue<string>());
        Assert.Equal("read", claims["permission"]!.GetValue<string>());
        Assert.True(JsonNode.DeepEquals(scope, claims["scope"]), claims.ToJsonString());
    }

    [Fact]
    public async Task The_other_library_refuses_a_changed_one()
    {
        var (_, _, machine) = await gateway.Machine();
        var jwks = (await gateway.Anonymous.Get("/.well-known/jwks.json")).Body;
        var changed = Forged.With(machine.Token!, payload => payload["permission"] = "read");
        Assert.ThrowsAny<Exception>(() => JoseVerifier.Verify(changed, jwks));
    }

    [Fact]
    public async Task Each_token_has_an_id_of_its_own()
    {
        var (_, token, first) = await gateway.Machine();
        var second = await gateway.Exchange(token);
        Assert.NotEqual(Forged.Part(first.Token!, 1)["jti"]!.GetValue<string>(), Forged.Part(second, 1)["jti"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_key_set_holds_public_parts_of_p256_signing_keys_alone()
    {
        var answer = await gateway.Anonymous.Get("/.well-known/jwks.json");
        Assert.Equal(200, answer.Status);
        var keys = answer.Json["keys"]!.AsArray();
        Assert.True(keys.Count >= 2, "the current and the next key");
        Assert.All(keys, key =>
        {
            Assert.Equal(["alg", "crv", "kid", "kty", "use", "x", "y"], key!.AsObject().Select(member => member.Key).Order());
            Assert.Equal(("EC", "P-256", "ES256", "sig"), (Text("kty"), Text("crv"), Text("alg"), Text("use")));
            Assert.Equal(43, Text("x").Length);
            Assert.Equal(43, Text("y").Length);

            string Text(string name) => key[name]!.GetValue<string>();
        });
    }

    [Fact]
    public async Task It_lives_for_900_seconds_to_the_second()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var (_, _, machine) = await own.Machine();
        own.Clock.Advance(TimeSpan.FromSeconds(899));
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        var expired = await machine.Get("/v1/workspace");
        Assert.Equal(401, expired.Status);
        Assert.Equal("Invalid or expired token", expired.Message);
        Assert.Equal("expired", AuditTail.Of(own, expired)["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task It_ends_earlier_with_its_credential()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var (_, token, _) = await own.Machine(expiresIn: "24h");
        own.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(10));
        var late = own.Bearer(await own.Exchange(token));
        Assert.Equal(200, (await late.Get("/v1/workspace")).Status);
        own.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(401, (await late.Get("/v1/workspace")).Status);
        Assert.Equal(401, (await own.Bearer(token).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task It_survives_a_restart()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var (_, _, machine) = await own.Machine();
        await own.Restart();
        Assert.Equal(200, (await own.Bearer(machine.Token!).Get("/v1/workspace")).Status);
    }
}
