using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Formats.Asn1;
using System.Buffers.Text;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.IdentityModel.Tokens;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>
/// Signatures that the library under test did not make: those printed in RFC 7515 (appendix A) and RFC 7520 (section 4) against keys as we read them, and for
/// each algorithm ones by <c>openssl</c> through the whole exchange.
/// </summary>
public class JoseVectorTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    public static TheoryData<string> Algorithms => [.. TrustedKey.AllAlgorithms];

    /// <summary>RFC 7515 A.2 (RS256) and A.3 (ES256): header {"alg":"…"}, payload {"iss":"joe", "exp":1300819380, "http://example.com/is_root":true}.</summary>
    [Theory]
    [InlineData("RS256", "eyJhbGciOiJSUzI1NiJ9", "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        """{"kty":"RSA","kid":"a2","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}""")]
    [InlineData("ES256", "eyJhbGciOiJFUzI1NiJ9", "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        """{"kty":"EC","kid":"a3","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""")]
    public void Rfc_7515(string algorithm, string header, string signature, string jwk)
    {
        const string payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        Judged(algorithm, jwk, $"{header}.{payload}", signature);
    }

    /// <summary>RFC 7520 sections 4.1 (RS256), 4.2 (PS384) and 4.3 (ES512), keys of sections 3.3 and 3.1; the payload is a quotation of Tolkien's.</summary>
    [Theory]
    [InlineData("RS256", "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg", Bilbo)]
    [InlineData("PS384", "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw", Bilbo)]
    [InlineData("ES512", "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
        """{"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521","x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt","y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"}""")]
    public void Rfc_7520(string algorithm, string header, string signature, string jwk)
    {
        const string payload = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
        Judged(algorithm, jwk, $"{header}.{payload}", signature);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Made_by_openssl(string algorithm)
    {
        var directory = Directory.CreateTempSubdirectory("ekgw-openssl-").FullName;
        try
        {
            var (key, kid) = (Path.Combine(directory, "key.pem"), "openssl-" + algorithm);
            var curve = algorithm switch { "ES256" => "P-256", "ES384" => "P-384", "ES512" => "P-521", _ => null };
            await OpenSsl(curve is null ? ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key] : ["genpkey", "-algorithm", "EC", "-pkeyopt", $"ec_paramgen_curve:{curve}", "-out", key]);
            var pem = await File.ReadAllTextAsync(key);
            using var cluster = new Cluster($"https://openssl-{algorithm}.test");
            await gateway.Registered(cluster.Registration(more: ("jwks", Json.Of(("keys", Json.List(Jwk(pem, curve, kid)))))));
            var payload = cluster.Payload(gateway.Clock.GetUtcNow()).ToJsonString();
            var input = $"{Encoded($$"""{"alg":"{{algorithm}}","kid":"{{kid}}"}""")}.{Encoded(payload)}";
            await File.WriteAllTextAsync(Path.Combine(directory, "input"), input);
            string[] padding = algorithm[0] == 'P' ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] : [];
            await OpenSsl(["dgst", "-sha" + algorithm[2..], "-sign", key, .. padding, "-out", Path.Combine(directory, "signature"), Path.Combine(directory, "input")]);
            var signature = await File.ReadAllBytesAsync(Path.Combine(directory, "signature"));
            signature = curve is null ? signature : Fixed(signature, algorithm == "ES512" ? 66 : int.Parse(algorithm[2..], System.Globalization.CultureInfo.InvariantCulture) / 8);

            gateway.Clock.Advance(TimeSpan.FromMinutes(2));
            var accepted = await gateway.Oidc($"{input}.{Base64Url.EncodeToString(signature)}");
            Assert.True(accepted.Status == 200, accepted.Body);
            foreach (var at in new[] { 1, signature.Length / 2, signature.Length - 1 })
            {
                gateway.Clock.Advance(TimeSpan.FromMinutes(2));
                var wrong = (byte[])signature.Clone();
                wrong[at] ^= 0x10;
                var refused = await gateway.Oidc($"{input}.{Base64Url.EncodeToString(wrong)}");
                Assert.Equal((401, "bad_signature"), (refused.Status, gateway.Reason(refused)));
            }

            gateway.Clock.Advance(TimeSpan.FromMinutes(2));
            var other = await gateway.Oidc($"{input.Split('.')[0]}.{Encoded(payload.Replace(":web\"", ":wed\"", StringComparison.Ordinal))}.{Base64Url.EncodeToString(signature)}");
            Assert.Equal((401, "bad_signature"), (other.Status, gateway.Reason(other)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private const string Bilbo = """{"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw","e":"AQAB"}""";

    private static void Judged(string algorithm, string jwk, string input, string signature)
    {
        using var document = JsonDocument.Parse(jwk);
        var (key, problem) = TrustedKey.Parse(document.RootElement);
        Assert.True(key is not null, problem);
        Assert.Contains(algorithm, key.Algorithms);
        var verifier = key.Key.CryptoProviderFactory.CreateForVerifying(key.Key, algorithm);
        var (bytes, signed) = (Encoding.ASCII.GetBytes(input), Base64Url.DecodeFromChars(signature));
        Assert.True(verifier.Verify(bytes, signed));
        signed[^1] ^= 1;
        Assert.False(verifier.Verify(bytes, signed));
        signed[^1] ^= 1;
        bytes[^1] ^= 1;
        Assert.False(verifier.Verify(bytes, signed));
    }

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static JsonObject Jwk(string pem, string? curve, string kid)
    {
        if (curve is null)
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return Cluster.RsaJwk(rsa, kid);
        }

        using var ec = ECDsa.Create();
        ec.ImportFromPem(pem);
        return Cluster.EcJwk(ec, kid);
    }

    /// <summary>From openssl's DER sequence to two numbers of fixed size (RFC 7518 section 3.4).</summary>
    private static byte[] Fixed(byte[] der, int size)
    {
        var sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var signature = new byte[2 * size];
        for (var i = 0; i < 2; i++)
        {
            var number = sequence.ReadInteger().ToByteArray(isUnsigned: true, isBigEndian: true);
            number.CopyTo(signature, ((i + 1) * size) - number.Length);
        }

        return signature;
    }

    private static async Task OpenSsl(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
    }
}
