using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>What the holder of an invitation's code may see of it.</summary>
internal sealed record Invitation(
    Guid Id, Guid WorkspaceId, string WorkspaceName, string WorkspaceSlug, string Email, Role Role, Scope Scope, Guid? InvitedBy, DateTimeOffset ExpiresAt);

/// <summary>
/// The invited side. The code is the proof of being invited, and of nothing else: whoever invites holds it too, so an account made with it is
/// unverified, and an existing account joins only while signed in as itself. An invitation lends the right of whoever made it, so it opens nothing
/// once they could not lend it any more: nobody comes back, or up again, by a link that they made for themselves.
/// </summary>
internal sealed class Invitations(Database database, Passwords passwords, AuditTrail audit, RefusalLog refusals, TimeProvider time)
{
    private static readonly Refusal NoInvitation = Refusal.NotFound("Invitation");

    public async ValueTask<Outcome<Invitation>> Show(Sensitive code, string? address, string requestId)
    {
        if (database.Readers.Read(sql => Find(sql, database.Structure, code)) is { } invitation)
        {
            var draft = new AuditDraft(AuditAction.View, new AuditTarget("invitation", invitation.Id.ToString("D"), invitation.Email)) { Workspace = invitation.WorkspaceId };
            await audit.Record(new InvitedCaller(address, requestId), draft);
            return invitation;
        }

        await refusals.Refused("GET /v1/invite/{code}", "unknown_invitation", address, requestId);
        return NoInvitation;
    }

    /// <summary>Joins the workspace: as <paramref name="signedIn"/>, or as a new account with this name and password.</summary>
    public async Task<Outcome<Invitation>> Accept(Sensitive code, LoginCaller? signedIn, string? name, Sensitive? password, string? address, string requestId)
    {
        // Nobody gets a password hashed for them without a code that opens.
        if ((await Show(code, address, requestId)).Refused(out var refusal, out _))
        {
            return refusal;
        }

        var hash = signedIn is null && password is { } text ? passwords.TryHash(text) : null;
        if (signedIn is null && password is not null && hash is null)
        {
            return Refusal.RateLimited();
        }

        var caller = signedIn ?? (Caller)new InvitedCaller(address, requestId);
        var draft = new AuditDraft(AuditAction.Accept, new AuditTarget("invitation"));
        return await audit.Change<Invitation>(caller, draft, transaction =>
        {
            if (Open(transaction, code, draft) is not { } invitation)
            {
                return NoInvitation;
            }

            var existing = Accounts.ByEmail(transaction.Sql, invitation.Email);
            if (signedIn is not null && signedIn.User.Id != existing?.Id)
            {
                return Refusal.Forbidden("this invitation is for another account");
            }

            if (signedIn is null && existing is not null)
            {
                return Refusal.Conflict("sign_in_first", "There is an account with this e-mail: sign in as it, then accept");
            }

            if (existing is null && (hash is null || name is null))
            {
                return Refusal.Invalid(name is null ? "name" : "password", "is required for a new account");
            }

            var account = existing ?? Accounts.Insert(transaction.Sql, time, invitation.Email, name!, hash, verified: false);
            transaction.Sql.Execute(
                "INSERT INTO member (id, workspace_id, user_id, role, scope, created_at) SELECT id, workspace_id, ?2, role, scope, invited_at FROM invitation WHERE id = ?1",
                invitation.Id, account.Id);
            transaction.Sql.Execute("DELETE FROM invitation WHERE id = ?1", invitation.Id);
            transaction.TreeChanged(invitation.WorkspaceId);
            draft.Add("account", account.Id.ToString("D"));
            return invitation;
        });
    }

    public async Task<Outcome<Done>> Decline(Sensitive code, string? address, string requestId)
    {
        // Wrong codes are counted, not kept one by one: whoever guesses has proven nothing.
        if ((await Show(code, address, requestId)).Refused(out var refusal, out _))
        {
            return refusal;
        }

        var draft = new AuditDraft(AuditAction.Deny, new AuditTarget("invitation"));
        return await audit.Change<Done>(new InvitedCaller(address, requestId), draft, transaction =>
        {
            if (Open(transaction, code, draft) is not { } invitation)
            {
                return NoInvitation;
            }

            transaction.Sql.Execute("UPDATE invitation SET declined_at = ?2 WHERE id = ?1", invitation.Id, time.GetUtcNow());
            return Done.Value;
        });
    }

    private Invitation? Open(WriteTransaction transaction, Sensitive code, AuditDraft draft)
    {
        if (Find(transaction.Sql, transaction, code) is not { } invitation)
        {
            return null;
        }

        draft.Workspace = invitation.WorkspaceId;
        draft.Target = new AuditTarget("invitation", invitation.Id.ToString("D"), invitation.Email);
        return invitation;
    }

    /// <summary>Open ones alone: an expired, declined or used code is as unknown as a wrong one, and so is one that its inviter could not give now.</summary>
    private Invitation? Find(Sql sql, ITrees trees, Sensitive code) => sql.First(
        """
        SELECT i.id, i.workspace_id, w.name, w.slug, i.email, i.role, i.scope, i.invited_by, i.expires_at FROM invitation i JOIN workspace w ON w.id = i.workspace_id
        WHERE i.code_digest = ?1 AND i.declined_at IS NULL AND i.expires_at > ?2
        """,
        row => new Invitation(
            row.Id(0), row.Id(1), row.GetString(2), row.GetString(3), row.GetString(4), AccessNames.ParseRole(row.GetString(5))!.Value,
            Scope.FromJson(row.GetString(6)), row.IsDBNull(7) ? null : row.Id(7), row.Time(8)),
        MemberStore.CodeDigest(code), time.GetUtcNow()) is { } found && trees.Find(found.WorkspaceId)?.StillLent(found.InvitedBy, found.Role, found.Scope) == true
        ? found
        : null;

    /// <summary>Holds an invitation's code and nothing else: has no right anywhere.</summary>
    private sealed class InvitedCaller(string? address, string requestId) : Caller(address, requestId)
    {
        public override AuditActor Actor { get; } = new("invited", null, null);

        public override Right? RightIn(WorkspaceTree tree) => null;

        public override Guid? ActsFor(WorkspaceTree tree) => null;

        public override bool StillStands(WriteTransaction transaction) => true;
    }
}
