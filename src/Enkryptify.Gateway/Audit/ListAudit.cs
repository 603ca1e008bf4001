using System.Globalization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// GET /v1/workspace/{ws}/audit: newest first; <c>from</c>, <c>to</c> (ISO-8601), <c>actor</c>, <c>action</c>, <c>target</c>, <c>limit</c> (1–500,
/// default 100), <c>before</c> (a <c>seq</c>). The header <c>Audit-Scanned-To</c> is the <c>before</c> of the next page; 0 means there is none.
/// </summary>
internal sealed class ListAudit(AuditLog log)
{
    public const int MaxLimit = 500;

    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/audit", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if (Query(call).Refused(out var invalid, out var query))
        {
            return Reply.Refused(invalid);
        }

        if ((await log.Read(call.Caller, call.Segment("ws"), query)).Refused(out var refusal, out var page))
        {
            return Reply.Refused(refusal);
        }

        call.Context.Response.Headers["Audit-Scanned-To"] = page.ScannedTo.ToString(CultureInfo.InvariantCulture);
        return new BytesReply("application/json; charset=utf-8", Array(page.Lines));
    }

    /// <summary>The lines are JSON already, and ours.</summary>
    private static byte[] Array(IReadOnlyList<byte[]> lines)
    {
        var body = new MemoryStream();
        body.Write("["u8);
        for (var i = 0; i < lines.Count; i++)
        {
            body.Write(i == 0 ? ""u8 : ","u8);
            body.Write(lines[i]);
        }

        body.Write("]"u8);
        return body.ToArray();
    }

    private static Outcome<AuditQuery> Query(Call call)
    {
        if (Time(call, "from").Refused(out var refusal, out var from) || Time(call, "to").Refused(out refusal, out var to)
            || Number(call, "limit").Refused(out refusal, out var limit) || Number(call, "before").Refused(out refusal, out var before)
            || call.Query("actor").Refused(out refusal, out var actor) || call.Query("action").Refused(out refusal, out var action)
            || call.Query("target").Refused(out refusal, out var target))
        {
            return refusal;
        }

        return limit is < 1 or > MaxLimit
            ? Refusal.Invalid("limit", $"must be 1 to {MaxLimit}")
            : new AuditQuery(from, to, actor, action, target, (int)(limit ?? 100), before);
    }

    private static Outcome<DateTimeOffset?> Time(Call call, string name)
    {
        if (call.Query(name).Refused(out var refusal, out var text))
        {
            return refusal;
        }

        return text is null ? (DateTimeOffset?)null
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : Refusal.Invalid(name, "must be an ISO-8601 time");
    }

    private static Outcome<long?> Number(Call call, string name)
    {
        if (call.Query(name).Refused(out var refusal, out var text))
        {
            return refusal;
        }

        return text is null ? (long?)null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : Refusal.Invalid(name, "must be a whole number");
    }
}
