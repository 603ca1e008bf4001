using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Enkryptify.Gateway.Exchange.Issuers;

namespace Enkryptify.Gateway.Exchange.Oidc;

/// <summary>
/// Another party's ID token (RFC 7519, JWS compact form) taken apart and not yet believed. What two readers could take for two things is no token:
/// a member that stands twice, bytes that are no UTF-8, base64url that is not the one spelling of its bytes, times that are no whole numbers.
/// </summary>
/// <param name="Signed">What the signature is over (RFC 7515 section 5.2): header and payload as they came, in ASCII.</param>
/// <param name="Payload">All claims, for those that an identity is bound to beside the subject.</param>
internal sealed record OidcToken(
    byte[] Signed, byte[] Signature, string Algorithm, string Kid, string Issuer, string Subject, IReadOnlyList<string> Audiences, long ExpiresAt, long? NotBefore, long? IssuedAt,
    JsonElement Payload)
{
    public const int MaxLength = 16 * 1024;
    private const int MaxAudiences = 32;

    /// <summary>The end of the year 9999.</summary>
    private const long MaxTime = 253_402_300_799;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>They would have the verifier take a key from the token, do what it does not know, or unpack something first (RFC 7515 section 4.1, RFC 8725 section 3).</summary>
    private static readonly string[] ForbiddenHeaders = ["jku", "jwk", "x5u", "x5c", "crit", "zip", "enc", "cty", "b64"];

    /// <summary>A record prints its members; this one must not.</summary>
    public override string ToString() => "[redacted]";

    /// <summary>The token, or what is wrong with its form. Nothing longer than <see cref="MaxLength"/> is looked at.</summary>
    public static (OidcToken? Token, string? Problem) Parse(string text)
    {
        if (text.Length > MaxLength)
        {
            return (null, $"longer than {MaxLength} characters");
        }

        var parts = text.Split('.', 6);
        if (parts.Length == 5)
        {
            return (null, "an encrypted token (five parts)");
        }

        if (parts.Length != 3)
        {
            return (null, "not three parts with dots between them");
        }

        if (Decoded(parts[0]) is not { } header || Decoded(parts[1]) is not { } payload || Decoded(parts[2]) is not { } signature)
        {
            return (null, "a part that is empty or no unpadded base64url");
        }

        try
        {
            return Read(Encoding.ASCII.GetBytes(text, 0, parts[0].Length + 1 + parts[1].Length), signature, header, payload);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half of a surrogate pair.
            return (null, "a header or payload that is no JSON object, repeats a member, nests too deep or is no valid Unicode");
        }
    }

    private static (OidcToken? Token, string? Problem) Read(byte[] signed, byte[] signature, byte[] headerBytes, byte[] payloadBytes)
    {
        if (!Utf8.IsValid(headerBytes) || !Utf8.IsValid(payloadBytes))
        {
            return (null, "a header or payload that is no UTF-8");
        }

        var header = JsonElement.Parse(headerBytes, Strict);
        if (header.ValueKind != JsonValueKind.Object)
        {
            return (null, "a header that is no JSON object");
        }

        if (Array.Find(ForbiddenHeaders, name => header.TryGetProperty(name, out _)) is { } forbidden)
        {
            return (null, $"the header parameter {forbidden}, which is never trusted");
        }

        if (TextOf(header, "alg") is not { Length: > 0 and <= 32 } algorithm)
        {
            return (null, "no alg");
        }

        if (header.TryGetProperty("typ", out var typ) && !(typ.ValueKind == JsonValueKind.String && string.Equals(typ.GetString(), "JWT", StringComparison.OrdinalIgnoreCase)))
        {
            return (null, "a typ other than JWT");
        }

        if (TextOf(header, "kid") is not { Length: > 0 and <= TrustedKey.MaxKidLength } kid)
        {
            return (null, $"no kid of 1 to {TrustedKey.MaxKidLength} characters");
        }

        if (payloadBytes.AsSpan().IndexOf("\\u"u8) >= 0)
        {
            AllReadable(payloadBytes);
        }

        var payload = JsonElement.Parse(payloadBytes, Strict);
        if (payload.ValueKind != JsonValueKind.Object)
        {
            return (null, "a payload that is no JSON object");
        }

        if (TextOf(payload, "iss") is not { Length: > 0 } issuer)
        {
            return (null, "no iss that is a string");
        }

        if (TextOf(payload, "sub") is not { Length: > 0 } subject)
        {
            return (null, "no sub that is a string");
        }

        return AudiencesOf(payload) is not { } audiences ? (null, $"no aud that is a string or a list of 1 to {MaxAudiences} strings")
            : !Time(payload, "exp", out var expires) || expires is null ? (null, "no exp that is a whole number of seconds")
            : !Time(payload, "nbf", out var notBefore) ? (null, "an nbf that is no whole number of seconds")
            : !Time(payload, "iat", out var issued) ? (null, "an iat that is no whole number of seconds")
            : (new OidcToken(signed, signature, algorithm, kid, issuer, subject, audiences, expires.Value, notBefore, issued, payload), null);
    }

    /// <summary>An escape may spell half of a surrogate pair, also in a claim that is looked at only later.</summary>
    /// <exception cref="InvalidOperationException">It does.</exception>
    private static void AllReadable(byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Strict.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                reader.GetString();
            }
        }
    }

    private static List<string>? AudiencesOf(JsonElement payload)
    {
        if (!payload.TryGetProperty("aud", out var aud))
        {
            return null;
        }

        if (aud.ValueKind == JsonValueKind.String)
        {
            return [aud.GetString()!];
        }

        return aud.ValueKind == JsonValueKind.Array && aud.GetArrayLength() is > 0 and <= MaxAudiences && aud.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. aud.EnumerateArray().Select(item => item.GetString()!)]
            : null;
    }

    private static bool Time(JsonElement payload, string name, out long? seconds)
    {
        seconds = null;
        if (!payload.TryGetProperty(name, out var value))
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number) || number is < 0 or > MaxTime)
        {
            return false;
        }

        seconds = number;
        return true;
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Only the one spelling of the bytes (RFC 4648 section 3.5): another could name one token in two ways.</summary>
    private static byte[]? Decoded(string part)
    {
        // The library's decoder skips blanks and takes padding, and ignores bits of the last character that stand for nothing.
        var unused = (part.Length % 4) switch { 1 => -1, 2 => 0b1111, 3 => 0b11, _ => 0 };
        return part.Length == 0 || unused < 0 || part.AsSpan().ContainsAnyExcept(Letters) || (Alphabet.IndexOf(part[^1], StringComparison.Ordinal) & unused) != 0
            ? null
            : Base64Url.DecodeFromChars(part);
    }

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly System.Buffers.SearchValues<char> Letters = System.Buffers.SearchValues.Create(Alphabet);
}
