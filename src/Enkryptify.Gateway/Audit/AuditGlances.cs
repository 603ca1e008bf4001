using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Audit;

/// <summary>Something that was refused.</summary>
/// <param name="Count">How often, where refusals of one kind share an entry.</param>
internal sealed record RefusedEntry(DateTimeOffset Time, AuditActor Actor, string? Address, string Action, AuditTarget Target, string Reason, long Count);

/// <summary>What the newest part of a workspace's log shows at a glance.</summary>
/// <param name="Refused">Newest first, at most <see cref="AuditGlances.MaxRefused"/>.</param>
/// <param name="RefusedCount">All refusals of the span, also those that are not listed.</param>
/// <param name="Exchanges">How many exchanges succeeded in each hour of the span, as far as the memory of <c>ExchangeCounts</c> does not reach.</param>
/// <param name="Reached">How far back the look came, where it did not see the whole span; null where it did.</param>
internal sealed record AuditGlance(IReadOnlyList<RefusedEntry> Refused, long RefusedCount, IReadOnlyList<long> Exchanges, DateTimeOffset? Reached);

/// <summary>
/// Looks over the newest entries of the log, bounded like <see cref="AuditLog"/>: at most <see cref="MaxScanned"/> of them. Entries that are of no interest are
/// passed over by their bytes and never parsed: a name cannot look like a member of the line, since quotes within texts are escaped.
/// </summary>
internal sealed class AuditGlances(Database database, AuditTrail audit)
{
    public const int MaxScanned = 100_000;
    public const int MaxRefused = 12;

    /// <param name="from">The beginning of the first hour.</param>
    /// <param name="countUntil">Exchanges from then on are counted elsewhere.</param>
    public ValueTask<Outcome<AuditGlance>> Look(Caller caller, string workspace, DateTimeOffset from, int hours, DateTimeOffset countUntil)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("audit"));
        return audit.Read<AuditGlance>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ReadAudit, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            return view.Right.Covers(Place.Workspace)
                ? database.Readers.Read(sql => Scan(sql, view.Tree.Id, from, hours, countUntil))
                : Refusal.Forbidden("the audit log needs the scope of the whole workspace");
        });
    }

    private static AuditGlance Scan(Sql sql, Guid workspace, DateTimeOffset from, int hours, DateTimeOffset countUntil)
    {
        var mark = Encoding.UTF8.GetBytes($"\"workspace\":\"{workspace:D}\"");
        var (refused, count, exchanges) = (new List<RefusedEntry>(), 0L, new long[hours]);
        var (before, scanned) = (long.MaxValue, 0);
        DateTimeOffset? reached = null;
        while (scanned < MaxScanned)
        {
            var frame = sql.First(
                "SELECT first_seq, entries FROM audit_frame WHERE first_seq < ?1 ORDER BY first_seq DESC LIMIT 1", row => new Frame(row.GetInt64(0), row.Bytes(1)), before);
            if (frame is null)
            {
                return new AuditGlance(refused, count, exchanges, null);
            }

            before = frame.First;
            var isNewest = true;
            for (var end = frame.Entries.Length; end > 0;)
            {
                var text = frame.Entries.AsSpan(0, frame.Entries[end - 1] == (byte)'\n' ? end - 1 : end);
                end = text.LastIndexOf((byte)'\n') + 1;
                var line = text[end..];
                scanned++;
                if (isNewest)
                {
                    // Clocks are set back at times: what is a little too old does not end the look, what is far too old does.
                    (isNewest, reached) = (false, TimeOf(line));
                    if (reached < from - TimeSpan.FromHours(1))
                    {
                        return new AuditGlance(refused, count, exchanges, null);
                    }
                }

                if (line.IndexOf(mark) < 0)
                {
                    continue;
                }

                if (line.IndexOf("\"outcome\":\"denied\""u8) >= 0)
                {
                    var entry = Parsed(line.ToArray());
                    if (entry.Time >= from)
                    {
                        count += entry.Count;
                        if (refused.Count < MaxRefused)
                        {
                            refused.Add(entry);
                        }
                    }
                }
                else if (line.IndexOf("\"action\":\"EXCHANGE\""u8) >= 0 && TimeOf(line) is var time && time >= from && time < countUntil
                    && (int)(time - from).TotalHours is var hour && hour < hours)
                {
                    exchanges[hour]++;
                }
            }
        }

        return new AuditGlance(refused, count, exchanges, reached);
    }

    /// <summary>The second member of each line (<see cref="AuditLine"/>).</summary>
    private static DateTimeOffset TimeOf(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("time"u8))
            {
                reader.Read();
                return reader.GetDateTimeOffset();
            }
        }

        throw new InvalidOperationException("An audit entry has no time.");
    }

    private static RefusedEntry Parsed(byte[] line)
    {
        using var document = JsonDocument.Parse(line);
        var entry = document.RootElement;
        var (actor, target) = (entry.GetProperty("actor"u8), entry.GetProperty("target"u8));
        return new RefusedEntry(
            entry.GetProperty("time"u8).GetDateTimeOffset(), new AuditActor(Text(actor, "kind")!, Text(actor, "id"), Text(actor, "name")), Text(entry, "address"),
            Text(entry, "action")!, new AuditTarget(Text(target, "kind")!, Text(target, "id"), Text(target, "name")), Text(entry, "reason") ?? "",
            entry.TryGetProperty("data"u8, out var data) && data.TryGetProperty("count"u8, out var count) && count.TryGetInt64(out var times) && Text(entry, "action") == AuditAction.Refuse ? times : 1);
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private sealed record Frame(long First, byte[] Entries);
}
