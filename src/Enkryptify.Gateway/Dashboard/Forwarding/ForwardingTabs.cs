using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;

namespace Enkryptify.Gateway.Dashboard.Forwarding;

/// <summary>What leaves the gateway with this workspace's secrets is one entry of the sidebar, with a page for each way.</summary>
internal static class ForwardingTabs
{
    /// <summary>Backend, allow-list and log are about the whole workspace: an admin of a part is not led to them. The stores decide.</summary>
    public static Markup Of(Shell shell, string current) => Markup.Of(
        $"""
        <nav class="tabs" aria-label="Forwarding">{Tab(shell, "forwarding", "Routes", current)}{(shell.Workspace!.Right.May(Act.ManageAllowList, Place.Workspace)
            ? Markup.Join([Tab(shell, "forwarding/backend", "Backend", current), Tab(shell, "forwarding/origins", "Origins", current), Tab(shell, "forwarding/log", "Proxy log", current)])
            : Markup.None)}</nav>
        """);

    private static Markup Tab(Shell shell, string path, string label, string current) =>
        Markup.Of($"""<a href="{shell.Path(path)}"{Markup.Attribute("aria-current", path == current ? "page" : null)}>{label}</a>""");
}
