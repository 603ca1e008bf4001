using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>Credentials in the words of the pages.</summary>
internal static class CredentialWords
{
    /// <summary>How near an end is marked, and listed on the overview.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    /// <summary>The filter's choices.</summary>
    public static readonly IReadOnlyList<(string Value, string Label)> Kinds =
        [("", "All kinds"), ("api-token", "API tokens"), ("kubernetes", "Kubernetes"), ("cli", "CLI tokens")];

    /// <summary>The expirations of an API token, in the contract's spelling and in words.</summary>
    public static readonly IReadOnlyList<(string Value, string Label)> Lifetimes =
        [("24h", "24 hours"), ("5d", "5 days"), ("30d", "30 days"), ("60d", "60 days"), ("3m", "3 months"), ("6m", "6 months")];

    public static CredentialType? KindOf(string text) => text switch
    {
        "api-token" => CredentialType.Static,
        "kubernetes" => CredentialType.Kubernetes,
        "cli" => CredentialType.Cli,
        _ => null,
    };

    public static string Kind(CredentialType type) => type switch
    {
        CredentialType.Static => "API token",
        CredentialType.Cli => "CLI token",
        _ => "Kubernetes",
    };

    public static string Permission(Permission permission) => permission == Access.Permission.ReadWrite ? "Read & Write" : "Read only";

    /// <summary>What tells one from another of the same name: a token's beginning, or the workload.</summary>
    public static Markup Mark(ListedCredential listed) => listed switch
    {
        { Credential.Prefix: { } prefix } => Markup.Of($""" · <span class="mono">{prefix}…</span>"""),
        { Identity: { } identity } => Markup.Of($""" · <bdi class="mono trim" title="{identity.Subject}">{Short(identity.Subject)}</bdi>"""),
        _ => Markup.None,
    };

    /// <summary>A service account's subject without what all of them begin with.</summary>
    public static string Short(string subject) => subject.StartsWith(ServiceAccount.Mark, StringComparison.Ordinal) ? subject[ServiceAccount.Mark.Length..].Replace(':', '/') : subject;

    public static Markup State(ListedCredential listed) => listed.State switch
    {
        "active" => Parts.Badge("Active", "good"),
        "expired" => Parts.Badge("Expired", "warn"),
        "revoked" => Parts.Badge("Revoked", "bad"),
        _ => Markup.Of($"""<span class="badge bad" title="Whoever made it is no longer a member, so it opens nothing.">Creator removed</span>"""),
    };

    /// <summary>When it came into that state, or got its value.</summary>
    public static Markup Since(Shell shell, ListedCredential listed) => listed.Credential switch
    {
        { RevokedAt: { } at } when listed.CreatorLeft => Markup.Of($"""<span class="sub">creator removed</span><span class="sub">{Parts.Time(at, shell.Now)}</span>"""),
        { RevokedAt: { } at } => Markup.Of($"""<span class="sub">{Parts.Time(at, shell.Now)}</span>"""),
        { RotatedAt: { } at } => Markup.Of($"""<span class="sub">rotated {Parts.Time(at, shell.Now)}</span>"""),
        _ => Markup.None,
    };

    public static Markup Expiry(Shell shell, ListedCredential listed)
    {
        var credential = listed.Credential;
        var when = Parts.Time(credential.ExpiresAt, shell.Now);
        if (credential.ExpiresAt is not { } end || listed.State is "revoked" or "creator_removed")
        {
            return when;
        }

        return end <= shell.Now ? Markup.Of($"""<span class="bad-text nowrap">{when}</span>""")
            : end - shell.Now <= Soon && credential.Type == CredentialType.Static ? Markup.Of($"""<span class="soon warn-text">{Parts.Icon(shell.Assets, "warning")}<span class="hidden">soon: </span>{when}</span>""")
            : when;
    }

    /// <summary>Every place of a scope by name, a line each; of what the viewer does not see, or what is gone, the number.</summary>
    public static Markup Places(Scope scope, WorkspaceView viewer)
    {
        if (scope.All)
        {
            return Markup.Of($"Full workspace access");
        }

        List<Markup> places =
        [
            .. scope.Teams.Select(viewer.Team).OfType<Team>().Select(team => Line("Team", team.Name)),
            .. scope.Projects.Select(id => viewer.Tree.Project(id)).OfType<Project>().Where(viewer.Sees).Select(project => Line("Project", project.Name)),
            .. scope.Environments.Select(id => viewer.Tree.Environment(id)).OfType<Env>().Where(viewer.Sees)
                .Select(environment => Line("Environment", $"{viewer.Tree.Project(environment.ProjectId)!.Name} / {environment.Name}")),
        ];
        var others = scope.Teams.Count + scope.Projects.Count + scope.Environments.Count - places.Count;
        if (others > 0)
        {
            places.Add(Markup.Of($"""<li class="sub">{others} that you do not see, or that {(others == 1 ? "is" : "are")} gone</li>"""));
        }

        return Markup.Of($"""<ul class="places">{Markup.Join(places)}</ul>""");

        static Markup Line(string kind, string name) => Markup.Of($"""<li><span class="sub">{kind}</span> <bdi>{name}</bdi></li>""");
    }
}
