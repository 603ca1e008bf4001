using System.Globalization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Audit;

/// <summary>
/// GET /w/{ws}/audit: the log, newest first, by <c>actor</c>, <c>action</c>, <c>target</c> and days <c>from</c> and <c>to</c> (UTC). A page looks at a bounded part of the log
/// and says how far it came. POST /w/{ws}/audit/verify: whether the chain verifies.
/// </summary>
internal sealed class AuditLogPage(Shells shells, AuditLog log, ChainCheck check)
{
    private const string Pattern = "/w/{ws}/audit";
    private const int Rows = 100;

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, Show);
        routes.Post(Pattern + "/verify", RouteAccess.Page, Verify);
    }

    private async ValueTask<Reply> Show(Call call)
    {
        if ((await shells.InWorkspace(call, "Audit", Section.Audit)).Refused(out var refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        string[] names = ["actor", "action", "target", "from", "to"];
        var form = FormFields.With(names.Select(name => (name, new Microsoft.Extensions.Primitives.StringValues(call.QueryText(name)))));
        var (from, to) = (Day(form, "from"), Day(form, "to")?.AddDays(1).AddTicks(-1));
        form.Complain("to", to < from ? "Ends before it begins" : null);
        long? before = long.TryParse(call.QueryText("before"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : null;
        var query = new AuditQuery(from, to, Filled("actor"), Filled("action"), Filled("target"), Rows, before);
        var page = new AuditLogModel(form, [], null, before is not null);
        if (!form.HasProblems)
        {
            if ((await log.Read(call.Person, call.Segment("ws"), query)).Refused(out refusal, out var found))
            {
                return Reply.Refused(refusal);
            }

            page = page with { Rows = [.. found.Lines.Select(line => AuditRow.Of(line))], Older = found.ScannedTo == 0 ? null : Older(found.ScannedTo) };
        }

        return new PageReply(new Slices.Dashboard_Audit_AuditView { Shell = shell, Model = page });

        string? Filled(string name) => form.Line(name) is { Length: > 0 } text ? text : null;

        string Older(long sequence) => shell.Path("audit") + "?" + string.Join('&', names.Where(name => form[name].Length > 0)
            .Select(name => $"{name}={Uri.EscapeDataString(form[name])}").Append(string.Create(CultureInfo.InvariantCulture, $"before={sequence}")));
    }

    private async ValueTask<Reply> Verify(Call call)
    {
        // The store's rule for who reads the log holds for this too; the reading is what asks it.
        var nothing = new AuditQuery(null, null, null, null, null, 1, 1);
        if ((await shells.InWorkspace(call, "Audit", Section.Audit)).Refused(out var refusal, out var shell)
            || (await log.Read(call.Person, call.Segment("ws"), nothing)).Refused(out refusal, out _))
        {
            return Reply.Refused(refusal);
        }

        return await check.Run() is { } report
            ? new PageReply(new Slices.Dashboard_Audit_VerifiedView { Shell = shell with { Title = "Audit log verified" }, Model = report })
            : Reply.Refused(Refusal.RateLimited());
    }

    private static DateTimeOffset? Day(FormFields form, string name)
    {
        if (form.Line(name) is not { Length: > 0 } text)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and < 9999)
        {
            return new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        }

        form.Complain(name, "Write a day as 2026-01-31");
        return null;
    }
}

/// <param name="Older">Where the scan can go on; null at the log's beginning.</param>
internal sealed record AuditLogModel(FormFields Filter, IReadOnlyList<AuditRow> Rows, string? Older, bool IsLater);
