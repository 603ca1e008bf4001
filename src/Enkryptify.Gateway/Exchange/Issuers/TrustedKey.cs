using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>
/// A public key of an issuer (RFC 7517) with the algorithms it may be used with: an RSA key of 2048 bits and more, or an EC key on the one curve
/// that its algorithm names (RFC 7518 section 3.4). A key that names its <c>alg</c> is used with that one alone.
/// </summary>
internal sealed record TrustedKey(string Kid, IReadOnlyList<string> Algorithms, SecurityKey Key)
{
    public const int MaxKidLength = 256;

    /// <summary>One for each algorithm, as long as the key: the library's own cache of them is bounded and shared by all issuers.</summary>
    private readonly ConcurrentDictionary<string, SignatureProvider> providers = new(StringComparer.Ordinal);

    private static readonly string[] Rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

    /// <summary>All that any token may be signed with.</summary>
    public static IReadOnlyList<string> AllAlgorithms { get; } = [.. Rsa, "ES256", "ES384", "ES512"];

    /// <summary>
    /// Whether this key made the signature with that algorithm, which is one of <see cref="Algorithms"/>. The library's signature check alone: what the token
    /// says was read before, by stricter rules than those of the library's own reader.
    /// </summary>
    public bool Verifies(string algorithm, byte[] signed, byte[] signature)
    {
        try
        {
            return providers.GetOrAdd(algorithm, static (algorithm, key) => CryptoProviderFactory.Default.CreateForVerifying(key, algorithm, cacheProvider: false), Key)
                .Verify(signed, signature);
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException or InvalidOperationException or NotSupportedException)
        {
            // A signature of a length that the algorithm never has, or a key that the library has no use for.
            return false;
        }
    }

    /// <summary>The key, or in a few words why it is of no use here.</summary>
    public static (TrustedKey? Key, string? Problem) Parse(JsonElement jwk)
    {
        if (jwk.ValueKind != JsonValueKind.Object)
        {
            return (null, "is no object");
        }

        if (Text(jwk, "kid") is not { Length: > 0 and <= MaxKidLength } kid)
        {
            return (null, $"has no kid of 1 to {MaxKidLength} characters");
        }

        if (Text(jwk, "use") is not (null or "sig"))
        {
            return (null, "is not for signatures (use)");
        }

        var (key, algorithms, problem) = Text(jwk, "kty") switch
        {
            "RSA" => OfRsa(jwk),
            "EC" => OfEc(jwk),
            _ => (null, [], "is of another kind than RSA and EC (kty)"),
        };
        if (key is null)
        {
            return (null, problem);
        }

        if (Text(jwk, "alg") is { } only)
        {
            algorithms = [.. algorithms.Where(algorithm => algorithm == only)];
        }

        key.KeyId = kid;
        return algorithms.Length == 0 ? (null, "names an algorithm that does not fit it (alg)") : (new TrustedKey(kid, algorithms, key), null);
    }

    private static (SecurityKey? Key, string[] Algorithms, string? Problem) OfRsa(JsonElement jwk)
    {
        var (n, e) = (Bytes(jwk, "n"), Bytes(jwk, "e"));

        // A huge exponent would make every verification slow at the will of whoever made the key.
        return n is null || e is null ? (null, [], "has no modulus and exponent (n, e)")
            : n.Length is < 256 or > 1024 || n[0] == 0 ? (null, [], "is not of 2048 to 8192 bits (n)")
            : e.Length is 0 or > 4 || (e[^1] & 1) == 0 || (e.Length == 1 && e[0] == 1) ? (null, [], "has an unsafe exponent (e)")
            : (new RsaSecurityKey(new RSAParameters { Modulus = n, Exponent = e }), Rsa, null);
    }

    private static (SecurityKey? Key, string[] Algorithms, string? Problem) OfEc(JsonElement jwk)
    {
        var (curve, size, algorithm) = Text(jwk, "crv") switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32, "ES256"),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48, "ES384"),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66, "ES512"),
            _ => (default, 0, ""),
        };
        if (size == 0)
        {
            return (null, [], "is on another curve than P-256, P-384 and P-521 (crv)");
        }

        if (Bytes(jwk, "x") is not { } x || Bytes(jwk, "y") is not { } y || x.Length != size || y.Length != size)
        {
            return (null, [], "has no point of its curve's size (x, y)");
        }

        try
        {
            return (new ECDsaSecurityKey(ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } })), [algorithm], null);
        }
        catch (CryptographicException)
        {
            return (null, [], "is no point of its curve (x, y)");
        }
    }

    private static string? Text(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? (value.ValueKind == JsonValueKind.String ? value.GetString() : "") : null;

    private static byte[]? Bytes(JsonElement jwk, string name)
    {
        if (Text(jwk, name) is not { Length: > 0 and <= 2048 } text || !Base64Url.IsValid(text) || text.Contains('='))
        {
            return null;
        }

        return Base64Url.DecodeFromChars(text);
    }
}
