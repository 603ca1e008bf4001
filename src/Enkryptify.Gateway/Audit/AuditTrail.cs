using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>An entry in the making: the operation fills in what it learns.</summary>
internal sealed class AuditDraft(string action, AuditTarget target)
{
    private List<(string, object)>? data;

    public string Action => action;

    public AuditTarget Target { get; set; } = target;

    public Guid? Workspace { get; set; }

    public IReadOnlyList<(string Name, object Value)> Data => data ?? [];

    /// <summary>Where a part of the operation began that may be done again.</summary>
    public (int Data, AuditTarget Target) Mark() => (data?.Count ?? 0, Target);

    /// <summary>Forgets what that part noted: it is done again.</summary>
    public void Return((int Data, AuditTarget Target) mark)
    {
        data?.RemoveRange(mark.Data, data.Count - mark.Data);
        Target = mark.Target;
    }

    public void Add(string name, object? value)
    {
        if (value is not null)
        {
            (data ??= new(4)).Add((name, value is int number ? (long)number : value));
        }
    }
}

/// <summary>
/// The frame around every operation on data: one entry for each, denials included, written before anything leaves the gateway (invariant 1).
/// A change's entry commits with the change; a read's is committed before its answer is handed out. If it cannot be, the operation fails.
/// </summary>
internal sealed class AuditTrail(Writer writer, TimeProvider time, ILogger<AuditTrail>? log = null)
{
    /// <summary>A read. <paramref name="work"/> authorises, then loads; what it loaded is dropped when the entry cannot be written.</summary>
    public async ValueTask<Outcome<T>> Read<T>(Caller caller, AuditDraft draft, Func<Outcome<T>> work)
    {
        var outcome = Readable(draft, work);
        await writer.Append(Entry(caller, draft, outcome.Refusal)).ConfigureAwait(false);
        return outcome;
    }

    /// <summary>A read that asks somebody else. The entry is committed when they have answered, and before anything leaves.</summary>
    public async ValueTask<Outcome<T>> ReadRemote<T>(Caller caller, AuditDraft draft, Func<ValueTask<Outcome<T>>> work)
    {
        var outcome = await work().ConfigureAwait(false);
        await writer.Append(Entry(caller, draft, outcome.Refusal)).ConfigureAwait(false);
        return outcome;
    }

    /// <summary>
    /// A change. <paramref name="work"/> runs on the writer thread, so it authorises on the state it changes. A caller whose proof ended while
    /// the request was under way is refused here, also when its body took its time.
    /// </summary>
    public async Task<Outcome<T>> Change<T>(Caller caller, AuditDraft draft, Func<WriteTransaction, Outcome<T>> work)
    {
        var use = SpaceUses.OfChange(draft.Action);
        if (!writer.Admits(use))
        {
            // Before anything is looked at, so that the answer tells nothing of what the caller may do.
            await writer.Append(Entry(caller, draft, DiskSpace.Refused)).ConfigureAwait(false);
            return DiskSpace.Refused;
        }

        return await writer.Change<T>(transaction =>
        {
            var outcome = time.GetUtcNow() < caller.ProofEnds && caller.StillStands(transaction)
                ? Readable(draft, () => work(transaction))
                : Refusal.Unauthenticated("ended_meanwhile");
            transaction.Audit(Entry(caller, draft, outcome.Refusal));
            return outcome;
        }, use).ConfigureAwait(false);
    }

    /// <summary>
    /// How a change that was sent elsewhere ended. Its beginning was admitted by <see cref="Change"/>, so this is written and synced also when the caller's proof
    /// has ended meanwhile, or room has become short.
    /// </summary>
    /// <param name="follow">What follows from it here, in the same commit.</param>
    /// <returns>False when it could not be written. The log has the kind of failure alone: its text may be anything.</returns>
    public async Task<bool> Ended(Caller caller, AuditDraft draft, Refusal? refusal, Action<WriteTransaction> follow)
    {
        try
        {
            var written = await writer.Change<Done>(transaction =>
            {
                follow(transaction);
                transaction.Audit(Entry(caller, draft, refusal));
                return Done.Value;
            }).ConfigureAwait(false);
            return written.Refusal is null;
        }
        catch (Exception error)
        {
            log?.LogError("audit: the end of a change that was sent elsewhere could not be recorded: {Failure}", error.GetType().Name);
            return false;
        }
    }

    /// <summary>An event of a caller who has proven who they are, outside the two frames above.</summary>
    public Task Record(Caller caller, AuditDraft draft) => writer.Append(Entry(caller, draft, null));

    /// <summary>How an operation that reached beyond the gateway ended.</summary>
    public Task Record(Caller caller, AuditDraft draft, Refusal? refusal) => writer.Append(Entry(caller, draft, refusal));

    /// <summary>An event of the gateway itself.</summary>
    public Task Record(AuditDraft draft) => writer.Append(
        new AuditEntry(time.GetUtcNow(), AuditActor.Gateway, null, null, draft.Action, draft.Target) { Data = draft.Data });

    /// <summary>What does not open is refused with a code and a reason of its own, and the operator is told where to look.</summary>
    private Outcome<T> Readable<T>(AuditDraft draft, Func<Outcome<T>> work)
    {
        try
        {
            return work();
        }
        catch (UnreadableValueException unreadable)
        {
            log?.LogError("encryption: {Problem}", unreadable.Message);
            draft.Add("unreadableIn", unreadable.Environment.ToString("D"));
            draft.Add("environmentKey", unreadable.KeyId);
            return UnreadableValueException.Refusal;
        }
    }

    private AuditEntry Entry(Caller caller, AuditDraft draft, Refusal? refusal) =>
        new(time.GetUtcNow(), caller.Actor, caller.Address, caller.RequestId, draft.Action, draft.Target)
        {
            Workspace = draft.Workspace,
            Denied = refusal is null ? null : refusal.Reason ?? refusal.Code,
            Data = draft.Data,
        };
}
