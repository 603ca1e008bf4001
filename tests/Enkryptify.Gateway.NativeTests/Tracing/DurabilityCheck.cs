using System.Text;

namespace Enkryptify.Gateway.NativeTests.Tracing;

/// <summary>A change that a client had acknowledged.</summary>
/// <param name="Name">For people.</param>
/// <param name="RequestMark">Stands in its request and in no other's: in the request line or the body.</param>
/// <param name="WrittenMark">Stands in the database page it changes.</param>
internal sealed record AcknowledgedChange(string Name, string RequestMark, string WrittenMark);

/// <summary>What the trace says of a change.</summary>
internal enum Durability
{
    /// <summary>A sync of the file completed after the change's last write to it and before the reply was sent.</summary>
    SyncedBeforeReply,

    /// <summary>The file was synced, but only when the reply was already under way.</summary>
    SyncedAfterReply,

    NeverSynced,

    /// <summary>The reply left before the change's commit was written, or nothing of it was written at all.</summary>
    NotWrittenBeforeReply,

    /// <summary>The trace has no request with the mark, or no successful reply to it.</summary>
    NoReply,
}

/// <summary>A change with what the trace says of it.</summary>
internal sealed record Verdict(AcknowledgedChange Change, Durability Durability);

/// <summary>
/// Decides from a trace whether each acknowledged change would have survived a power cut. A request is found by its mark, its reply is what is
/// next sent on the same connection (no client here pipelines), and its write is the first write of the database between the two whose page
/// carries the mark, up to the end of that transaction.
/// </summary>
internal static class DurabilityCheck
{
    private const int WalFrameHeader = 24;

    public static IReadOnlyList<Verdict> Judge(IReadOnlyList<TraceEvent> events, IEnumerable<AcknowledgedChange> changes, Func<string, bool> isDatabase)
    {
        var writes = events.OfType<FileWrite>().Where(write => isDatabase(write.Path)).ToArray();
        var syncs = events.OfType<FileSync>().Where(sync => isDatabase(sync.Path)).ToArray();
        return [.. changes.Select(change => new Verdict(change, Judge(events, writes, syncs, change)))];
    }

    private static Durability Judge(IReadOnlyList<TraceEvent> events, FileWrite[] writes, FileSync[] syncs, AcknowledgedChange change)
    {
        if (Request(events, change) is not { } request || Reply(events, request) is not { } reply || !Succeeded(reply))
        {
            return Durability.NoReply;
        }

        var mark = Encoding.UTF8.GetBytes(change.WrittenMark);
        var marked = writes.Where(write => write.Begin > request.End && write.Begin < reply.Begin && Contains(write.Data, mark)).ToArray();

        // A commit goes to the log; that a checkpoint copies its page to the database in the same moment is of no importance.
        var first = marked.FirstOrDefault(write => write.Path.EndsWith("-wal", StringComparison.Ordinal)) ?? marked.FirstOrDefault();
        if (first is null || EndOfTransaction(writes, first) is not { } last || last.End > reply.Begin)
        {
            return Durability.NotWrittenBeforeReply;
        }

        var after = syncs.Where(sync => sync.Path == last.Path && sync.Begin > last.End && sync.End != TraceEvent.Never).ToArray();
        return after.Any(sync => sync.End < reply.Begin) ? Durability.SyncedBeforeReply
            : after.Length > 0 ? Durability.SyncedAfterReply
            : Durability.NeverSynced;
    }

    private static SocketReceive? Request(IReadOnlyList<TraceEvent> events, AcknowledgedChange change)
    {
        var mark = Encoding.UTF8.GetBytes(change.RequestMark);
        return events.OfType<SocketReceive>().FirstOrDefault(receive => Contains(receive.Data, mark));
    }

    private static SocketSend? Reply(IReadOnlyList<TraceEvent> events, SocketReceive request) =>
        events.OfType<SocketSend>().FirstOrDefault(send => send.Socket == request.Socket && send.Begin > request.End && IsFinal(send));

    /// <summary>Not "100 Continue".</summary>
    private static bool IsFinal(SocketSend send) => send.Data.AsSpan().StartsWith("HTTP/1.1 "u8) && send.Data.Length > 9 && send.Data[9] != (byte)'1';

    private static bool Succeeded(SocketSend reply) => reply.Data[9] == (byte)'2';

    /// <summary>
    /// In the write-ahead log a page follows a header of 24 bytes, and the header of a transaction's last page holds the size of the database
    /// (bytes 4 to 7, else zero; sqlite.org/fileformat2.html, "The WAL File Format"). Elsewhere the write stands for itself.
    /// </summary>
    private static FileWrite? EndOfTransaction(FileWrite[] writes, FileWrite marked)
    {
        var ofFile = writes.Where(write => write.Path == marked.Path).ToArray();
        var at = Array.IndexOf(ofFile, marked) - 1;
        if (at < 0 || ofFile[at].Data.Length != WalFrameHeader)
        {
            return marked;
        }

        while (at + 1 < ofFile.Length)
        {
            if (ofFile[at].Data.Length != WalFrameHeader)
            {
                return null;
            }

            if (ofFile[at].Data.AsSpan(4, 4).ContainsAnyExcept((byte)0))
            {
                return ofFile[at + 1];
            }

            at += 2;
        }

        return null;
    }

    private static bool Contains(byte[] data, byte[] mark) => data.AsSpan().IndexOf(mark) >= 0;
}
