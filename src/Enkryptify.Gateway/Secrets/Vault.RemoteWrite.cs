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

    private static readonly Refusal KeptStructure = new(
        RefusalKind.Unavailable, "backend_unavailable", "The backend of this workspace is not available, nothing was changed: its structure is not known as it is now");

    private static readonly Refusal EndNotRecorded = new(
        RefusalKind.BadGateway, "backend_outcome_unknown", "The change was sent to the backend, and how it ended could not be recorded; read before you try again");

    /// <summary>What a change asks past what is fresh is asked by so many requests at a time.</summary>
    private const int AskedAtOnce = 4;

    private bool IsChangedElsewhere(string workspace) => database.Structure.Find(workspace)?.Remote is { Writable: true };

    /// <param name="begin">The entry to be; made anew for each attempt.</param>
    /// <param name="plan">Judges, and gives what is to be sent. Run again when what it asked the rows for has come.</param>
    private async Task<Outcome<Done>> ChangeRemote(
        Caller caller, string workspace, string project, Func<AuditDraft> begin, Func<RemoteRows, SecretPlace, AuditDraft, Outcome<RemoteChange>> plan)
    {
        var query = new SecretQuery(workspace, project, null, false);
        var (known, isNow, unprepared) = await Gather(caller, query, begin, plan).ConfigureAwait(false);
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
            if (unprepared is not null)
            {
                return unprepared;
            }

            var mayWrite = place.View.Right.Allows(Act.WriteSecrets);
            if (mayWrite && remote.KeptSince is not null)
            {
                return KeptStructure;
            }

            if (mayWrite && !isNow)
            {
                return MovedMeanwhile;
            }

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
        var isRecorded = await audit.Ended(caller, EndOf(draft), answer.Refusal, transaction => transaction.SecretsChanged(tree!.Id)).ConfigureAwait(false);
        if (isRecorded)
        {
            return answer;
        }

        // The backend has the change, or may have: the reply must not be the one for a failed commit, which says that nothing happened.
        database.Structure.Generations.Move(tree!.Id);
        return answer.Refusal is { Kind: RefusalKind.Unavailable } notSent ? notSent : EndNotRecorded;
    }

    /// <summary>What the rules ask for: as it is now for who may write, and for others what a read would be given, so that they cost the backend no more.</summary>
    private async Task<(Dictionary<Guid, Outcome<RemoteEnvironment>> Known, bool IsNow, Refusal? Unprepared)> Gather(
        Caller caller, SecretQuery query, Func<AuditDraft> begin, Func<RemoteRows, SecretPlace, AuditDraft, Outcome<RemoteChange>> plan)
    {
        var unprepared = await remotes.PrepareChange(caller, query.Workspace).ConfigureAwait(false);
        bool? isNow = null;
        var known = new Dictionary<Guid, Outcome<RemoteEnvironment>>();
        for (var round = 0; round < MostRounds; round++)
        {
            var draft = begin();
            if (time.GetUtcNow() >= caller.ProofEnds || !remotes.StillStands(caller) || Place(database.Structure, caller, query, draft).Refused(out _, out var place))
            {
                break;
            }

            var mayWrite = place.View.Right.Allows(Act.WriteSecrets);
            if (unprepared is not null || mayWrite != (isNow ??= mayWrite))
            {
                break;
            }

            var rows = new RemoteRows(place.View, known);
            plan(rows, place, draft);
            if (rows.Problem is not null || rows.Lacking.Count == 0)
            {
                break;
            }

            await Fetch(place.View, rows.Lacking, known, mayWrite ? remotes.ReadNow : remotes.Read, mayWrite ? AskedAtOnce : int.MaxValue).ConfigureAwait(false);
        }

        return (known, isNow == true, unprepared);
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
