using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;

namespace Enkryptify.Gateway.Storage;

/// <summary>One thing waiting to be written. Its task ends only after the commit of the batch that held it.</summary>
internal abstract class WriteItem
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether its batch must be on the disk before its task ends.</summary>
    public abstract bool Durable { get; }

    public Exception? Error { get; set; }

    protected Task Done => done.Task;

    /// <summary>Runs in the transaction. False undoes what it did to the database; its audit entries stay.</summary>
    public abstract bool Run(WriteTransaction transaction);

    public void Complete()
    {
        if (Error is null)
        {
            done.SetResult();
        }
        else
        {
            done.SetException(Error);
        }
    }
}

/// <summary>Only an audit entry: a read, an exchange, a refusal.</summary>
internal sealed class NoteItem(AuditEntry entry) : WriteItem
{
    public override bool Durable => false;

    public AuditEntry Entry => entry;

    public Task Task => Done;

    public override bool Run(WriteTransaction transaction)
    {
        transaction.Audit(entry);
        return true;
    }
}

/// <summary>Nothing to write: asks whether the writer answers.</summary>
internal sealed class Question : WriteItem
{
    public override bool Durable => false;

    public Task Task => Done;

    public override bool Run(WriteTransaction transaction) => true;
}

/// <summary>A change, which a refusal undoes.</summary>
internal sealed class ChangeItem<T>(Func<WriteTransaction, Outcome<T>> work, bool durable) : WriteItem
{
    private Outcome<T> outcome;

    public override bool Durable => durable;

    public override bool Run(WriteTransaction transaction)
    {
        outcome = work(transaction);
        return outcome.Refusal is null;
    }

    public async Task<Outcome<T>> Outcome()
    {
        await Done.ConfigureAwait(false);
        return outcome;
    }
}
