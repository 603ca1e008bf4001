using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>The first gate (contract section 7): the origins that a workspace lets its callers reach. Kept and changed by admins of the whole workspace.</summary>
internal sealed class AllowLists(Database database, AuditTrail audit)
{
    /// <summary>Entries in one list.</summary>
    public const int MaxEntries = 500;

    public ValueTask<Outcome<IReadOnlyList<string>>> Read(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("proxy-allowlist"));
        return audit.Read<IReadOnlyList<string>>(caller, draft, () =>
            Manageable(database.Structure, caller, workspace, draft).Refused(out var refusal, out var view)
                ? refusal
                : Outcome.Of<IReadOnlyList<string>>(database.Readers.Read(sql => Entries(sql, view.Tree.Id))));
    }

    /// <param name="wanted">The new list, or what is wrong with it: said only to who may change it.</param>
    public Task<Outcome<IReadOnlyList<string>>> Replace(Caller caller, string workspace, Outcome<IReadOnlyList<Origin>> wanted) => Change(caller, workspace, _ =>
        wanted.Refused(out var refusal, out var origins) ? refusal : Outcome.Of<IReadOnlyList<string>>([.. origins.Select(origin => origin.ToString())]));

    /// <summary>One more, to the list as it is then: two people may add at once.</summary>
    public Task<Outcome<IReadOnlyList<string>>> Add(Caller caller, string workspace, string field, Outcome<Origin> wanted) => Change(caller, workspace, before =>
        wanted.Refused(out var refusal, out var origin) ? refusal
        : before.Contains(origin.ToString()) ? Refusal.Conflict("already_allowed", $"{field}: is on the list already")
        : before.Count >= MaxEntries ? Refusal.Invalid(field, $"cannot be added: the list holds {MaxEntries} entries, which is all it can")
        : Outcome.Of<IReadOnlyList<string>>([.. before, origin.ToString()]));

    /// <param name="entry">As the list has it.</param>
    public Task<Outcome<IReadOnlyList<string>>> Remove(Caller caller, string workspace, string entry) => Change(caller, workspace, before =>
        before.Contains(entry) ? Outcome.Of<IReadOnlyList<string>>([.. before.Where(origin => origin != entry)]) : Refusal.NotFound("Origin"));

    private Task<Outcome<IReadOnlyList<string>>> Change(Caller caller, string workspace, Func<IReadOnlyList<string>, Outcome<IReadOnlyList<string>>> edit)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("proxy-allowlist"));
        return audit.Change<IReadOnlyList<string>>(caller, draft, transaction =>
        {
            if (Manageable(transaction, caller, workspace, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var before = Entries(transaction.Sql, view.Tree.Id);
            if (edit(before).Refused(out refusal, out var wanted))
            {
                return refusal;
            }

            List<string> after = [.. wanted.Distinct().Order(StringComparer.Ordinal)];
            transaction.Sql.Execute("DELETE FROM proxy_allowed_origin WHERE workspace_id = ?1", view.Tree.Id);
            foreach (var origin in after)
            {
                transaction.Sql.Execute("INSERT INTO proxy_allowed_origin (workspace_id, origin) VALUES (?1, ?2)", view.Tree.Id, origin);
            }

            draft.Add("added", (IReadOnlyList<string>)[.. after.Except(before)]);
            draft.Add("removed", (IReadOnlyList<string>)[.. before.Except(after)]);
            return after;
        });
    }

    /// <summary>Whether the list of a workspace, as it is now, allows an origin. Asked by the proxy, which has judged the caller.</summary>
    public bool Allows(Guid workspace, Origin origin) => database.Readers.Read(sql => Entries(sql, workspace))
        .Exists(entry => !Origin.ParseEntry("", entry).Refused(out _, out var allowed) && allowed.Allows(origin));

    private static List<string> Entries(Sql sql, Guid workspace) =>
        sql.Query("SELECT origin FROM proxy_allowed_origin WHERE workspace_id = ?1 ORDER BY origin", row => row.GetString(0), workspace);

    /// <summary>The list holds for every project, so it needs the scope of the whole workspace.</summary>
    private static Outcome<WorkspaceView> Manageable(ITrees trees, Caller caller, string workspace, AuditDraft draft) =>
        trees.View(caller, workspace, Act.ManageAllowList, draft).Refused(out var refusal, out var view) ? refusal
        : view.Right.Covers(Place.Workspace) ? view
        : Refusal.Forbidden("the allow-list needs the scope of the whole workspace");
}
