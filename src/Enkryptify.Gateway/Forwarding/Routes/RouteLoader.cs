using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;
using Yarp.ReverseProxy.Configuration;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// Makes routes of their configuration, and finds what only a running gateway can know: whether workspace, credential and secrets are there and within
/// reach. The check of a route is its first read, so it is audited like every other.
/// </summary>
internal sealed class RouteLoader(Database database, Authenticator authenticator, IRemoteWorkspaces remotes, Vault vault, IConfigValidator yarp, TimeProvider time)
{
    private int loaded;

    /// <exception cref="UnusableSettingException">A trust file cannot be used, or YARP refuses what we made.</exception>
    public async Task<RouteSet> Load(ForwardingConfig config)
    {
        foreach (var file in config.Clusters.Select(cluster => cluster.CaFile).OfType<string>())
        {
            UpstreamClients.Roots(file);
        }

        var clusters = config.Clusters.ToDictionary(cluster => cluster.Name);
        var loading = Interlocked.Increment(ref loaded);
        var set = new RouteSet([.. config.Routes.Select(route => Make(route, clusters[route.Cluster], loading))], config.Clusters);
        foreach (var error in await YarpConfig.Check(yarp, set).ConfigureAwait(false))
        {
            throw new UnusableSettingException($"routes: {error.Message}");
        }

        return set;
    }

    /// <summary>Reads what each route injects. Answers with what is wrong, a line for each route that would refuse.</summary>
    public async Task<IReadOnlyList<string>> Check(RouteSet set)
    {
        var problems = new List<string>();
        foreach (var route in set.Routes)
        {
            var (_, refusal) = await route.Secrets.Get(null, Ids.New(time).ToString("N"), CancellationToken.None).ConfigureAwait(false);
            if (refusal is not null)
            {
                problems.Add($"route {route.Config.Name}: {refusal.Reason}: {Explain(refusal.Reason)}");
            }
        }

        return problems;
    }

    /// <summary>The reasons that concern a route by itself, in words.</summary>
    public static string Explain(string reason) => reason switch
    {
        "route_credential_unknown" => "there is no such credential in that workspace, or several have this name: write its id",
        "route_credential_revoked" => "its credential was revoked",
        "route_credential_expired" => "its credential has expired",
        "route_credential_creator_removed" => "who made its credential is no longer a member",
        "route_backend_unavailable" => "the backend of that workspace gives no values now",
        "route_scope" => "its credential does not reach that workspace, project and environment",
        "route_secret_missing" => "a secret that it names has no value there (the audit entry says which)",
        _ => "a value does not fit where it is to stand: a line break, a colon in a user name, or too long",
    };

    private ActiveRoute Make(LegacyRoute route, UpstreamCluster cluster, int loading)
    {
        var plan = new InjectionPlan(route);
        var secrets = new RouteSecrets(route, plan, CredentialOf(route, database.Structure.Find(route.Workspace)?.Id), authenticator, database.Structure, remotes, vault, time);
        return new ActiveRoute($"{route.Name}.{loading}", route, cluster, plan, new CallerHeaders(route, plan), secrets);
    }

    /// <summary>
    /// The id that a name leads to now. It stays until the next loading, so that nobody takes a route over with a credential of the same name; where
    /// several in use have it, none is taken.
    /// </summary>
    private Guid? CredentialOf(LegacyRoute route, Guid? workspace)
    {
        if (Ids.TryParse(route.Credential, out var id))
        {
            return id;
        }

        if (workspace is not { } known)
        {
            return null;
        }

        var now = time.GetUtcNow();
        var named = database.Readers.Read(sql => CredentialRows.Of(sql, known, null))
            .Where(credential => credential.Name == route.Credential && credential.Type != CredentialType.Cli).ToList();
        var standing = named.Where(credential => credential.Ended(now) is null).ToList();
        return standing.Count == 1 ? standing[0].Id : standing.Count == 0 && named.Count > 0 ? named[0].Id : null;
    }
}
