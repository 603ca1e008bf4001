using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// Changes of secrets that live in a backend which the operator declared writable (docs/decisions/0035). The rules are those of a local change, on what the
/// backend says now:
/// <code>
/// 1 gather   ask for what the rules need to know; a caller who may not is told so without anything being asked
/// 2 intend   judge, on the writer thread, in the transaction that commits and syncs the entry of what is about to happen, or of the refusal
/// 3 send     once
/// 4 end      a second entry says how it went; the generation moves, so that nothing read before is used again
/// </code>
/// An entry without its second one is a change of which nobody knows whether it happened.
/// </summary>
internal sealed partial class Vault
{
    private static readonly Refusal MovedMeanwhile = new(
        RefusalKind.Unavailable, "backend_unavailable", "The structure of the workspace changed at its backend meanwhile; nothing was changed, try again");

    private bool IsChangedElsewhere(string workspace) => database.Structure.Find(workspace)?.Remote is { Writable: true };

    /// <param name="begin">The entry to be; made anew for each attempt.</param>
    /// <param name="plan">Judges, and gives what is to be sent. Run again when what it asked the rows for has come.</param>
    private async Task<Outcome<Done>> ChangeRemote(
        Caller caller, string workspace, string project, Func<AuditDraft> begin, Func<RemoteRows, SecretPlace, AuditDraft, Outcome<RemoteChange>> plan)
    {
        var query = new SecretQuery(workspace, project, null, false);
        var known = await Gather(caller, query, begin, plan).ConfigureAwait(false);
        var draft = begin();
        WorkspaceTree? tree = null;
        var intended = await audit.Change<RemoteChange>(caller, draft, transaction =>
        {
            if (Place(new CommittedTrees(transaction), caller, query, draft).Refused(out var refusal, out var place))
            {
                return refusal;
            }

            if (place.View.Tree.Remote is not { } remote)
            {
                return BecameRemote;
            }

            tree = place.View.Tree;
            draft.Add("backend", remote.Backend);
            var rows = new RemoteRows(place.View, known);
            var outcome = plan(rows, place, draft);
            if (rows.Problem is { } problem)
            {
                return problem;
            }

            if (rows.Lacking.Count > 0)
            {
                return MovedMeanwhile;
            }

            draft.Add("step", outcome.Refusal is null && !outcome.Value.IsEmpty ? "intended" : null);
            return outcome;
        }).ConfigureAwait(false);
        if (intended.Refused(out var refused, out var change))
        {
            return refused;
        }

        if (change.IsEmpty)
        {
            return Done.Value;
        }

        var answer = await remotes.Write(tree!, change).ConfigureAwait(false);
        await audit.Ended(caller, EndOf(draft), answer.Refusal, transaction => transaction.SecretsChanged(tree!.Id)).ConfigureAwait(false);
        return answer;
    }

    private async Task<Dictionary<Guid, Outcome<RemoteEnvironment>>> Gather(
        Caller caller, SecretQuery query, Func<AuditDraft> begin, Func<RemoteRows, SecretPlace, AuditDraft, Outcome<RemoteChange>> plan)
    {
        await remotes.Prepare(caller, query.Workspace).ConfigureAwait(false);
        var known = new Dictionary<Guid, Outcome<RemoteEnvironment>>();
        for (var round = 0; round < MostRounds; round++)
        {
            var draft = begin();
            if (time.GetUtcNow() >= caller.ProofEnds || !remotes.StillStands(caller) || Place(database.Structure, caller, query, draft).Refused(out _, out var place))
            {
                return known;
            }

            var rows = new RemoteRows(place.View, known);
            plan(rows, place, draft);
            if (rows.Problem is not null || rows.Lacking.Count == 0)
            {
                return known;
            }

            await Fetch(place.View, rows.Lacking, known, remotes.ReadNow).ConfigureAwait(false);
        }

        return known;
    }

    /// <summary>The second entry names the same as the first.</summary>
    private static AuditDraft EndOf(AuditDraft intended)
    {
        var draft = new AuditDraft(intended.Action, intended.Target) { Workspace = intended.Workspace };
        foreach (var (name, value) in intended.Data)
        {
            draft.Add(name, name == "step" ? "ended" : value);
        }

        return draft;
    }

    /// <summary>The trees that a change works on, for looking at: no secret of this database is about to change.</summary>
    private sealed class CommittedTrees(WriteTransaction transaction) : ITrees
    {
        public IEnumerable<WorkspaceTree> All => transaction.All;

        public WorkspaceTree? Find(string reference) => transaction.Find(reference);

        public WorkspaceTree? Find(Guid id) => transaction.Find(id);
    }
}
