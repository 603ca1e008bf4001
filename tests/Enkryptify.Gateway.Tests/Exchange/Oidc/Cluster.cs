using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>A cluster as its tokens show it: a URL, an RSA and a P-256 key, and tokens with whatever the test wants in them, truly signed.</summary>
internal sealed class Cluster(string url = Cluster.DefaultUrl, string name = "one") : IDisposable
{
    public const string DefaultUrl = "https://kubernetes.default.svc.cluster.local";
    public const string Audience = "https://gateway.test";
    public const string Subject = "system:serviceaccount:shop:web";
    public const string Uid = "0d7c1d0a-5a4e-4f2a-9c52-6f0f8f3f7a11";

    public string Url => url;

    public RSA Rsa { get; private set; } = RSA.Create(2048);

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string RsaKid { get; private set; } = name + "-rsa";

    public string EcKid => name + "-ec";

    public JsonObject Jwks => Json.Of(("keys", Json.List(RsaJwk(Rsa, RsaKid), EcJwk(Ec, EcKid))));

    public static JsonObject RsaJwk(RSA key, string kid)
    {
        var parameters = key.ExportParameters(false);
        return Json.Of(("kty", "RSA"), ("kid", kid), ("use", "sig"), ("n", Base64Url.EncodeToString(parameters.Modulus)), ("e", Base64Url.EncodeToString(parameters.Exponent)));
    }

    public static JsonObject EcJwk(ECDsa key, string kid)
    {
        var parameters = key.ExportParameters(false);
        return Json.Of(
            ("kty", "EC"), ("kid", kid), ("use", "sig"), ("crv", $"P-{key.KeySize}"), ("x", Base64Url.EncodeToString(parameters.Q.X)), ("y", Base64Url.EncodeToString(parameters.Q.Y)));
    }

    /// <summary>The next signing key; the old one signs nothing more.</summary>
    public void RollOver(string kid) => (Rsa, RsaKid) = (RSA.Create(2048), kid);

    public JsonObject Header(string algorithm = "RS256") => Json.Of(("alg", algorithm), ("kid", algorithm[0] == 'E' ? EcKid : RsaKid));

    public JsonObject Payload(DateTimeOffset now, string subject = Subject) => Json.Of(
        ("aud", Json.List(Audience)), ("exp", now.ToUnixTimeSeconds() + 3600), ("iat", now.ToUnixTimeSeconds()), ("iss", url), ("nbf", now.ToUnixTimeSeconds()), ("sub", subject),
        ("kubernetes.io", Json.Of(("namespace", "shop"), ("serviceaccount", Json.Of(("name", "web"), ("uid", Uid))))));

    public string Token(DateTimeOffset now, Action<JsonObject>? payload = null, Action<JsonObject>? header = null, string algorithm = "RS256", string subject = Subject)
    {
        var (head, body) = (Header(algorithm), Payload(now, subject));
        header?.Invoke(head);
        payload?.Invoke(body);
        return Signed(head.ToJsonString(), body.ToJsonString(), algorithm);
    }

    public string Signed(string header, string payload, string algorithm = "RS256") => Signed(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload), algorithm);

    public string Signed(byte[] header, byte[] payload, string algorithm = "RS256")
    {
        var input = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{input}.{Base64Url.EncodeToString(Sign(input, algorithm))}";
    }

    public byte[] Sign(string input, string algorithm = "RS256") => algorithm[0] == 'E'
        ? Ec.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256)
        : Rsa.SignData(Encoding.ASCII.GetBytes(input), new HashAlgorithmName("SHA" + algorithm[2..]), algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);

    public JsonObject Registration(string subject = Subject, object? scope = null, string permission = "read", params (string Name, object? Value)[] more)
    {
        var body = Json.Of(
            ("name", "web"), ("issuer", url), ("audience", Audience), ("subject", subject), ("permission", permission), ("scope", scope ?? Json.Everything));
        foreach (var (field, value) in Json.Of(more))
        {
            body[field] = value?.DeepClone();
        }

        return body;
    }

    public void Dispose()
    {
        Rsa.Dispose();
        Ec.Dispose();
    }
}
