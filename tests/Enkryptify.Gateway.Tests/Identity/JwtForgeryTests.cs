using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>Tokens that are not ours, or no longer what we signed: each the same 401.</summary>
public class JwtForgeryTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private static readonly ECDsa Stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>By name: what is made of a good token.</summary>
    private static readonly Dictionary<string, Func<string, string>> Forgeries = new()
    {
        ["header: first character"] = token => Forged.Flip(token, 0, 5),
        ["header: last character"] = token => Forged.Flip(token, 0, -2),
        ["payload: first character"] = token => Forged.Flip(token, 1, 5),
        ["payload: last character"] = token => Forged.Flip(token, 1, -2),
        ["signature: first character"] = token => Forged.Flip(token, 2, 0),
        ["signature: middle character"] = token => Forged.Flip(token, 2, 43),
        ["signature: shortened"] = token => token[..^2],
        ["signature: lengthened"] = token => token + "AA",
        ["signature: empty"] = token => Forged.Replace(token, 2, ""),
        ["signature: zeros"] = token => Forged.Replace(token, 2, Base64Url.EncodeToString(new byte[64])),
        ["signature: DER instead of r and s"] = Der,
        ["signature: with padding"] = token => token + "==",
        ["signature: its unused bits set"] = UnusedBits,
        ["payload: read becomes read-write"] = token => Forged.With(token, payload => payload["permission"] = "read-write"),
        ["payload: a later end"] = token => Forged.With(token, payload => payload["exp"] = payload["exp"]!.GetValue<long>() + 3600),
        ["payload: another subject"] = token => Forged.With(token, payload => payload["sub"] = "00000000-0000-7000-8000-000000000000"),
        ["payload: a login"] = token => Forged.With(token, payload => payload["token_use"] = "login"),
        ["payload: spaces in the JSON"] = token => Forged.Replace(token, 1, Forged.Encode(" " + Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Split('.')[1])))),
        ["payload: standard base64 alphabet"] = token => Forged.Replace(token, 1, token.Split('.')[1] + "+"),
        ["alg none, signature kept"] = token => Forged.WithHeader(token, header => header["alg"] = "none"),
        ["alg none, no signature"] = token => Forged.Replace(Forged.WithHeader(token, header => header["alg"] = "none"), 2, ""),
        ["alg None"] = token => Forged.Replace(Forged.WithHeader(token, header => header["alg"] = "None"), 2, ""),
        ["alg ES384"] = token => Forged.WithHeader(token, header => header["alg"] = "ES384"),
        ["alg HS256 with the public key as secret"] = HmacOfKid,
        ["typ JWT"] = token => Forged.WithHeader(token, header => header["typ"] = "JWT"),
        ["kid of nobody"] = token => Forged.WithHeader(token, header => header["kid"] = "nobody"),
        ["kid with a path"] = token => Forged.WithHeader(token, header => header["kid"] = "../../dev/null"),
        ["crit added"] = token => Forged.WithHeader(token, header => header["crit"] = Json.List("exp")),
        ["jwk of the forger in the header"] = OwnKeyInHeader,
        ["jku of the forger in the header"] = token => Forged.SignedBy(Stranger, token, header => header["jku"] = "https://forger.test/jwks.json"),
        ["our kid, signed by a stranger"] = token => Forged.SignedBy(Stranger, token),
        ["the header's members in another order"] = token =>
            Forged.Replace(token, 0, Forged.Encode($$"""{"typ":"at+jwt","alg":"ES256","kid":"{{Forged.Part(token, 0)["kid"]}}"}""")),
        ["a dot before"] = token => "." + token,
        ["a dot after"] = token => token + ".",
        ["a fourth part"] = token => token + ".AAAA",
        ["a dot in the payload"] = token => Forged.Replace(token, 1, token.Split('.')[1].Insert(10, ".")),
        ["header and payload alone"] = token => token[..token.LastIndexOf('.')],
        ["two tokens"] = token => token + token,
        ["longer than any of ours"] = token => Forged.Replace(token, 1, new string('A', 20_000)),
        ["dots alone"] = _ => "..",
        ["one word"] = _ => "token",
    };

    public static TheoryData<string> Names => [.. Forgeries.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Is_refused(string forgery)
    {
        var (_, _, machine) = await shared.Gateway.Machine("read");
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        var forged = Forgeries[forgery](machine.Token!);
        Assert.NotEqual(machine.Token, forged);
        var answer = await shared.Gateway.Bearer(forged).Get("/v1/workspace");
        Assert.Equal(401, answer.Status);
        Assert.Equal("Invalid or expired token", answer.Message);
        Assert.Equal("Bearer realm=\"enkryptify\", error=\"invalid_token\"", answer.Headers["WWW-Authenticate"]);

        // The good one still opens: nothing of the forgery was remembered in its place.
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
    }

    [Fact]
    public async Task Of_another_gateway_is_refused_although_it_bears_the_same_issuer_name()
    {
        var (other, _) = await TestGateway.StartWithAcme();
        await using var _ = other;
        var (_, token, theirs) = await other.Machine();
        Assert.Equal(200, (await theirs.Get("/v1/workspace")).Status);
        Assert.Equal(401, (await shared.Gateway.Bearer(theirs.Token!).Get("/v1/workspace")).Status);
        Assert.Equal(401, (await shared.Gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task Issued_under_another_public_url_is_refused_by_the_same_keys()
    {
        await using var before = await TestGateway.Start();
        await Acme.Seed(before);
        var (_, _, machine) = await before.Machine();
        await before.Restart();
        Assert.Equal(200, (await before.Bearer(machine.Token!).Get("/v1/workspace")).Status);
        await before.Restart(config => config with { Server = config.Server with { PublicUrl = "https://moved.test" } });
        Assert.Equal(401, (await before.Bearer(machine.Token!).Get("/v1/workspace")).Status);
    }

    private static string Der(string token)
    {
        var signature = Base64Url.DecodeFromChars(token.Split('.')[2]);
        byte[] Integer(byte[] half) => half[0] > 0x7F ? [2, 33, 0, .. half] : [2, 32, .. half];
        byte[] both = [.. Integer(signature[..32]), .. Integer(signature[32..])];
        return Forged.Replace(token, 2, Base64Url.EncodeToString([0x30, (byte)both.Length, .. both]));
    }

    /// <summary>64 bytes end in a character of which four bits mean nothing: another spelling of the same signature.</summary>
    private static string UnusedBits(string token)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return token[..^1] + Alphabet[Alphabet.IndexOf(token[^1], StringComparison.Ordinal) | 1];
    }

    private static string HmacOfKid(string token)
    {
        var header = Forged.Part(token, 0);
        header["alg"] = "HS256";
        var signed = Forged.Encode(header.ToJsonString()) + "." + token.Split('.')[1];
        var mac = HMACSHA256.HashData(Encoding.ASCII.GetBytes(header["kid"]!.GetValue<string>()), Encoding.ASCII.GetBytes(signed));
        return signed + "." + Base64Url.EncodeToString(mac);
    }

    private static string OwnKeyInHeader(string token)
    {
        var point = Stranger.ExportParameters(false).Q;
        return Forged.SignedBy(Stranger, token, header => header["jwk"] = Json.Of(
            ("kty", "EC"), ("crv", "P-256"), ("x", Base64Url.EncodeToString(point.X)), ("y", Base64Url.EncodeToString(point.Y))));
    }
}
