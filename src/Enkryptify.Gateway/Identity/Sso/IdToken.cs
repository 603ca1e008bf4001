using System.Text.Json;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>A person as the provider proved them.</summary>
/// <param name="Email">In the form that accounts are stored in; null when the provider gave none that an account could have.</param>
internal sealed record ProvenPerson(string Issuer, string Subject, string? Email, bool EmailVerified, string? Name);

/// <summary>
/// Judges ID tokens (OpenID Connect Core 1.0 section 3.1.3.7): signature by a key of the provider under a pinned family of algorithms, issuer and
/// audience to the letter, authorized party, times, and the nonce of this very sign-in.
/// </summary>
internal sealed class IdToken(SsoConfig config, Provider provider, TimeProvider time)
{
    /// <summary>What the clocks of two hosts may differ by.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    /// <summary>Signatures with a private key alone: an HMAC would take anything public for its key.</summary>
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };

    public async ValueTask<Outcome<ProvenPerson>> Judge(string token, string nonce)
    {
        if (!handler.CanReadToken(token) || Read(token) is not { IsSigned: true } unproven)
        {
            return SsoRefusal.BadToken;
        }

        if (!Algorithms.Contains(unproven.Alg, StringComparer.Ordinal))
        {
            return SsoRefusal.Algorithm;
        }

        if ((await KeyOf(unproven)).Refused(out var refusal, out var key))
        {
            return refusal;
        }

        var result = await handler.ValidateTokenAsync(unproven, Rules(key));
        if (!result.IsValid)
        {
            return Reason(result.Exception);
        }

        using var payload = JsonDocument.Parse(Base64UrlEncoder.Decode(unproven.EncodedPayload));
        return Claims(payload.RootElement, nonce);
    }

    /// <summary>An unknown key may be a new one: the key set is fetched again, as often as <see cref="Fetched{T}"/> allows.</summary>
    private async ValueTask<Outcome<JsonWebKey>> KeyOf(JsonWebToken token)
    {
        ProviderKeys? before = null;
        while (true)
        {
            if ((await provider.Keys(before)).Refused(out var refusal, out var keys))
            {
                return refusal;
            }

            if (keys.For(token.Kid, token.Alg) is { } key)
            {
                return key;
            }

            if (before is not null)
            {
                return SsoRefusal.UnknownKey;
            }

            before = keys;
        }
    }

    private TokenValidationParameters Rules(JsonWebKey key) => new()
    {
        ValidAlgorithms = Algorithms,
        IssuerSigningKey = key,
        TryAllIssuerSigningKeys = false,
        IssuerSigningKeyResolver = (_, _, _, _) => [key],
        ValidIssuer = config.Issuer,
        ValidAudience = config.ClientId,
        RequireExpirationTime = true,
        LifetimeValidator = (notBefore, expires, _, _) =>
        {
            var now = time.GetUtcNow().UtcDateTime;
            return now < expires + Skew && (notBefore is null || now >= notBefore - Skew);
        },
    };

    private Outcome<ProvenPerson> Claims(JsonElement payload, string nonce)
    {
        // A token for several audiences says for whom it was made; one made for another party is not ours, though it names us.
        var several = payload.GetProperty("aud") is { ValueKind: JsonValueKind.Array } audiences && audiences.GetArrayLength() > 1;
        var party = payload.TryGetProperty("azp", out var azp);
        if ((several && !party) || (party && Text(payload, "azp") != config.ClientId))
        {
            return SsoRefusal.Audience;
        }

        if (Text(payload, "nonce") != nonce)
        {
            return SsoRefusal.Nonce;
        }

        if (Text(payload, "sub") is not { Length: > 0 and <= 255 } subject || subject.Any(char.IsControl))
        {
            return SsoRefusal.BadToken;
        }

        var verified = payload.TryGetProperty(config.EmailClaim + "_verified", out var flag)
            && (flag.ValueKind == JsonValueKind.True || (flag.ValueKind == JsonValueKind.String && flag.ValueEquals("true"u8)));
        return new ProvenPerson(config.Issuer, subject, Accounts.NormalEmail(Text(payload, config.EmailClaim)), verified, Text(payload, config.NameClaim));
    }

    private static Refusal Reason(Exception? error) => error switch
    {
        SecurityTokenInvalidIssuerException => SsoRefusal.Issuer,
        SecurityTokenInvalidAudienceException => SsoRefusal.Audience,
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException or SecurityTokenNoExpirationException => SsoRefusal.Expired,
        SecurityTokenSignatureKeyNotFoundException => SsoRefusal.UnknownKey,
        SecurityTokenInvalidSignatureException => SsoRefusal.Signature,
        SecurityTokenInvalidAlgorithmException => SsoRefusal.Algorithm,
        _ => SsoRefusal.BadToken,
    };

    private JsonWebToken? Read(string token)
    {
        try
        {
            return handler.ReadJsonWebToken(token);
        }
        catch (Exception error) when (error is ArgumentException or SecurityTokenException or JsonException or FormatException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement payload, string name) =>
        payload.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
