using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// Reads of remote workspaces (docs/decisions/0035). The caller is authorised on the remote structure before the backend is asked for anything, and again
/// each time after a wait; the backend is asked for environments that they see and for no others. References are expanded here, with the caller's right: the
/// backend would expand them with that of its own credential.
/// </summary>
internal sealed partial class Vault
{
    /// <summary>References nest ten deep, and each level can name environments that were not read before.</summary>
    private const int MostRounds = 12;

    private static readonly Refusal BecameRemote = new(RefusalKind.Unavailable, "backend_unavailable", "The workspace is being connected to a backend, try again");

    private ValueTask<Outcome<T>> ReadRemote<TPlace, T>(
        Caller caller, string workspace, AuditDraft draft, Func<Outcome<TPlace>> find, Func<TPlace, WorkspaceView> viewOf, Func<ISecretRows, TPlace, Outcome<T>> work) =>
        audit.ReadRemote<T>(caller, draft, async () =>
        {
            await remotes.Prepare(caller, workspace).ConfigureAwait(false);
            var known = new Dictionary<Guid, Outcome<RemoteEnvironment>>();
            var blank = draft.Mark();
            for (var round = 0; round < MostRounds; round++)
            {
                draft.Return(blank);
                if (time.GetUtcNow() >= caller.ProofEnds || !remotes.StillStands(caller))
                {
                    return Refusal.Unauthenticated("ended_meanwhile");
                }

                if (find().Refused(out var refusal, out var place))
                {
                    return refusal;
                }

                var view = viewOf(place);
                if (view.Tree.Remote is not { } remote)
                {
                    return BecameRemote;
                }

                var rows = new RemoteRows(view, known);
                var outcome = work(rows, place);
                draft.Add("backend", remote.Backend);
                if (rows.Problem is { } problem)
                {
                    return problem;
                }

                if (rows.Lacking.Count == 0)
                {
                    NoteAge(caller, draft, known.Values);
                    return outcome;
                }

                await Fetch(view, rows.Lacking, known, remotes.Read, int.MaxValue).ConfigureAwait(false);
            }

            throw new InvalidOperationException("References nest deeper than they may.");
        });

    private static async Task Fetch(
        WorkspaceView view, IEnumerable<Guid> environments, Dictionary<Guid, Outcome<RemoteEnvironment>> known, Func<WorkspaceTree, Env, ValueTask<Outcome<RemoteEnvironment>>> read, int atOnce)
    {
        foreach (var some in environments.Select(view.Tree.Environment).OfType<Env>().Chunk(atOnce))
        {
            var asked = some.Select(async environment => (environment.Id, Answer: await read(view.Tree, environment).ConfigureAwait(false)));
            foreach (var (id, answer) in await Task.WhenAll(asked).ConfigureAwait(false))
            {
                known[id] = answer;
            }
        }
    }

    private void NoteAge(Caller caller, AuditDraft draft, IEnumerable<Outcome<RemoteEnvironment>> answers)
    {
        var oldest = answers.Where(answer => answer.Refusal is null).Min(answer => answer.Value.KeptSince);
        if (oldest is { } since)
        {
            var age = time.GetUtcNow() - since;
            caller.GivenKept(age);
            draft.Add("keptSeconds", (long)age.TotalSeconds);
        }
    }
}
