using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>
/// From a person whom the provider proved to their account here. People are known by issuer and subject, never by e-mail: an address may be given
/// to somebody else. An account that is there already is theirs only if its holder linked it while signed in.
/// </summary>
internal sealed class SsoAccounts(SsoConfig config, Database database, Sessions sessions, AuditTrail audit, TimeProvider time)
{
    private const int LongestName = 64;

    /// <summary>The account of this person; made now, for one who may be let in.</summary>
    public async ValueTask<Outcome<Account>> Of(ProvenPerson person, string? address, string requestId)
    {
        if (database.Readers.Read(sql => Judge(sql, database.Structure, person)).Refused(out var refusal, out var known))
        {
            return refusal;
        }

        return known is not null ? known : await Make(person, address, requestId);
    }

    /// <summary>The caller, signed in as themselves, also comes through the provider from now on.</summary>
    public Task<Outcome<Done>> Link(LoginCaller caller, ProvenPerson person)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("account", caller.User.Id.ToString("D"), caller.User.Email));
        draft.Add("fields", "identity");
        draft.Add("issuer", person.Issuer);
        draft.Add("subject", person.Subject);
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (!person.EmailVerified)
            {
                return SsoRefusal.EmailUnverified;
            }

            if (Known(transaction.Sql, person) is { } holder)
            {
                return holder.Id == caller.User.Id ? Done.Value : SsoRefusal.LinkedElsewhere;
            }

            Remember(transaction.Sql, person, caller.User.Id);
            if (person.Email == caller.User.Email)
            {
                transaction.Sql.Execute("UPDATE user_account SET verified = 1 WHERE id = ?1", caller.User.Id);
                sessions.AccountChanged(transaction, caller.User.Id);
                draft.Add("verified", true);
            }

            return Done.Value;
        });
    }

    /// <summary>The account of a known person; null for a newcomer who may be let in; or why not.</summary>
    private Outcome<Account?> Judge(Sql sql, ITrees trees, ProvenPerson person)
    {
        if (!person.EmailVerified)
        {
            return SsoRefusal.EmailUnverified;
        }

        if (Known(sql, person) is { } known)
        {
            return known;
        }

        if (person.Email is not { } email)
        {
            return SsoRefusal.NoEmail;
        }

        if (!IsAllowed(email))
        {
            return SsoRefusal.NotAllowed;
        }

        return Accounts.ByEmail(sql, email) is not null ? SsoRefusal.AccountExists
            : config.Workspace is { } workspace && trees.Find(workspace) is null ? SsoRefusal.NoWorkspace
            : (Account?)null;
    }

    private Task<Outcome<Account>> Make(ProvenPerson person, string? address, string requestId)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("account", null, person.Email));
        draft.Add("issuer", person.Issuer);
        draft.Add("subject", person.Subject);
        return audit.Change<Account>(new Newcomer(person, address, requestId), draft, transaction =>
        {
            // Another sign-in of the same person may have come first.
            if (Judge(transaction.Sql, transaction, person).Refused(out var refusal, out var known))
            {
                return refusal;
            }

            if (known is not null)
            {
                return known;
            }

            var account = Accounts.Insert(transaction.Sql, time, person.Email!, NameOf(person), null, verified: true);
            Remember(transaction.Sql, person, account.Id);
            draft.Target = new AuditTarget("account", account.Id.ToString("D"), account.Email);
            if (config.Workspace is { } workspace)
            {
                Join(transaction, transaction.Find(workspace)!, account, draft);
            }

            return account;
        });
    }

    /// <summary>
    /// With the configured role and all of the workspace; unless somebody there invited this very e-mail, and could still: then with what they said.
    /// The provider's word for the e-mail is more than the invitation's code would prove.
    /// </summary>
    private void Join(WriteTransaction transaction, WorkspaceTree workspace, Account account, AuditDraft draft)
    {
        var (sql, now) = (transaction.Sql, time.GetUtcNow());
        var invitation = sql.First(
            "SELECT role, scope, invited_by FROM invitation WHERE workspace_id = ?1 AND email = ?2 AND declined_at IS NULL AND expires_at > ?3",
            row => new Offer(AccessNames.ParseRole(row.GetString(0))!.Value, Scope.FromJson(row.GetString(1)), row.IsDBNull(2) ? null : row.Id(2)), workspace.Id, account.Email, now);
        var offer = invitation is not null && workspace.StillLent(invitation.By, invitation.Role, invitation.Scope) ? invitation : new Offer(config.Role, Scope.Everything, null);
        sql.Execute(
            "INSERT INTO member (id, workspace_id, user_id, role, scope, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            Ids.New(time), workspace.Id, account.Id, offer.Role.Wire(), offer.Scope.ToJson(), now);
        sql.Execute("DELETE FROM invitation WHERE workspace_id = ?1 AND email = ?2", workspace.Id, account.Email);
        transaction.TreeChanged(workspace.Id);
        draft.Workspace = workspace.Id;
        draft.Add("role", offer.Role.Wire());
        draft.Add("scope", offer.Scope.ToJson());
        draft.Add("invitedBy", offer.By?.ToString("D"));
    }

    private bool IsAllowed(string email) =>
        config.AllowedEmails.Contains(email) || config.AllowedDomains.Contains(email[(email.IndexOf('@', StringComparison.Ordinal) + 1)..]);

    private static Account? Known(Sql sql, ProvenPerson person) => Accounts.ByIdentity(sql, person.Issuer, person.Subject);

    private static void Remember(Sql sql, ProvenPerson person, Guid account) =>
        sql.Execute("INSERT INTO user_identity (issuer, subject, user_id) VALUES (?1, ?2, ?3)", person.Issuer, person.Subject, account);

    /// <summary>The provider's text as a name here: one line, as long as any other; else the e-mail.</summary>
    private static string NameOf(ProvenPerson person)
    {
        var name = new string([.. (person.Name ?? "").Where(letter => !char.IsControl(letter))]).Trim();
        return name.Length is > 0 and <= LongestName ? name : person.Email!;
    }

    /// <summary>What a newcomer becomes in the workspace, and who said so if not the configuration.</summary>
    private sealed record Offer(Role Role, Scope Scope, Guid? By);

    /// <summary>Proven by the provider, and nobody here yet: has no right anywhere.</summary>
    private sealed class Newcomer(ProvenPerson person, string? address, string requestId) : Caller(address, requestId)
    {
        public override AuditActor Actor { get; } = new("sso", person.Subject, person.Email);

        public override Right? RightIn(WorkspaceTree tree) => null;

        public override Guid? ActsFor(WorkspaceTree tree) => null;

        public override bool StillStands(WriteTransaction transaction) => true;
    }
}
