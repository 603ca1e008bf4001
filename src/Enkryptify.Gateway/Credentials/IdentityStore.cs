using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Credentials;

/// <summary>What somebody wants to register. The issuer is named by its id, by its URL, or comes with its keys.</summary>
internal sealed record IdentityRequest(
    string Name, Guid? IssuerId, string? IssuerUrl, string? Jwks, string Audience, string Subject, Permission Permission, Scope Scope, RequiredClaims Claims,
    string? ServiceAccountUid);

/// <summary>A credential of type kubernetes with what it is bound to.</summary>
internal sealed record RegisteredIdentity(Credential Credential, WorkloadIdentity Identity);

/// <summary>Identities of workloads: register, list, revoke (contract section 4). There is no value to keep secret: a cluster vouches for its pods.</summary>
internal sealed class IdentityStore(Database database, LiveCredentials live, IssuerStore issuers, Trust trust, AuditTrail audit, TimeProvider time)
{
    private static readonly Refusal NoIdentity = Refusal.NotFound("Identity");

    public ValueTask<Outcome<(IReadOnlyList<RegisteredIdentity> Identities, Guid? Viewer)>> List(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("kubernetes"));
        return audit.Read<(IReadOnlyList<RegisteredIdentity>, Guid?)>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var viewer = caller.ActsFor(view.Tree);
            var listed = database.Readers.Read(sql => Of(sql, view, view.Right.Allows(Act.ManageOthersCredentials) ? null : viewer));
            draft.Add("count", listed.Count);
            return (listed, viewer);
        });
    }

    public Task<Outcome<RegisteredIdentity>> Create(Caller caller, string workspace, IdentityRequest request)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("kubernetes", null, request.Name));
        return audit.Change<RegisteredIdentity>(caller, draft, transaction =>
        {
            if (transaction.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            draft.Add("permission", request.Permission.Wire());
            draft.Add("scope", request.Scope.ToJson());
            if (ScopeBody.Judge(view, request.Permission, request.Scope) is { } beyond)
            {
                return beyond;
            }

            if (IssuerFor(transaction, caller, view, request).Refused(out refusal, out var issuer))
            {
                return refusal;
            }

            draft.Add("issuerId", issuer.Id.ToString("D"));
            draft.Add("issuer", issuer.Url);
            draft.Add("audience", request.Audience);
            draft.Add("subject", request.Subject);
            if (IdentityRows.Exists(transaction.Sql, issuer.Id, request.Audience, request.Subject, request.Claims.ToJson()))
            {
                return Refusal.Conflict("identity_exists", "An identity with this issuer, audience, subject and claims exists already");
            }

            if (!view.Right.Allows(Act.ManageOthersCredentials)
                && IdentityRows.HeldByAnother(transaction.Sql, issuer.Id, request.Audience, request.Subject, caller.ActsFor(view.Tree)!.Value))
            {
                // The stricter of two is the one that a token means: theirs would be what another's workload gets.
                return Refusal.Conflict("identity_exists", "Somebody else has registered this workload: only an admin registers it a second time");
            }

            var credential = new Credential(
                Ids.New(time), view.Tree.Id, caller.ActsFor(view.Tree)!.Value, CredentialType.Kubernetes, request.Name, request.Permission, request.Scope, 1, null, null,
                time.GetUtcNow(), null, null, null, null, null);
            var identity = new WorkloadIdentity(credential.Id, issuer.Id, issuer.Url, request.Audience, request.Subject, request.Claims, request.ServiceAccountUid);
            transaction.Sql.Execute(
                """
                INSERT INTO credential (id, workspace_id, created_by, type, name, permission, scope, version, created_at) VALUES (?1, ?2, ?3, 'kubernetes', ?4, ?5, ?6, 1, ?7)
                """,
                credential.Id, credential.WorkspaceId, credential.CreatedBy, credential.Name, credential.Permission.Wire(), credential.Scope.ToJson(), credential.CreatedAt);
            IdentityRows.Insert(transaction.Sql, view.Tree.Id, identity);
            trust.Changes(transaction, view.Tree.Id);
            draft.Target = new AuditTarget("kubernetes", credential.Id.ToString("D"), credential.Name);
            return new RegisteredIdentity(credential, identity);
        });
    }

    /// <summary>Immediate and final; the identity stays listed. Its creator, or an admin.</summary>
    public Task<Outcome<Done>> Revoke(Caller caller, string workspace, string id)
    {
        var draft = new AuditDraft(AuditAction.Revoke, new AuditTarget("kubernetes"));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (transaction.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var credential = Guid.TryParseExact(id, "D", out var parsed) ? CredentialRows.ById(transaction.Sql, parsed) : null;
            if (credential is not { Type: CredentialType.Kubernetes } || credential.WorkspaceId != view.Tree.Id
                || (credential.CreatedBy != caller.ActsFor(view.Tree) && !view.Right.Allows(Act.ManageOthersCredentials)))
            {
                return NoIdentity;
            }

            draft.Target = new AuditTarget("kubernetes", credential.Id.ToString("D"), credential.Name);
            if (credential.RevokedAt is null)
            {
                transaction.Sql.Execute("UPDATE credential SET revoked_at = ?2 WHERE id = ?1", credential.Id, time.GetUtcNow());
                transaction.AfterCommit(() => live.Changed(credential.Id));
                trust.Changes(transaction, view.Tree.Id);
            }

            return Done.Value;
        });
    }

    /// <summary>Newest first, with uses that are not yet written down.</summary>
    private List<RegisteredIdentity> Of(Sql sql, WorkspaceView view, Guid? creator)
    {
        var identities = IdentityRows.Of(sql, view.Tree.Id).ToDictionary(identity => identity.CredentialId);
        return [.. CredentialRows.Of(sql, view.Tree.Id, creator).Where(credential => credential.Type == CredentialType.Kubernetes)
            .Select(credential => new RegisteredIdentity(
                live.LastUse(credential.Id) is { } used ? credential with { LastUsedAt = used } : credential, identities[credential.Id]))];
    }

    private Outcome<Issuer> IssuerFor(WriteTransaction transaction, Caller caller, WorkspaceView view, IdentityRequest request)
    {
        var all = IssuerRows.Of(transaction.Sql, view.Tree.Id);
        if (request.IssuerId is { } id)
        {
            return all.Find(issuer => issuer.Id == id) is { } named ? named : IssuerStore.NoIssuer;
        }

        var sameUrl = all.Where(issuer => issuer.Url == request.IssuerUrl).ToList();
        if (request.Jwks is { } jwks)
        {
            // The same keys again are the same cluster, so that a repeated registration is seen as one. Other keys are another cluster.
            return sameUrl.Find(issuer => issuer.Uploads.Any(upload => upload.Jwks == jwks)) is { } same ? same : Make(jwks);
        }

        return sameUrl.Count switch
        {
            0 => IssuerUrl.Problem(request.IssuerUrl!) is { } unfit ? Refusal.Invalid("issuer", unfit + ", or its keys must be given as jwks") : Make(null),
            1 => sameUrl[0],
            _ => Refusal.Conflict("issuer_ambiguous", "Several issuers of this workspace have this URL: name one by issuerId"),
        };

        Outcome<Issuer> Make(string? keys) => issuers.Make(
            transaction, caller, view, new IssuerRequest(request.IssuerUrl![..Math.Min(64, request.IssuerUrl!.Length)], request.IssuerUrl, keys is null, null, null, null, keys));
    }
}
