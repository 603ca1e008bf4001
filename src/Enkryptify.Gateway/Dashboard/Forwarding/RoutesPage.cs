using Enkryptify.Gateway.Dashboard.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Forwarding.Routes;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Forwarding;

/// <summary>GET /w/{ws}/forwarding: the legacy routes that inject this workspace's secrets: what they match, where they lead, and whether they work.</summary>
internal sealed class RoutesPage(Shells shells, WorkspaceRoutes routes)
{
    public void Map(RouteTable table) => table.Get("/w/{ws}/forwarding", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call) =>
        (await shells.InWorkspace(call, "Forwarding", Section.Forwarding)).Refused(out var refusal, out var shell)
        || (await routes.List(call.Person, call.Segment("ws"))).Refused(out refusal, out var listed)
            ? Reply.Refused(refusal)
            : new PageReply(new Slices.Dashboard_Forwarding_RoutesView { Shell = shell, Model = Paged<RouteBody>.Of(listed, call) });
}

/// <summary>Routes and their upstreams in the words of the page.</summary>
internal static class RouteWords
{
    /// <summary>What a program calls, in the order in which it is matched: host, then path.</summary>
    public static IEnumerable<string> Matches(RouteBody route) => route.Hosts.Count == 0 ? [route.Path] : route.Hosts.Select(host => host + route.Path);

    public static string Users(RouteBody route) => route.Users switch
    {
        "credentials" => "for listed credentials",
        "networks" => "for listed networks",
        _ => "for listed certificates",
    };

    /// <summary>The environment by its names: the configuration may have its id. The store lists what is in sight alone.</summary>
    public static Markup Place(WorkspaceView view, RouteBody route) => view.Project(route.Project) is { } project && view.Environment(project, route.Environment) is { } environment
        ? Markup.Of($"<bdi>{project.Name}</bdi> / <bdi>{environment.Name}</bdi>")
        : Markup.Of($"<bdi>{route.Project}</bdi> / <bdi>{route.Environment}</bdi>");

    /// <summary>What is known of a destination: a failed probe or request outweighs a good one.</summary>
    public static Markup Health(DestinationStatus destination) => (destination.Active, destination.Passive) switch
    {
        ("unhealthy", _) => Parts.Badge("fails its probes", "bad"),
        (_, "unhealthy") => Parts.Badge("failed, left out", "bad"),
        ("healthy", _) => Parts.Badge("healthy", "good"),
        _ => Parts.Badge("no failure known"),
    };

    public static Markup State(Shell shell, RouteBody route) => route switch
    {
        { Problem: { } problem } => Markup.Of($"""{Parts.Badge("Refuses", "bad")}<span class="bad-text">{RouteLoader.Explain(problem)}</span>"""),
        { ValuesReadAt: { } at } => Markup.Of($"""{Parts.Badge("Ready", "good")}<span class="sub">values read {Parts.Time(new DateTimeOffset(at, TimeSpan.Zero), shell.Now)}</span>"""),
        _ => Parts.Badge("not used yet"),
    };

    /// <summary>A route that outlives its credential stops without a change of its own, so a near end is marked.</summary>
    public static Markup Ends(Shell shell, RouteCredentialBody credential)
    {
        if (credential.ExpiresAt is not { } utc)
        {
            return Markup.Of($"""<span class="sub">does not end</span>""");
        }

        var end = new DateTimeOffset(utc, TimeSpan.Zero);
        var when = Parts.Time(end, shell.Now);
        return end <= shell.Now ? Markup.Of($"""<span class="bad-text">ended {when}</span>""")
            : end - shell.Now <= CredentialWords.Soon ? Markup.Of($"""<span class="soon warn-text">{Parts.Icon(shell.Assets, "warning")}ends {when}</span>""")
            : Markup.Of($"""<span class="sub">ends {when}</span>""");
    }
}
