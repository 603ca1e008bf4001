using System.Globalization;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Forwarding;

/// <summary>
/// GET /w/{ws}/forwarding/log: what was sent through the proxy endpoint, newest first, by <c>actor</c> and <c>host</c>. It is read from the audit log, by
/// the rule of who may see that, and shows what an entry has: names of secrets and never a value.
/// </summary>
internal sealed class ProxyLogPage(Shells shells, AuditLog log, ProxyConfig proxy)
{
    private const int Rows = 100;

    public void Map(RouteTable routes) => routes.Get("/w/{ws}/forwarding/log", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call)
    {
        var (actor, host) = (call.QueryText("actor"), call.QueryText("host"));
        long? before = long.TryParse(call.QueryText("before"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : null;
        var query = new AuditQuery(null, null, Filled(actor), AuditAction.Proxy, Filled(host), Rows, before);
        if ((await shells.InWorkspace(call, "Proxy log", Section.Forwarding)).Refused(out var refusal, out var shell)
            || (await log.Read(call.Person, call.Segment("ws"), query)).Refused(out refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var here = shell.Path("forwarding/log");
        (string Name, string Value)[] filter = [("actor", actor), ("host", host)];
        var older = found.ScannedTo == 0 ? null : here + "?" + string.Join('&', filter.Where(one => one.Value.Length > 0)
            .Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value)}").Append(string.Create(CultureInfo.InvariantCulture, $"before={found.ScannedTo}")));
        var model = new ProxyLogModel(actor, host, [.. found.Lines.Select(line => ProxyRow.Of(line))], older, before is not null, proxy.Enabled);
        return new PageReply(new Slices.Dashboard_Forwarding_ProxyLogView { Shell = shell, Model = model });
    }

    private static string? Filled(string text) => text.Length > 0 ? text : null;
}

/// <param name="Older">Where the scan can go on; null at the log's beginning.</param>
/// <param name="Enabled">Whether the operator has the proxy endpoint switched on.</param>
internal sealed record ProxyLogModel(string Actor, string Host, IReadOnlyList<ProxyRow> Rows, string? Older, bool IsLater, bool Enabled)
{
    public bool IsFiltered => Actor.Length > 0 || Host.Length > 0;
}
