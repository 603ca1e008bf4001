using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>The public keys that the provider signs with (RFC 7517): those of its key set that may verify an ID token here.</summary>
internal sealed class ProviderKeys(ImmutableArray<JsonWebKey> keys)
{
    private const int LeastRsaBits = 2048;

    /// <summary>Null when it is no key set.</summary>
    public static ProviderKeys? Parse(byte[] json)
    {
        try
        {
            return new ProviderKeys([.. new JsonWebKeySet(Encoding.UTF8.GetString(json)).Keys.Where(IsUsable)]);
        }
        catch (Exception error) when (error is ArgumentException or JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The key that a token names; one that names none is taken for the only key that could have signed it (Core 1.0 section 10.1).</summary>
    public JsonWebKey? For(string? keyId, string algorithm)
    {
        var type = algorithm.StartsWith("ES", StringComparison.Ordinal) ? JsonWebAlgorithmsKeyTypes.EllipticCurve : JsonWebAlgorithmsKeyTypes.RSA;
        var fitting = keys.Where(key => key.Kty == type && (string.IsNullOrEmpty(key.Alg) || key.Alg == algorithm) && (string.IsNullOrEmpty(keyId) || key.Kid == keyId)).ToList();
        return fitting.Count == 1 ? fitting[0] : null;
    }

    private static bool IsUsable(JsonWebKey key) =>
        key.Use is null or "" or "sig"
        && (key.Kty == JsonWebAlgorithmsKeyTypes.EllipticCurve || (key.Kty == JsonWebAlgorithmsKeyTypes.RSA && key.KeySize >= LeastRsaBits));
}
