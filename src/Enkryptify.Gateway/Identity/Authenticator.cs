using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Exchange;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// The one place where a <see cref="Caller"/> is made. A verified signature is remembered, by the digest of the token, up to
/// <see cref="RememberedTokens"/> and while it is used; whether its credential still stands is asked of the store each time (contract section 3: revocation reaches
/// issued JWTs on the next request).
/// </summary>
internal sealed class Authenticator(
    Jwt jwt, LiveCredentials credentials, ApiTokenProof apiTokens, ExchangeConfig exchange, Workspaces.Structure structure,
    Sessions sessions, TimeProvider time)
{
    public const int RememberedTokens = 65_536;

    private readonly Lock gate = new();
    private readonly BoundedMap<Digest256, TokenClaims> verified = new(RememberedTokens);
    private DateTimeOffset aged = time.GetUtcNow();

    /// <summary>How many verified tokens are remembered.</summary>
    public int Remembered
    {
        get
        {
            lock (gate)
            {
                return verified.Count;
            }
        }
    }

    /// <param name="token">What stood after <c>Bearer</c>.</param>
    public Outcome<Caller> Authenticate(string token, string? address, string requestId)
    {
        if (token.StartsWith(ApiToken.Mark, StringComparison.Ordinal))
        {
            return exchange.AcceptApiTokensDirectly ? Direct(token, address, requestId) : NotExchanged;
        }

        if (Verified(token) is not { } claims)
        {
            return Refusal.Unauthenticated("bad_token");
        }

        var now = time.GetUtcNow();
        if (now >= claims.ExpiresAt || now < claims.IssuedAt)
        {
            return Refusal.Unauthenticated("expired");
        }

        return claims.Use == TokenUse.Login ? OfLogin(claims, address, requestId) : OfCredential(claims, now, address, requestId);
    }

    /// <summary>401 for a raw API token, with the way out (contract section 2).</summary>
    private static readonly Refusal NotExchanged = new(
        RefusalKind.Unauthenticated,
        "api_token_not_exchanged",
        "An API token opens nothing by itself: exchange it with POST /v1/auth/exchange and send the accessToken (SDKs: useTokenExchange). The operator can allow direct use with exchange.accept_api_tokens_directly = true.",
        "api_token_not_exchanged");

    private Outcome<Caller> Direct(string token, string? address, string requestId)
    {
        if (apiTokens.Verify(new Sensitive(token)).Refused(out var refusal, out var credential))
        {
            return refusal;
        }

        credentials.Used(credential.Id, time.GetUtcNow());
        return new CredentialCaller(credential, address, requestId) { ProofEnds = credential.ExpiresAt ?? DateTimeOffset.MaxValue };
    }

    private Outcome<Caller> OfLogin(TokenClaims claims, string? address, string requestId) =>
        sessions.Find(claims.Id) is { Kind: SessionKind.Login } session && session.UserId == claims.Subject
            ? new LoginCaller(session, address, requestId) { ProofEnds = claims.ExpiresAt }
            : Refusal.Unauthenticated("signed_out");

    private Outcome<Caller> OfCredential(TokenClaims claims, DateTimeOffset now, string? address, string requestId)
    {
        var credential = credentials.ById(claims.Subject);
        if (credential is null || (credential.Type == CredentialType.Cli) != (claims.Use == TokenUse.Cli))
        {
            return Refusal.Unauthenticated("unknown");
        }

        if (credential.Version != claims.Version)
        {
            return Refusal.Unauthenticated("rotated");
        }

        if (Standing(credential, now) is { } ended)
        {
            return Refusal.Unauthenticated(ended);
        }

        credentials.Used(credential.Id, now);
        return new CredentialCaller(credential, address, requestId)
        {
            ProofEnds = credential.ExpiresAt is { } end && end < claims.ExpiresAt ? end : claims.ExpiresAt,
        };
    }

    /// <summary>
    /// The caller that a route of the operator's acts as: named in the configuration instead of proven by a token, and held to everything else. What a
    /// person's <c>cli</c> credential sees of their own is not a route's to send, so there is none for that kind.
    /// </summary>
    public Outcome<CredentialCaller> ActAs(Guid id, string? address, string requestId, bool noteUse)
    {
        var now = time.GetUtcNow();
        if (credentials.ById(id) is not { Type: not CredentialType.Cli } credential)
        {
            return Refusal.Unauthenticated("unknown");
        }

        if (Standing(credential, now) is { } ended)
        {
            return Refusal.Unauthenticated(ended);
        }

        if (noteUse)
        {
            credentials.Used(credential.Id, now);
        }

        return new CredentialCaller(credential, address, requestId) { ProofEnds = credential.ExpiresAt ?? DateTimeOffset.MaxValue };
    }

    /// <summary>Why a credential opens nothing now, itself or for its creator's sake; null when it does.</summary>
    private string? Standing(Credential credential, DateTimeOffset now) =>
        credential.Ended(now) ?? (structure.Find(credential.WorkspaceId)?.RightOf(credential.CreatedBy) is null ? "creator_removed" : null);

    private TokenClaims? Verified(string token)
    {
        if (token.Length > Jwt.MaxLength || !Ascii.IsValid(token))
        {
            return null;
        }

        // No more than needed: a stack array is cleared first.
        Span<byte> bytes = token.Length <= 1024 ? stackalloc byte[1024] : new byte[token.Length];
        bytes = bytes[..Encoding.ASCII.GetBytes(token, bytes)];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        var key = new Digest256(digest);
        lock (gate)
        {
            if (verified.TryGet(key, out var known))
            {
                return known;
            }
        }

        var claims = jwt.Verify(bytes);
        var now = time.GetUtcNow();
        if (claims is not null && claims.ExpiresAt > now)
        {
            lock (gate)
            {
                // Most have ended by then, and would otherwise take memory until there are too many.
                if (now - aged > TimeSpan.FromSeconds(TokenIssuer.LifetimeSeconds))
                {
                    verified.Age();
                    aged = now;
                }

                verified.Put(key, claims);
            }
        }

        return claims;
    }
}
