using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>Tokens that must not pass, by name, each with the reason that the audit log gives. All but one thing about each is right.</summary>
internal static class HostileTokens
{
    public sealed record Row(string Name, string Reason, Func<Cluster, DateTimeOffset, string> Make);

    private static readonly string Long = new('a', 300);

    public static IReadOnlyList<Row> All { get; } =
    [
        // Algorithms.
        Header("alg none", "algorithm", header => header["alg"] = "none"),
        Header("alg None", "algorithm", header => header["alg"] = "None"),
        Header("alg NONE", "algorithm", header => header["alg"] = "NONE"),
        Header("alg nOnE", "algorithm", header => header["alg"] = "nOnE"),
        new("alg none without signature", "malformed", (cluster, now) => Unsigned(cluster, now, "none") + "."),
        new("alg none with two parts", "malformed", (cluster, now) => Unsigned(cluster, now, "none")),
        new("HS256 under the public key in PEM", "algorithm", (cluster, now) => Hmac(cluster, now, "HS256", Encoding.UTF8.GetBytes(cluster.Rsa.ExportSubjectPublicKeyInfoPem()))),
        new("HS384 under the public key in DER", "algorithm", (cluster, now) => Hmac(cluster, now, "HS384", cluster.Rsa.ExportSubjectPublicKeyInfo())),
        new("HS512 under the modulus", "algorithm", (cluster, now) => Hmac(cluster, now, "HS512", cluster.Rsa.ExportParameters(false).Modulus!)),
        Header("alg in lower case", "algorithm", header => header["alg"] = "rs256"),
        Header("alg EdDSA", "algorithm", header => header["alg"] = "EdDSA"),
        Header("alg ES256K", "algorithm", header => header["alg"] = "ES256K"),
        Header("alg with a space", "algorithm", header => header["alg"] = "RS256 "),
        Header("alg empty", "malformed", header => header["alg"] = ""),
        Header("alg missing", "malformed", header => header.Remove("alg")),
        Header("alg a number", "malformed", header => header["alg"] = 256),
        Header("alg a list", "malformed", header => header["alg"] = Json.List("RS256")),
        new("an EC algorithm for an RSA key", "algorithm", (cluster, now) => cluster.Token(now, header: header => header["kid"] = cluster.RsaKid, algorithm: "ES256")),
        new("an RSA algorithm for an EC key", "algorithm", (cluster, now) => cluster.Token(now, header: header => header["kid"] = cluster.EcKid)),
        new("ES384 for a key on P-256", "algorithm", (cluster, now) => cluster.Token(now, header: header => header["alg"] = "ES384", algorithm: "ES256")),
        Header("PS256 named, RS256 signed", "bad_signature", header => header["alg"] = "PS256"),
        Header("RS512 named, RS256 signed", "bad_signature", header => header["alg"] = "RS512"),

        // Signatures.
        new("signature cut short", "bad_signature", (cluster, now) => WithSignature(cluster.Token(now), signature => signature[..^3])),
        new("signature with more behind it", "bad_signature", (cluster, now) => WithSignature(cluster.Token(now), signature => [.. signature, 0])),
        new("signature of one byte", "bad_signature", (cluster, now) => WithSignature(cluster.Token(now), _ => [1])),
        new("signature of zeros", "bad_signature", (cluster, now) => WithSignature(cluster.Token(now), signature => new byte[signature.Length])),
        new("EC signature of zeros", "bad_signature", (cluster, now) => WithSignature(cluster.Token(now, algorithm: "ES256"), signature => new byte[signature.Length])),
        new("EC signature with r and s swapped", "bad_signature", (cluster, now) => WithSignature(cluster.Token(now, algorithm: "ES256"), signature => [.. signature[32..], .. signature[..32]])),
        new("EC signature in DER", "bad_signature", (cluster, now) => Der(cluster, now)),
        new("one bit of the signature", "bad_signature", (cluster, now) => WithSignature(cluster.Token(now), signature => [(byte)(signature[0] ^ 1), .. signature[1..]])),
        new("signature of another token", "bad_signature", (cluster, now) => WithSignature(cluster.Token(now), _ => Signature(cluster.Token(now, payload => payload["jti"] = "2")))),
        new("payload changed afterwards", "bad_signature", (cluster, now) => Forged(cluster.Token(now, subject: "system:serviceaccount:shop:other"), cluster.Payload(now).ToJsonString())),
        new("signed by another key", "bad_signature", (cluster, now) => Foreign(cluster, now)),
        new("signature padded", "malformed", (cluster, now) => cluster.Token(now) + "=="),
        new("signature in plain base64", "malformed", (cluster, now) => PlainBase64(cluster.Token(now))),
        new("signature in another spelling of its bits", "malformed", (cluster, now) => OtherSpelling(cluster.Token(now))),
        new("signature with a line end", "malformed", (cluster, now) => cluster.Token(now) + "\n"),
        new("signature empty", "malformed", (cluster, now) => string.Join('.', cluster.Token(now).Split('.')[..2]) + "."),

        // Key ids.
        Header("kid missing", "malformed", header => header.Remove("kid")),
        Header("kid empty", "malformed", header => header["kid"] = ""),
        Header("kid a number", "malformed", header => header["kid"] = 1),
        Header("kid very long", "malformed", header => header["kid"] = Long),
        Header("kid unknown", "unknown_key", header => header["kid"] = "nobody"),
        Header("kid in upper case", "unknown_key", header => header["kid"] = ((string)header["kid"]!).ToUpperInvariant()),
        Header("kid with a space", "unknown_key", header => header["kid"] = (string)header["kid"]! + " "),
        Header("kid a path", "unknown_key", header => header["kid"] = "../../../dev/null"),
        Header("kid a query", "unknown_key", header => header["kid"] = "' OR 1=1 --"),
        Header("kid of another issuer", "unknown_key", header => header["kid"] = "elsewhere-rsa"),

        // Headers that bring a key, a duty or a package.
        new("jwk embedded", "malformed", (cluster, now) => cluster.Token(now, header: header => header["jwk"] = Cluster.RsaJwk(cluster.Rsa, cluster.RsaKid))),
        Header("jku", "malformed", header => header["jku"] = "https://evil.test/jwks"),
        Header("x5u", "malformed", header => header["x5u"] = "https://evil.test/chain"),
        Header("x5c", "malformed", header => header["x5c"] = Json.List("MIIB")),
        Header("crit", "malformed", header => header["crit"] = Json.List("exp")),
        Header("crit null", "malformed", header => header["crit"] = null),
        Header("b64 false", "malformed", header => header["b64"] = false),
        Header("zip", "malformed", header => header["zip"] = "DEF"),
        Header("cty JWT", "malformed", header => header["cty"] = "JWT"),
        Header("enc", "malformed", header => header["enc"] = "A256GCM"),
        Header("typ at+jwt", "malformed", header => header["typ"] = "at+jwt"),
        Header("typ dpop+jwt", "malformed", header => header["typ"] = "dpop+jwt"),

        // Audience.
        Payload("aud missing", "malformed", payload => payload.Remove("aud")),
        Payload("aud null", "malformed", payload => payload["aud"] = null),
        Payload("aud a number", "malformed", payload => payload["aud"] = 1),
        Payload("aud an empty list", "malformed", payload => payload["aud"] = Json.List()),
        Payload("aud with a number", "malformed", payload => payload["aud"] = Json.List(Cluster.Audience, 1)),
        Payload("aud an object", "malformed", payload => payload["aud"] = Json.Of((Cluster.Audience, true))),
        Payload("aud empty", "wrong_audience", payload => payload["aud"] = ""),
        Payload("aud wrong", "wrong_audience", payload => payload["aud"] = Json.List("https://kubernetes.default.svc")),
        Payload("aud with a slash", "wrong_audience", payload => payload["aud"] = Cluster.Audience + "/"),
        Payload("aud in other case", "wrong_audience", payload => payload["aud"] = Cluster.Audience.ToUpperInvariant()),
        Payload("aud beginning as ours", "wrong_audience", payload => payload["aud"] = Cluster.Audience + ".evil.test"),
        Payload("aud joined with spaces", "wrong_audience", payload => payload["aud"] = "other " + Cluster.Audience),
        Payload("aud a list without ours", "wrong_audience", payload => payload["aud"] = Json.List("a", "b", "c")),

        // Issuer.
        Payload("iss missing", "malformed", payload => payload.Remove("iss")),
        Payload("iss a number", "malformed", payload => payload["iss"] = 5),
        Payload("iss with a slash", "unknown_issuer", payload => payload["iss"] = Cluster.DefaultUrl + "/"),
        Payload("iss in other case", "unknown_issuer", payload => payload["iss"] = Cluster.DefaultUrl.Replace('k', 'K')),
        Payload("iss over http", "unknown_issuer", payload => payload["iss"] = Cluster.DefaultUrl.Replace("https", "http", StringComparison.Ordinal)),
        Payload("iss with a port", "unknown_issuer", payload => payload["iss"] = Cluster.DefaultUrl + ":443"),
        Payload("iss with a user", "unknown_issuer", payload => payload["iss"] = "https://kubernetes.default.svc.cluster.local@evil.test"),
        Payload("iss of another workspace", "unknown_issuer", payload => payload["iss"] = "https://other-workspace.test"),

        // Subject.
        Payload("sub missing", "malformed", payload => payload.Remove("sub")),
        Payload("sub a list", "malformed", payload => payload["sub"] = Json.List(Cluster.Subject)),
        Payload("sub in other case", "wrong_subject", payload => payload["sub"] = "system:serviceaccount:shop:Web"),
        Payload("sub with a space before", "wrong_subject", payload => payload["sub"] = " " + Cluster.Subject),
        Payload("sub with a space behind", "wrong_subject", payload => payload["sub"] = Cluster.Subject + " "),
        Payload("sub with a NUL", "wrong_subject", payload => payload["sub"] = Cluster.Subject + "\0"),
        Payload("sub of another namespace", "wrong_subject", payload => payload["sub"] = "system:serviceaccount:bank:web"),
        Payload("sub of another account", "wrong_subject", payload => payload["sub"] = "system:serviceaccount:shop:web2"),
        Payload("sub with a look-alike letter", "wrong_subject", payload => payload["sub"] = "system:serviceaccount:shop:w\u0435b"),
        Payload("sub of an identity for another audience", "wrong_subject", payload => payload["sub"] = "system:serviceaccount:shop:elsewhere"),

        // Members twice.
        Twice("sub", "\"sub\":\"system:serviceaccount:shop:web\""),
        Twice("aud", "\"aud\":\"https://gateway.test\""),
        Twice("iss", "\"iss\":\"https://evil.test\""),
        Twice("exp", "\"exp\":99999999999"),
        Twice("sub spelt with an escape", "\"s\\u0075b\":\"system:serviceaccount:shop:web\""),
        Twice("a member deeper down", "\"x\":{\"a\":1,\"a\":2}"),
        new("alg twice", "malformed", (cluster, now) => cluster.Signed($"{{\"alg\":\"none\",{cluster.Header().ToJsonString()[1..]}", cluster.Payload(now).ToJsonString())),

        // Times.
        Payload("exp past", "expired", (payload, now) => payload["exp"] = now - 60),
        Payload("exp zero", "expired", payload => payload["exp"] = 0),
        Payload("exp missing", "malformed", payload => payload.Remove("exp")),
        Payload("exp null", "malformed", payload => payload["exp"] = null),
        Payload("exp a string", "malformed", (payload, now) => payload["exp"] = (now + 60).ToString(System.Globalization.CultureInfo.InvariantCulture)),
        Payload("exp a float", "malformed", (payload, now) => payload["exp"] = now + 60.5),
        Payload("exp negative", "malformed", payload => payload["exp"] = -1),
        Payload("exp after the year 9999", "malformed", payload => payload["exp"] = 253_402_300_800),
        Raw("exp beyond 64 bits", "\"exp\"", "\"exp\":99999999999999999999999,\"was\""),
        Raw("exp with an exponent", "\"exp\"", "\"exp\":1e10,\"was\""),
        Payload("nbf in the future", "not_yet_valid", (payload, now) => payload["nbf"] = now + 61),
        Payload("nbf a string", "malformed", payload => payload["nbf"] = "0"),
        Payload("nbf a float", "malformed", payload => payload["nbf"] = 0.5),
        Payload("iat in the future", "not_yet_valid", (payload, now) => payload["iat"] = now + 61),
        Payload("iat true", "malformed", payload => payload["iat"] = true),

        // Forms.
        new("empty", "malformed", (_, _) => ""),
        new("one part", "malformed", (cluster, now) => cluster.Token(now).Split('.')[1]),
        new("four parts", "malformed", (cluster, now) => cluster.Token(now) + ".AAAA"),
        new("five parts: encrypted", "malformed", (cluster, now) => cluster.Token(now) + ".AAAA.AAAA"),
        new("nested in another token", "malformed", (cluster, now) => cluster.Signed(cluster.Header().ToJsonString(), cluster.Token(now))),
        new("17 KiB", "malformed", (cluster, now) => cluster.Token(now, payload => payload["pad"] = new string('a', 17 * 1024))),
        new("1 MB", "malformed", (cluster, now) => cluster.Token(now, payload => payload["pad"] = new string('a', 1 << 20))),
        new("header no UTF-8", "malformed", (cluster, now) => cluster.Signed([.. Encoding.UTF8.GetBytes("{\"x\":\""), 0xFF, .. Encoding.UTF8.GetBytes("\"," + cluster.Header().ToJsonString()[1..])], Bytes(cluster.Payload(now)))),
        new("payload no UTF-8", "malformed", (cluster, now) => cluster.Signed(Bytes(cluster.Header()), [.. Encoding.UTF8.GetBytes("{\"x\":\""), 0xC3, 0x28, .. Encoding.UTF8.GetBytes("\"," + cluster.Payload(now).ToJsonString()[1..])])),
        new("half a surrogate pair", "malformed", (cluster, now) => cluster.Signed(cluster.Header().ToJsonString(), cluster.Payload(now).ToJsonString().Replace(":web\"", ":web\\ud800\"", StringComparison.Ordinal))),
        Raw("half a surrogate pair in another claim", "\"exp\"", "\"ref\":\"\\ud800\",\"exp\""),
        Raw("half a surrogate pair in the uid", Cluster.Uid, "\\udc00"),
        Raw("half a surrogate pair in a name", "\"exp\"", "\"\\ud800\":1,\"exp\""),
        new("payload with a byte-order mark", "malformed", (cluster, now) => cluster.Signed(Bytes(cluster.Header()), [0xEF, 0xBB, 0xBF, .. Bytes(cluster.Payload(now))])),
        new("payload an array", "malformed", (cluster, now) => cluster.Signed(cluster.Header().ToJsonString(), $"[{cluster.Payload(now).ToJsonString()}]")),
        new("payload no JSON", "malformed", (cluster, _) => cluster.Signed(cluster.Header().ToJsonString(), "It's a dangerous business, Frodo")),
        new("payload with a comment", "malformed", (cluster, now) => cluster.Signed(cluster.Header().ToJsonString(), cluster.Payload(now).ToJsonString() + "/**/")),
        new("payload in two documents", "malformed", (cluster, now) => cluster.Signed(cluster.Header().ToJsonString(), cluster.Payload(now).ToJsonString() + "{}")),
        new("payload nested deep", "malformed", (cluster, now) => cluster.Signed(cluster.Header().ToJsonString(), $"{{\"x\":{new string('[', 40)}{new string(']', 40)},{cluster.Payload(now).ToJsonString()[1..]}")),
        new("header no object", "malformed", (cluster, now) => cluster.Signed("[]", cluster.Payload(now).ToJsonString())),

        // What an identity is bound to beside the subject.
        Pinned("uid of a re-made account", "uid_mismatch", payload => payload["kubernetes.io"]!["serviceaccount"]!["uid"] = "11111111-5a4e-4f2a-9c52-6f0f8f3f7a11"),
        Pinned("uid missing", "uid_mismatch", payload => payload.Remove("kubernetes.io")),
        Pinned("uid a number", "uid_mismatch", payload => payload["kubernetes.io"]!["serviceaccount"]!["uid"] = 1),
        Ci("claim missing", payload => payload.Remove("ref")),
        Ci("claim with another value", payload => payload["ref"] = "refs/heads/evil"),
        Ci("claim in other case", payload => payload["ref"] = "refs/heads/MAIN"),
        Ci("claim of another type", payload => payload["ref"] = Json.List("refs/heads/main")),
        new("identity revoked", "revoked", (cluster, now) => cluster.Token(now, subject: "system:serviceaccount:shop:gone")),
    ];

    private static Row Header(string name, string reason, Action<JsonObject> change) => new(name, reason, (cluster, now) => cluster.Token(now, header: change));

    private static Row Payload(string name, string reason, Action<JsonObject> change) => new(name, reason, (cluster, now) => cluster.Token(now, change));

    private static Row Payload(string name, string reason, Action<JsonObject, long> change) =>
        new(name, reason, (cluster, now) => cluster.Token(now, payload => change(payload, now.ToUnixTimeSeconds())));

    private static Row Pinned(string name, string reason, Action<JsonObject> change) =>
        new(name, reason, (cluster, now) => cluster.Token(now, change, subject: "system:serviceaccount:shop:pinned"));

    private static Row Ci(string name, Action<JsonObject> change) => new(name, "claim_mismatch", (cluster, now) => cluster.Token(now, payload =>
    {
        payload["ref"] = "refs/heads/main";
        change(payload);
    }, subject: "system:serviceaccount:shop:ci"));

    private static Row Twice(string name, string member) => new(name + " twice", "malformed", (cluster, now) =>
        cluster.Signed(cluster.Header().ToJsonString(), $"{{{member},{cluster.Payload(now).ToJsonString()[1..]}"));

    private static Row Raw(string name, string from, string to) => new(name, "malformed", (cluster, now) =>
        cluster.Signed(cluster.Header().ToJsonString(), cluster.Payload(now).ToJsonString().Replace(from, to, StringComparison.Ordinal)));

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static string Unsigned(Cluster cluster, DateTimeOffset now, string algorithm)
    {
        var header = cluster.Header();
        header["alg"] = algorithm;
        return $"{Base64Url.EncodeToString(Bytes(header))}.{Base64Url.EncodeToString(Bytes(cluster.Payload(now)))}";
    }

    private static string Hmac(Cluster cluster, DateTimeOffset now, string algorithm, byte[] secret)
    {
        var input = Unsigned(cluster, now, algorithm);
        var bytes = Encoding.ASCII.GetBytes(input);
        return $"{input}.{Base64Url.EncodeToString(algorithm switch
        {
            "HS256" => HMACSHA256.HashData(secret, bytes),
            "HS384" => HMACSHA384.HashData(secret, bytes),
            _ => HMACSHA512.HashData(secret, bytes),
        })}";
    }

    private static byte[] Signature(string token) => Base64Url.DecodeFromChars(token.Split('.')[2]);

    private static string WithSignature(string token, Func<byte[], byte[]> change)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(change(Signature(token)))}";
    }

    private static string Der(Cluster cluster, DateTimeOffset now)
    {
        var input = string.Join('.', cluster.Token(now, algorithm: "ES256").Split('.')[..2]);
        return $"{input}.{Base64Url.EncodeToString(cluster.Ec.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))}";
    }

    private static string Forged(string token, string payload)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}.{parts[2]}";
    }

    private static string Foreign(Cluster cluster, DateTimeOffset now)
    {
        using var other = new Cluster(cluster.Url);
        return other.Token(now, header: header => header["kid"] = cluster.RsaKid);
    }

    private static string PlainBase64(string token)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{parts[1]}.{Convert.ToBase64String(Signature(token))}";
    }

    /// <summary>256 bytes leave four bits in the last character that no byte needs.</summary>
    private static string OtherSpelling(string token)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return token[..^1] + alphabet[alphabet.IndexOf(token[^1]) ^ 1];
    }
}
