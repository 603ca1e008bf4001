using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Enkryptify.Gateway.Reference;

/// <summary>JWS in compact form (RFC 7515), and no more of it than a measurement needs: a signature is checked or made, one claim is read.</summary>
internal static class Jws
{
    private static readonly byte[] Header = Encoding.ASCII.GetBytes(Base64Url.EncodeToString("{\"alg\":\"ES256\",\"kid\":\"reference\",\"typ\":\"at+jwt\"}"u8) + ".");

    /// <summary>A JWT of 15 minutes with claims like the gateway's.</summary>
    public static string Sign(ECDsa key, long now)
    {
        var payload = Encoding.ASCII.GetBytes(
            $$"""{"iss":"http://127.0.0.1:8480","aud":"enkryptify","sub":"{{Guid.Empty:D}}","jti":"{{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}}","iat":{{now}},"nbf":{{now}},"exp":{{now + 900}},"token_use":"credential"}""");
        var input = new byte[Header.Length + Base64Url.GetEncodedLength(payload.Length)];
        Header.CopyTo(input, 0);
        Base64Url.EncodeToUtf8(payload, input.AsSpan(Header.Length));
        return $"{Encoding.ASCII.GetString(input)}.{Base64Url.EncodeToString(key.SignData(input, HashAlgorithmName.SHA256))}";
    }

    public static bool Verifies(string token, ECDsa key) => Parts(token) is var (input, signature, _) && key.VerifyData(input, signature, HashAlgorithmName.SHA256);

    /// <summary>Signature, and that it has not expired.</summary>
    public static bool Verifies(string token, RSA key, long now)
    {
        if (Parts(token) is not var (input, signature, payload) || !key.VerifyData(input, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
        {
            return false;
        }

        using var claims = JsonDocument.Parse(payload);
        return claims.RootElement.TryGetProperty("exp"u8, out var expires) && expires.TryGetInt64(out var seconds) && seconds > now;
    }

    private static (byte[] Input, byte[] Signature, byte[] Payload)? Parts(string token)
    {
        var (first, last) = (token.IndexOf('.', StringComparison.Ordinal), token.LastIndexOf('.'));
        try
        {
            return first < 0 || first == last ? null
                : (Encoding.ASCII.GetBytes(token[..last]), Base64Url.DecodeFromChars(token.AsSpan(last + 1)), Base64Url.DecodeFromChars(token.AsSpan(first + 1, last - first - 1)));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
