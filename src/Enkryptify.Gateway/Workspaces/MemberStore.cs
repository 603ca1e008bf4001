using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Workspaces;

internal enum MemberStatus
{
    InviteSent,
    AccountCreated,
    Declined,
    Expired,
}

/// <summary>A member, or someone invited who is not yet one (then without an account).</summary>
/// <param name="InvitedBy">Who lends what an invitation promises; of a member, nobody any more.</param>
internal sealed record Membership(
    Guid Id, Guid WorkspaceId, Guid? UserId, string Email, string? Name, bool Verified, Role Role, Scope Scope, MemberStatus Status, bool IsOwner, DateTimeOffset InvitedAt,
    Guid? InvitedBy = null);

/// <summary>An invitation just made: the only time that its code exists outside its link.</summary>
internal sealed record Invited(Membership Membership, Sensitive Code, DateTimeOffset ExpiresAt);

/// <summary>
/// Who belongs to a workspace, with what role and scope (contract sections 1 and 5). Whoever manages members lends rights, so the ceiling
/// applies at every edit; nobody touches a member whose right exceeds their own; the owner stays.
/// </summary>
internal sealed class MemberStore(Database database, LiveCredentials credentials, Sessions sessions, AuditTrail audit, TimeProvider time)
{
    public static readonly TimeSpan InvitationLifetime = TimeSpan.FromDays(7);

    private static readonly Refusal NoMember = Refusal.NotFound("Member");
    private static readonly Refusal OwnerStays = Refusal.Conflict("owner_stays", "The owner of a workspace cannot be changed or removed");
    private static readonly Refusal Exceeds = Refusal.Forbidden("this member's right exceeds your own");

    public ValueTask<Outcome<IReadOnlyList<Membership>>> List(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("member"));
        return audit.Read<IReadOnlyList<Membership>>(caller, draft, () => database.Structure.View(caller, workspace, Act.ManageMembers, draft).Refused(out var refusal, out var view)
            ? refusal
            : Outcome.Of<IReadOnlyList<Membership>>([.. database.Readers.Read(sql => MemberRows.Of(sql, view.Workspace, time.GetUtcNow()))
                .Select(member => member.Status == MemberStatus.InviteSent && !view.Tree.StillLent(member.InvitedBy, member.Role, member.Scope)
                    ? member with { Status = MemberStatus.Expired }
                    : member)]));
    }

    /// <summary>An e-mail that was invited before, and has not accepted, gets a new code; the old one ends.</summary>
    public Task<Outcome<Invited>> Invite(Caller caller, string workspace, string email, Role role, Scope scope)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("member", null, email));
        return audit.Change<Invited>(caller, draft, transaction =>
        {
            if (transaction.View(caller, workspace, Act.ManageMembers, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            draft.Add("role", role.Wire());
            draft.Add("scope", scope.ToJson());
            if (MayLend(view, role, scope) is { } beyond)
            {
                return beyond;
            }

            if (Accounts.ByEmail(transaction.Sql, email) is { } account && view.Tree.MemberOf(account.Id) is not null)
            {
                return Refusal.Conflict("already_member", "This person is a member already");
            }

            if (MemberRows.OpenInvitation(transaction.Sql, view.Workspace, email, time.GetUtcNow()) is { } open
                && Ceiling.Exceeds(view.Right, open.Role, open.Scope, view.Tree.PlaceOf))
            {
                return Exceeds;
            }

            var (code, now) = (new Sensitive(RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 32)), time.GetUtcNow());
            var made = new Membership(Ids.New(time), view.Tree.Id, null, email, null, false, role, scope, MemberStatus.InviteSent, false, now);
            transaction.Sql.Execute("DELETE FROM invitation WHERE workspace_id = ?1 AND email = ?2", view.Tree.Id, email);
            transaction.Sql.Execute(
                "INSERT INTO invitation (id, workspace_id, email, role, scope, code_digest, invited_by, invited_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                made.Id, view.Tree.Id, email, role.Wire(), scope.ToJson(), CodeDigest(code), caller.ActsFor(view.Tree), now, now + InvitationLifetime);
            draft.Target = new AuditTarget("member", made.Id.ToString("D"), email);
            return new Invited(made, code, now + InvitationLifetime);
        });
    }

    /// <summary>A new role or scope, within the editor's own right. Holds from the member's next request on, and for all their credentials.</summary>
    public Task<Outcome<Membership>> Change(Caller caller, string workspace, string id, Role? role, Scope? scope)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("member"));
        return audit.Change<Membership>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, id, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            var (view, member) = found;
            var changed = member with { Role = role ?? member.Role, Scope = scope ?? member.Scope };
            draft.Add("role", changed.Role.Wire());
            draft.Add("scope", changed.Scope.ToJson());
            if (MayLend(view, role, scope) is { } beyond)
            {
                return beyond;
            }

            if (member.UserId is null)
            {
                // Whoever edits an invitation lends it from now on.
                transaction.Sql.Execute(
                    "UPDATE invitation SET role = ?2, scope = ?3, invited_by = ?4 WHERE id = ?1",
                    member.Id, changed.Role.Wire(), changed.Scope.ToJson(), caller.ActsFor(view.Tree));
            }
            else
            {
                transaction.Sql.Execute("UPDATE member SET role = ?2, scope = ?3 WHERE id = ?1", member.Id, changed.Role.Wire(), changed.Scope.ToJson());
            }

            transaction.TreeChanged(view.Tree.Id);
            return changed;
        });
    }

    /// <summary>
    /// Ends a membership or an invitation. A member's personal values go; their credentials of this workspace end, and their sessions unless they belong to another one too; shared
    /// values and audit entries stay. (Credentials are revoked, so that being invited again brings none back.)
    /// </summary>
    public Task<Outcome<Done>> Remove(Caller caller, string workspace, string id)
    {
        var draft = new AuditDraft(AuditAction.Delete, new AuditTarget("member"));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, id, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            var (view, member) = found;
            if (member.UserId is not { } user)
            {
                transaction.Sql.Execute("DELETE FROM invitation WHERE id = ?1", member.Id);
                return Done.Value;
            }

            var (sql, now) = (transaction.Sql, time.GetUtcNow());
            sql.Execute(
                """
                DELETE FROM secret_value WHERE owner_id = ?2 AND environment_id IN
                    (SELECT e.id FROM environment e JOIN project p ON p.id = e.project_id WHERE p.workspace_id = ?1)
                """,
                view.Tree.Id, user);
            sql.Execute(
                "DELETE FROM secret WHERE project_id IN (SELECT id FROM project WHERE workspace_id = ?1) AND NOT EXISTS (SELECT 1 FROM secret_value v WHERE v.secret_id = secret.id)",
                view.Tree.Id);
            foreach (var credential in sql.Query(
                "SELECT id FROM credential WHERE workspace_id = ?1 AND created_by = ?2 AND revoked_at IS NULL", row => row.Id(0), view.Tree.Id, user))
            {
                sql.Execute("UPDATE credential SET revoked_at = ?2 WHERE id = ?1", credential, now);
                transaction.AfterCommit(() => credentials.Changed(credential));
            }

            sql.Execute("DELETE FROM member WHERE id = ?1", member.Id);
            sql.Execute("DELETE FROM invitation WHERE workspace_id = ?1 AND invited_by = ?2", view.Tree.Id, user);

            // Who is still a member elsewhere stays signed in there: one workspace's admin must not cut people off from another.
            if (!sql.Any("SELECT 1 FROM member WHERE user_id = ?1", user))
            {
                sessions.EndAll(transaction, user, but: null);
            }

            transaction.TreeChanged(view.Tree.Id);
            return Done.Value;
        });
    }

    public static byte[] CodeDigest(Sensitive code) => SHA256.HashData(Encoding.UTF8.GetBytes(code.Reveal()));

    /// <summary>The ceiling for members: role and scope within the lender's own, and a scope of things that exist. Null is not being changed.</summary>
    private static Refusal? MayLend(WorkspaceView lender, Role? role, Scope? scope) =>
        role > lender.Right.Role ? Refusal.Forbidden("role: exceeds your own")
        : scope is null ? null
        : ScopeBody.Judge(lender, Permission.Read, scope);

    private Outcome<(WorkspaceView View, Membership Member)> Find(
        WriteTransaction transaction, Caller caller, string workspace, string id, AuditDraft draft)
    {
        if (transaction.View(caller, workspace, Act.ManageMembers, draft).Refused(out var refusal, out var view))
        {
            return refusal;
        }

        var member = Ids.TryParse(id, out var parsed) ? MemberRows.ById(transaction.Sql, view.Workspace, parsed, time.GetUtcNow()) : null;
        if (member is null)
        {
            return NoMember;
        }

        draft.Target = new AuditTarget("member", member.Id.ToString("D"), member.Email);
        if (member.IsOwner)
        {
            return OwnerStays;
        }

        return Ceiling.Exceeds(view.Right, member.Role, member.Scope, view.Tree.PlaceOf) ? Exceeds : (view, member);
    }
}
