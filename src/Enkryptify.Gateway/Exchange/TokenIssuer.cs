using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Exchange;

/// <summary>
/// The end of every exchange, whatever was the proof: a JWT of 900 seconds for a credential that was just proven (contract section 3). Nothing is
/// stored for it (invariant 6) but its audit entry, which is written before it is handed out.
/// </summary>
internal sealed class TokenIssuer(Jwt jwt, LiveCredentials credentials, ExchangeCounts counts, AuditTrail audit, TimeProvider time)
{
    public const int LifetimeSeconds = 900;

    /// <summary>JWTs issued, by type of credential.</summary>
    public WordCounters Exchanges { get; } = new(8);

    /// <returns>The JWT, in ASCII.</returns>
    /// <param name="evidence">For the audit entry: what the proof said.</param>
    public async ValueTask<byte[]> Issue(CredentialCaller caller, IReadOnlyList<(string Name, object Value)>? evidence = null)
    {
        var credential = caller.Credential;
        var now = time.GetUtcNow();
        var issued = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        var claims = new TokenClaims(TokenUse.Credential, credential.Id, credential.Version, Ids.New(time), issued, issued.AddSeconds(LifetimeSeconds));
        var draft = new AuditDraft(AuditAction.Exchange, credential.Target)
        {
            Workspace = credential.WorkspaceId,
        };
        draft.Add("jti", claims.Id.ToString("D"));
        for (var i = 0; i < evidence?.Count; i++)
        {
            draft.Add(evidence[i].Name, evidence[i].Value);
        }

        var written = audit.Record(caller, draft);
        var token = jwt.SignToBytes(claims, (credential.WorkspaceId, credential.Permission, credential.Scope));
        credentials.Used(credential.Id, now);
        await written.ConfigureAwait(false);
        counts.Count(credential.WorkspaceId, now);
        Exchanges.Add(credential.Type.Wire());
        return token;
    }
}
