using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Credentials;

/// <summary>
/// GET /v1/workspace/{ws}/credentials: API tokens and Kubernetes identities in one array, newest first, with who made each, its last use, and whether it was
/// rotated or revoked. Admins see all, others their own.
/// </summary>
internal sealed class ListCredentials(Database database, LiveCredentials live, AuditTrail audit, TimeProvider time)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/credentials", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) =>
        Reply.Of(await List(call.Caller, call.Segment("ws")), list => Reply.Ok(list, CredentialJson.Default.IReadOnlyListCredentialBody));

    private ValueTask<Outcome<IReadOnlyList<CredentialBody>>> List(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("credential"));
        return audit.Read<IReadOnlyList<CredentialBody>>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var viewer = caller.ActsFor(view.Tree);
            var listed = database.Readers.Read(sql => Of(sql, view, viewer));
            draft.Add("count", listed.Count);
            return listed;
        });
    }

    private List<CredentialBody> Of(Sql sql, WorkspaceView view, Guid? viewer)
    {
        var people = sql.Query(
            "SELECT id, name, email FROM user_account WHERE id IN (SELECT created_by FROM credential WHERE workspace_id = ?1)",
            row => new CreatorBody(row.Id(0), row.GetString(1), row.GetString(2)), view.Tree.Id).ToDictionary(person => person.Id);
        var identities = IdentityRows.Of(sql, view.Tree.Id).ToDictionary(identity => identity.CredentialId);
        var now = time.GetUtcNow();
        return [.. CredentialRows.Of(sql, view.Tree.Id, view.Right.Allows(Act.ManageOthersCredentials) ? null : viewer).Select(credential => CredentialBody.Of(
            credential, live.LastUse(credential.Id) ?? credential.LastUsedAt, credential.Ended(now) ?? "active", credential.CreatedBy == viewer, people[credential.CreatedBy],
            identities.GetValueOrDefault(credential.Id)))];
    }
}

internal sealed record CreatorBody(Guid Id, string Name, string Email);

/// <param name="Kind">api-token or kubernetes.</param>
/// <param name="State">active, expired or revoked.</param>
/// <param name="Rotations">How often it got a new value.</param>
internal sealed record CredentialBody(
    Guid Id, string Kind, string Type, string Name, string? Prefix, string Permission, Scope Scope, bool IsOwner, CreatorBody CreatedBy, DateTime CreatedAt,
    DateTime? ExpiresAt, DateTime? LastUsedAt, DateTime? RotatedAt, long Rotations, DateTime? RevokedAt, string State, string? Issuer, string? Audience, string? Subject)
{
    public static CredentialBody Of(Credential credential, DateTimeOffset? used, string state, bool own, CreatorBody creator, WorkloadIdentity? identity) => new(
        credential.Id, credential.Type == CredentialType.Kubernetes ? "kubernetes" : "api-token", credential.Type.Wire(), credential.Name, credential.Prefix,
        credential.Permission.Wire(), credential.Scope, own, creator, credential.CreatedAt.UtcDateTime, credential.ExpiresAt?.UtcDateTime, used?.UtcDateTime,
        credential.RotatedAt?.UtcDateTime, credential.Version - 1, credential.RevokedAt?.UtcDateTime, state, identity?.IssuerUrl, identity?.Audience, identity?.Subject);
}
