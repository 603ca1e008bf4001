using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Audit;

/// <summary>What to look for. Texts match whole words of the entry: an id or a name.</summary>
internal sealed record AuditQuery(DateTimeOffset? From, DateTimeOffset? To, string? Actor, string? Action, string? Target, int Limit, long? Before);

/// <summary>What was found, newest first, each entry as its stored line; and how far the scan came.</summary>
internal sealed record AuditPage(IReadOnlyList<byte[]> Lines, long ScannedTo);

/// <summary>
/// Reads the log of a workspace, newest first, without an index (docs/decisions/0004): a request looks at <see cref="MaxScanned"/> entries at the
/// most and says where it stopped, so that the next one can go on from there.
/// </summary>
internal sealed class AuditLog(Database database, AuditTrail audit)
{
    public const int MaxScanned = 100_000;

    public ValueTask<Outcome<AuditPage>> Read(Caller caller, string workspace, AuditQuery query)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("audit"));
        return audit.Read<AuditPage>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ReadAudit, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            // Entries name what lies anywhere in the workspace.
            return view.Right.Covers(Place.Workspace)
                ? database.Readers.Read(sql => Scan(sql, view.Tree.Id, query))
                : Refusal.Forbidden("the audit log needs the scope of the whole workspace");
        });
    }

    private static AuditPage Scan(Sql sql, Guid workspace, AuditQuery query)
    {
        var found = new List<byte[]>();
        var (before, scanned) = (query.Before ?? long.MaxValue, 0);
        while (found.Count < query.Limit && scanned < MaxScanned)
        {
            var frame = sql.First(
                "SELECT first_seq, entries FROM audit_frame WHERE first_seq < ?1 ORDER BY first_seq DESC LIMIT 1",
                row => new Frame(row.GetInt64(0), row.Bytes(1)), before);
            if (frame is null)
            {
                return new AuditPage(found, 0);
            }

            foreach (var line in frame.NewestFirst())
            {
                scanned++;
                using var entry = JsonDocument.Parse(line);
                var sequence = entry.RootElement.GetProperty("seq"u8).GetInt64();
                if (sequence >= before)
                {
                    continue;
                }

                before = sequence;
                // Clocks are set back at times: what is a little too old does not end the search, what is far too old does.
                if (Time(entry.RootElement) < query.From - TimeSpan.FromHours(1))
                {
                    return new AuditPage(found, 0);
                }

                if (Matches(entry.RootElement, workspace, query))
                {
                    found.Add(line);
                    if (found.Count == query.Limit)
                    {
                        break;
                    }
                }
            }
        }

        return new AuditPage(found, before);
    }

    private static DateTimeOffset Time(JsonElement entry) => entry.GetProperty("time"u8).GetDateTimeOffset();

    private static bool Matches(JsonElement entry, Guid workspace, AuditQuery query) =>
        entry.TryGetProperty("workspace"u8, out var of) && of.GetGuid() == workspace
        && (query.From is not { } from || Time(entry) >= from)
        && (query.To is not { } to || Time(entry) <= to)
        && (query.Action is null || entry.GetProperty("action"u8).ValueEquals(query.Action))
        && (query.Actor is null || Names(entry.GetProperty("actor"u8), query.Actor))
        && (query.Target is null || Names(entry.GetProperty("target"u8), query.Target));

    /// <summary>Whether a kind, id or name of actor or target is the text asked for.</summary>
    private static bool Names(JsonElement party, string text) => party.EnumerateObject().Any(member => member.Value.ValueEquals(text));

    private sealed record Frame(long First, byte[] Entries)
    {
        public IEnumerable<byte[]> NewestFirst()
        {
            for (var end = Entries.Length; end > 0;)
            {
                var text = Entries.AsSpan(0, Entries[end - 1] == (byte)'\n' ? end - 1 : end);
                var start = text.LastIndexOf((byte)'\n') + 1;
                yield return text[start..].ToArray();
                end = start;
            }
        }
    }
}
