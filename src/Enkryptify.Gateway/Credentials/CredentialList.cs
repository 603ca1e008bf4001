using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Credentials;

/// <summary>A credential as somebody sees it in a list.</summary>
/// <param name="State">active, expired, revoked, or creator_removed: it would be active, but whoever made it is no member any more, so it opens nothing.</param>
/// <param name="CreatorLeft">Whoever made it is no member any more. (Removing a member revokes what they made.)</param>
/// <param name="MayRotate">Whether the one who looks may give it a new value.</param>
internal sealed record ListedCredential(Credential Credential, CreatorBody CreatedBy, WorkloadIdentity? Identity, string State, bool CreatorLeft, bool IsOwn, bool MayRotate)
{
    public bool MayRevoke => Credential.RevokedAt is null;
}

/// <summary>Which credentials of a workspace to show.</summary>
/// <param name="Text">Part of a name, a prefix, a creator, an issuer or a subject; empty is any.</param>
/// <param name="Type">Null is any.</param>
internal sealed record CredentialFilter(string Text, CredentialType? Type, int Page, int Size);

/// <summary>A page of those that fit, newest first. <paramref name="Page"/> is the nearest there is to the one that was asked for.</summary>
internal sealed record CredentialPart(IReadOnlyList<ListedCredential> Items, int Page, int Total);

/// <summary>How the credentials of a workspace stand: how many open something, and which of them soon will not.</summary>
internal sealed record CredentialStanding(long Active, long EndSoon, IReadOnlyList<ListedCredential> Soonest);

/// <summary>
/// API tokens, CLI tokens and Kubernetes identities together, newest first. Admins see all, others their own. A page costs what its rows cost, and the count of
/// those that fit; nothing is loaded to be thrown away.
/// </summary>
internal sealed class CredentialList(Database database, LiveCredentials live, AuditTrail audit, TimeProvider time)
{
    public const int MostSoonest = 20;
    private static readonly Refusal NoCredential = Refusal.NotFound("Credential");

    /// <summary>Without a text nothing needs to be joined.</summary>
    private const string Fitting = "FROM credential c WHERE c.workspace_id = ?1 AND (?2 IS NULL OR c.created_by = ?2) AND (?3 IS NULL OR c.type = ?3)";

    private const string FittingText =
        """
        FROM credential c JOIN user_account u ON u.id = c.created_by LEFT JOIN identity i ON i.credential_id = c.id
        WHERE c.workspace_id = ?1 AND (?2 IS NULL OR c.created_by = ?2) AND (?3 IS NULL OR c.type = ?3) AND (
            c.name LIKE ?4 ESCAPE '\' OR c.prefix LIKE ?4 ESCAPE '\' OR u.name LIKE ?4 ESCAPE '\' OR u.email LIKE ?4 ESCAPE '\'
            OR i.subject LIKE ?4 ESCAPE '\' OR i.issuer_url LIKE ?4 ESCAPE '\')
        """;

    private const string NewestFirst = "ORDER BY c.created_at DESC, c.id DESC";

    /// <summary>Of the CLI's tokens of eight hours nobody needs to be warned.</summary>
    private const string EndingSoon =
        "FROM credential WHERE workspace_id = ?1 AND (?2 IS NULL OR created_by = ?2) AND type = 'static' AND revoked_at IS NULL AND expires_at > ?3 AND expires_at <= ?4";

    public ValueTask<Outcome<CredentialPart>> Page(Caller caller, string workspace, CredentialFilter filter)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("credential"));
        return Read<CredentialPart>(caller, workspace, draft, (sql, view, creator) =>
        {
            var (type, like) = (filter.Type?.Wire(), $"%{filter.Text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_")}%");
            var any = filter.Text.Length == 0;
            var total = (int)(any
                ? sql.Number($"SELECT count(*) {Fitting}", view.Tree.Id, creator, type)
                : sql.Number($"SELECT count(*) {FittingText}", view.Tree.Id, creator, type, like)).GetValueOrDefault();
            var page = Math.Clamp(filter.Page, 1, Math.Max(1, (total + filter.Size - 1) / filter.Size));
            var offset = (page - 1) * (long)filter.Size;
            var ids = any
                ? sql.Query($"SELECT c.id {Fitting} {NewestFirst} LIMIT ?4 OFFSET ?5", row => row.Id(0), view.Tree.Id, creator, type, (long)filter.Size, offset)
                : sql.Query($"SELECT c.id {FittingText} {NewestFirst} LIMIT ?5 OFFSET ?6", row => row.Id(0), view.Tree.Id, creator, type, like, (long)filter.Size, offset);
            draft.Add("count", ids.Count);
            return new CredentialPart(Listed(sql, view, caller, ids), page, total);
        });
    }

    /// <summary>One credential, if it is one that the caller sees.</summary>
    public ValueTask<Outcome<ListedCredential>> Find(Caller caller, string workspace, string id)
    {
        var draft = new AuditDraft(AuditAction.View, new AuditTarget("credential"));
        return Read<ListedCredential>(caller, workspace, draft, (sql, view, creator) =>
        {
            var found = Ids.TryParse(id, out var parsed) ? CredentialRows.ById(sql, parsed) : null;
            if (found is null || found.WorkspaceId != view.Tree.Id)
            {
                return NoCredential;
            }

            draft.Target = new AuditTarget(found.Type == CredentialType.Kubernetes ? "kubernetes" : "token", found.Id.ToString("D"), found.Name);
            return creator is null || found.CreatedBy == creator ? Listed(sql, view, caller, [found.Id])[0] : NoCredential;
        });
    }

    /// <param name="soon">How near an end is soon.</param>
    public ValueTask<Outcome<CredentialStanding>> Standing(Caller caller, string workspace, TimeSpan soon)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("credential"));
        return Read<CredentialStanding>(caller, workspace, draft, (sql, view, creator) =>
        {
            var now = time.GetUtcNow();
            // What a former member made opens nothing, so it neither counts nor ends.
            var active = Sum(sql.Query(
                """
                SELECT created_by, count(*) FROM credential
                WHERE workspace_id = ?1 AND (?2 IS NULL OR created_by = ?2) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?3) GROUP BY created_by
                """,
                row => (row.Id(0), row.GetInt64(1)), view.Tree.Id, creator, now));
            var ending = Sum(sql.Query(
                $"SELECT created_by, count(*) {EndingSoon} GROUP BY created_by", row => (row.Id(0), row.GetInt64(1)), view.Tree.Id, creator, now, now + soon));
            var soonest = sql.Query($"SELECT id {EndingSoon} ORDER BY expires_at, id LIMIT ?5", row => row.Id(0), view.Tree.Id, creator, now, now + soon, 10L * MostSoonest);
            return new CredentialStanding(active, ending, [.. Listed(sql, view, caller, soonest).Where(listed => listed.State == "active").Take(MostSoonest)]);

            long Sum(List<(Guid Creator, long Count)> counts) => counts.Where(one => view.Tree.RightOf(one.Creator) is not null).Sum(one => one.Count);
        });
    }

    private ValueTask<Outcome<T>> Read<T>(Caller caller, string workspace, AuditDraft draft, Func<Sql, WorkspaceView, Guid?, Outcome<T>> work) => audit.Read<T>(caller, draft, () =>
        database.Structure.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view)
            ? refusal
            : database.Readers.Read(sql => work(sql, view, view.Right.Allows(Act.ManageOthersCredentials) ? null : caller.ActsFor(view.Tree))));

    private List<ListedCredential> Listed(Sql sql, WorkspaceView view, Caller caller, List<Guid> ids)
    {
        var (viewer, now) = (caller.ActsFor(view.Tree), time.GetUtcNow());
        var people = new Dictionary<Guid, CreatorBody>();
        return [.. ids.Select(id => CredentialRows.ById(sql, id)).OfType<Credential>().Select(One)];

        ListedCredential One(Credential stored)
        {
            var credential = live.LastUse(stored.Id) is { } used ? stored with { LastUsedAt = used } : stored;
            var own = credential.CreatedBy == viewer;
            var left = view.Tree.RightOf(credential.CreatedBy) is null;
            return new ListedCredential(
                credential, Person(credential.CreatedBy), credential.Type == CredentialType.Kubernetes ? IdentityRows.ById(sql, credential.Id) : null,
                credential.Ended(now) ?? (left ? "creator_removed" : "active"), left, own,
                credential is { Type: CredentialType.Static, RevokedAt: null } && !left
                    && (own || ScopeBody.Judge(view, credential.Permission, credential.Scope) is not { Kind: RefusalKind.Forbidden }));
        }

        CreatorBody Person(Guid id)
        {
            if (!people.TryGetValue(id, out var person))
            {
                people[id] = person = sql.First("SELECT id, name, email FROM user_account WHERE id = ?1", row => new CreatorBody(row.Id(0), row.GetString(1), row.GetString(2)), id)!;
            }

            return person;
        }
    }
}
