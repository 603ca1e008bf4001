using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Credentials;

/// <summary>A token just made or rotated: the only time that its value exists outside its holder.</summary>
internal sealed record IssuedToken(Credential Credential, Sensitive Value);

/// <summary>API tokens: create, list, rotate, revoke (contract section 4). Only persons and the local operator manage them.</summary>
internal sealed class TokenStore(Database database, LiveCredentials live, DigestKeys digestKeys, AuditTrail audit, TimeProvider time)
{
    private static readonly Refusal NoToken = Refusal.NotFound("Token");

    public ValueTask<Outcome<(IReadOnlyList<Credential> Tokens, Guid? Viewer)>> List(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("token"));
        return audit.Read<(IReadOnlyList<Credential>, Guid?)>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var viewer = caller.ActsFor(view.Tree);
            var creator = view.Right.Allows(Act.ManageOthersCredentials) ? null : viewer;
            var tokens = database.Readers.Read(sql => CredentialRows.Of(sql, view.Tree.Id, creator))
                .Where(token => token.Type != CredentialType.Kubernetes)
                .Select(token => live.LastUse(token.Id) is { } used ? token with { LastUsedAt = used } : token)
                .ToList();
            draft.Add("count", tokens.Count);
            return (tokens, viewer);
        });
    }

    public Task<Outcome<IssuedToken>> Create(Caller caller, string workspace, string name, Permission permission, Scope scope, string lifetime)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("token", null, name));
        return audit.Change<IssuedToken>(caller, draft, transaction =>
        {
            if (transaction.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            draft.Add("permission", permission.Wire());
            draft.Add("scope", scope.ToJson());
            if (ScopeBody.Judge(view, permission, scope) is { } beyond)
            {
                return beyond;
            }

            var (value, now) = (ApiToken.New(), time.GetUtcNow());
            var (keyId, digest) = digestKeys.Current(value);
            var credential = new Credential(
                Ids.New(time), view.Tree.Id, caller.ActsFor(view.Tree)!.Value, CredentialType.Static, name, permission, scope, 1, ApiToken.Prefix(value),
                lifetime, now, Lifetime.From(now, lifetime), null, null, null, digest);
            transaction.Sql.Execute(
                """
                INSERT INTO credential (id, workspace_id, created_by, type, name, permission, scope, version, digest, digest_key_id, prefix, lifetime, created_at, expires_at)
                VALUES (?1, ?2, ?3, 'static', ?4, ?5, ?6, 1, ?7, ?8, ?9, ?10, ?11, ?12)
                """,
                credential.Id, credential.WorkspaceId, credential.CreatedBy, name, permission.Wire(), scope.ToJson(), digest, keyId, credential.Prefix, lifetime,
                now, credential.ExpiresAt);
            draft.Target = new AuditTarget("token", credential.Id.ToString("D"), name);
            draft.Add("prefix", credential.Prefix);
            return new IssuedToken(credential, value);
        });
    }

    /// <summary>A new value for the same credential. The old value and its JWTs end with the commit; the lifetime starts anew.</summary>
    public Task<Outcome<IssuedToken>> Rotate(Caller caller, string workspace, string id)
    {
        var draft = new AuditDraft(AuditAction.Rotate, new AuditTarget("token"));
        return audit.Change<IssuedToken>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, id, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            var (view, credential) = found;
            if (credential.CreatedBy != caller.ActsFor(view.Tree) && ScopeBody.Judge(view, credential.Permission, credential.Scope) is { Kind: RefusalKind.Forbidden } beyond)
            {
                return beyond;
            }

            if (credential.Type != CredentialType.Static)
            {
                return Refusal.Conflict("not_rotatable", "Only API tokens can be rotated");
            }

            if (credential.RevokedAt is not null)
            {
                return Refusal.Conflict("token_revoked", "A revoked token cannot be rotated");
            }

            var (value, now) = (ApiToken.New(), time.GetUtcNow());
            var (keyId, digest) = digestKeys.Current(value);
            var rotated = credential with
            {
                Version = credential.Version + 1, Prefix = ApiToken.Prefix(value), RotatedAt = now, ExpiresAt = Lifetime.From(now, credential.Lifetime!), Digest = digest,
            };
            transaction.Sql.Execute(
                "UPDATE credential SET version = ?2, digest = ?3, digest_key_id = ?4, prefix = ?5, rotated_at = ?6, expires_at = ?7 WHERE id = ?1",
                rotated.Id, rotated.Version, digest, keyId, rotated.Prefix, now, rotated.ExpiresAt);
            transaction.AfterCommit(() => live.Changed(rotated.Id));
            draft.Add("prefix", rotated.Prefix);
            return new IssuedToken(rotated, value);
        });
    }

    /// <summary>Immediate and final; the credential stays listed. Revoking twice is no error.</summary>
    public Task<Outcome<Done>> Revoke(Caller caller, string workspace, string id)
    {
        var draft = new AuditDraft(AuditAction.Revoke, new AuditTarget("token"));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, id, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            var credential = found.Credential;
            if (credential.RevokedAt is null)
            {
                transaction.Sql.Execute("UPDATE credential SET revoked_at = ?2 WHERE id = ?1", credential.Id, time.GetUtcNow());
                transaction.AfterCommit(() => live.Changed(credential.Id));
            }

            return Done.Value;
        });
    }

    /// <summary>A token that the caller may manage: their own, or for an admin any. Another's is missing to everybody else.</summary>
    private static Outcome<(WorkspaceView View, Credential Credential)> Find(
        WriteTransaction transaction, Caller caller, string workspace, string id, AuditDraft draft)
    {
        if (transaction.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view))
        {
            return refusal;
        }

        var credential = Ids.TryParse(id, out var parsed) ? CredentialRows.ById(transaction.Sql, parsed) : null;
        if (credential is null || credential.WorkspaceId != view.Tree.Id || credential.Type == CredentialType.Kubernetes)
        {
            return NoToken;
        }

        draft.Target = new AuditTarget("token", credential.Id.ToString("D"), credential.Name);
        return credential.CreatedBy == caller.ActsFor(view.Tree) || view.Right.Allows(Act.ManageOthersCredentials) ? (view, credential) : NoToken;
    }
}
