using System.Globalization;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Forwarding.Backends;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Forwarding;

/// <summary>GET /w/{ws}/forwarding/backend: where this workspace is read from, if it lives elsewhere, and how that does. Also while it gives nothing.</summary>
internal sealed class BackendPage(Shells shells, ListBackends backends)
{
    public void Map(RouteTable table) => table.Get("/w/{ws}/forwarding/backend", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call) =>
        (await shells.InWorkspace(call, "Backend", Section.Forwarding)).Refused(out var refusal, out var shell)
        || (await backends.List(call.Person, call.Segment("ws"))).Refused(out refusal, out var listed)
            ? Reply.Refused(refusal)
            : new PageReply(new Slices.Dashboard_Forwarding_BackendView { Shell = shell, Model = listed });
}

/// <summary>Backends in the words of the page.</summary>
internal static class BackendWords
{
    public static string Kind(string kind) => kind switch
    {
        "enkryptify" => "Enkryptify-compatible API",
        "kv2" => "key-value store, version 2 (OpenBao, Vault)",
        _ => kind,
    };

    public static Markup State(string state) => state switch
    {
        "ok" => Parts.Badge("answers", "good"),
        "failing" => Parts.Badge("fails", "bad"),
        "refused" => Parts.Badge("refuses the gateway’s credential", "bad"),
        _ => Parts.Badge("not asked yet"),
    };

    /// <summary>What is served while it is away.</summary>
    public static string Outage(BackendBody backend) => backend.MaxStaleSeconds is { } seconds
        ? $"its last good answers, up to {Length(TimeSpan.FromSeconds(seconds))} old"
        : "nothing: no answers are kept";

    private static string Length(TimeSpan time) =>
        time.TotalDays >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0.#} days")
        : time.TotalHours >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} hours")
        : Waiting.Words(time);
}
