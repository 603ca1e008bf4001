using System.Collections.Immutable;
using System.Net;

namespace Enkryptify.Gateway.Configuration;

/// <summary>The keys of <c>[[clusters]]</c> and <c>[[routes]]</c>, and what one of them says about the others.</summary>
internal static class ForwardingSettings
{
    private const int DaySeconds = 86_400;

    public static ForwardingConfig Read(SettingReader read, ServerConfig server)
    {
        var clusterNames = new HashSet<string>();
        ImmutableArray<UpstreamCluster> clusters = read.Each("clusters", table => Cluster(table, clusterNames));
        var routeNames = new HashSet<string>();
        var matches = new HashSet<(string Host, string Path)>();
        return new ForwardingConfig(clusters, read.Each("routes", table => Route(table, server, clusterNames, routeNames, matches)));
    }

    private static UpstreamCluster Cluster(SettingReader read, HashSet<string> names)
    {
        string name = Named(read, names);
        ImmutableArray<Uri> destinations = read.Value("destinations", new ListOf<Uri>(new DestinationUrl(), mayBeEmpty: false), []);
        Require(read, "destinations", "the URLs that the requests go to");
        var cluster = new UpstreamCluster(
            name,
            destinations,
            read.Value("load_balancing", new Words("power-of-two-choices", "round-robin", "least-requests", "random", "first"), "power-of-two-choices"),
            read.Value<string?>("ca_file", new OptionalText<string>(new FilePath()), null),
            Seconds(read, "connect_timeout_seconds", 1, 300, 5),
            Seconds(read, "activity_timeout_seconds", 1, DaySeconds, 100),
            OrNull(Seconds(read, "total_timeout_seconds", 0, DaySeconds, 0)),
            read.Value<string?>("health_path", new OptionalText<string>(new ProbePath()), null),
            Seconds(read, "health_interval_seconds", 1, 3600, 10),
            Seconds(read, "health_timeout_seconds", 1, 300, 5),
            read.Value("health_failures", new WholeNumber(1, 100), 2),
            OrNull(Seconds(read, "away_seconds", 0, 3600, 10)));
        if (cluster.CaFile is not null && !destinations.Any(url => url.Scheme == Uri.UriSchemeHttps))
        {
            read.Reject("ca_file", "says nothing: no destination is https");
        }
        return cluster;
    }

    private static LegacyRoute Route(
        SettingReader read, ServerConfig server, HashSet<string> clusters, HashSet<string> names, HashSet<(string Host, string Path)> matches)
    {
        string name = Named(read, names);
        ImmutableArray<string> hosts = read.Value("hosts", new ListOf<string>(new HostName(), mayBeEmpty: true), []);
        string path = read.Value("path", new PathPrefix(), "/");
        var route = new LegacyRoute(
            name,
            hosts,
            path,
            read.Value("strip_path", new Truth(), false),
            read.Value("cluster", new Label(), ""),
            read.Value("pass_host", new Truth(), false),
            read.Value("workspace", new StoredName(), ""),
            read.Value("project", new StoredName(), ""),
            read.Value("environment", new StoredName(), ""),
            read.Value("credential", new StoredName(), ""),
            read.Value("headers", new ListOf<InjectedPair>(new InjectedHeader(), mayBeEmpty: true), []),
            read.Value("query", new ListOf<InjectedPair>(new InjectedParameter(), mayBeEmpty: true), []),
            read.Value<string?>("basic", new OptionalText<string>(new BasicPair()), null),
            read.Value("keep_headers", new ListOf<string>(new HeaderName(), mayBeEmpty: true), []),
            new RouteUsers(
                read.Value("allow_credentials", new ListOf<Guid>(new CredentialId(), mayBeEmpty: true), []),
                read.Value("allow_networks", new ListOf<IPNetwork>(new AddressRange(TooWide, 8), mayBeEmpty: true), []),
                read.Value("allow_certificates", new ListOf<string>(new Thumbprint(), mayBeEmpty: true), [])));

        foreach (string key in (string[])["workspace", "project", "environment", "credential"])
        {
            Require(read, key, "the environment that the secrets are read from, and the credential that reads them");
        }
        if (Require(read, "cluster", "the [[clusters]] that the requests go to") && read.IsSound("cluster") && !clusters.Contains(route.Cluster))
        {
            read.Reject("cluster", "there is no cluster of this name");
        }

        Match(read, server, route, matches);
        Injected(read, route);
        Users(read, server, route);
        return route;
    }

    private static void Match(SettingReader read, ServerConfig server, LegacyRoute route, HashSet<(string Host, string Path)> matches)
    {
        if (!read.IsSound("hosts") || !read.IsSound("path"))
        {
            return;
        }
        if (route.Hosts.IsEmpty && !route.Path.StartsWith(LegacyRoute.OwnHostPrefix, StringComparison.Ordinal))
        {
            read.Reject("path", $"without hosts a route lives on the gateway's own host, and there below {LegacyRoute.OwnHostPrefix} alone: write {LegacyRoute.OwnHostPrefix}NAME, "
                + "with strip_path = true if the upstream is not to see it, or give the route a host");
            return;
        }
        foreach (string host in route.Hosts.Where(host => OwnHosts(server).Contains(host)))
        {
            read.Reject("hosts", "is the gateway's own host: pages of an upstream there could act as whoever is signed in to the dashboard");
        }
        foreach (string host in route.Hosts.IsEmpty ? [""] : route.Hosts)
        {
            if (!matches.Add((host, route.Path.ToUpperInvariant())))
            {
                read.Reject("path", "another route has the same host and path (letters of either case are the same)");
            }
        }
    }

    private static void Injected(SettingReader read, LegacyRoute route)
    {
        bool sound = read.IsSound("headers") && read.IsSound("query") && read.IsSound("basic");
        if (sound && route.Headers.IsEmpty && route.Query.IsEmpty && route.Basic is null)
        {
            read.Reject("name", "injects nothing: set headers, query or basic");
        }
        foreach (string twice in route.Headers.Select(pair => pair.Name).Concat(route.Basic is null ? [] : ["Authorization"])
            .GroupBy(header => header, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            read.Reject("headers", $"{twice} is set twice");
        }
        foreach (string kept in route.KeepHeaders.Where(kept => route.Headers.Any(pair => pair.Name.Equals(kept, StringComparison.OrdinalIgnoreCase))))
        {
            read.Reject("keep_headers", $"{kept} is set by the route itself");
        }
        if (route.Basic is not null && route.KeepHeaders.Contains("Authorization", StringComparer.OrdinalIgnoreCase))
        {
            read.Reject("keep_headers", "Authorization is set by basic");
        }
        if (route.Hosts.IsEmpty && route.KeepHeaders.Contains("Cookie", StringComparer.OrdinalIgnoreCase))
        {
            read.Reject("keep_headers", "Cookie on the gateway's own host would hand sessions of the dashboard to the upstream: give the route a host");
        }
    }

    /// <summary>Exactly one way in. None would be an open door to the secrets; two would be as wide as the wider one.</summary>
    private static void Users(SettingReader read, ServerConfig server, LegacyRoute route)
    {
        if (!read.IsSound("allow_credentials") || !read.IsSound("allow_networks") || !read.IsSound("allow_certificates"))
        {
            return;
        }
        RouteUsers users = route.Users;
        int ways = (users.Credentials.IsEmpty ? 0 : 1) + (users.Networks.IsEmpty ? 0 : 1) + (users.Certificates.IsEmpty ? 0 : 1);
        if (ways == 0)
        {
            read.Reject("name", "is open: say who may use it with one of allow_credentials, allow_networks, allow_certificates");
        }
        else if (ways > 1)
        {
            read.Reject("name", "says in several ways who may use it: choose one of allow_credentials, allow_networks, allow_certificates");
        }
        if (!users.Certificates.IsEmpty && !server.Listen.Any(url => url.Scheme == Uri.UriSchemeHttps))
        {
            read.Reject("allow_certificates", "no listener speaks TLS, so nobody can be asked for a certificate");
        }
        else if (!users.Certificates.IsEmpty && server.Tls is { ClientCertificates: ClientCertificates.None })
        {
            read.Reject("allow_certificates", "nobody is asked for a certificate: set tls.client_certificates to request or require");
        }
        if (users.Networks.Any(network => server.TrustedProxies.Any(proxy => network.Contains(proxy.BaseAddress) || proxy.Contains(network.BaseAddress))))
        {
            read.Reject("allow_networks", "holds a proxy of server.trusted_proxies: whoever reaches that proxy would be let in");
        }
    }

    /// <summary>The names under which the dashboard is reached, as far as the configuration knows them.</summary>
    public static ImmutableArray<string> OwnHosts(ServerConfig server) =>
        ["localhost", .. server.Listen.Select(url => url.Host), new Uri(server.PublicUrl).Host.ToLowerInvariant()];

    private const string TooWide = "is as good as open: name the networks of the programs themselves (IPv4 /8, IPv6 /16 at the widest)";

    private static string Named(SettingReader read, HashSet<string> names)
    {
        string name = read.Value("name", new Label(), "");
        if (Require(read, "name", "what it is called in the log, the audit and metrics") && read.IsSound("name") && !names.Add(name))
        {
            read.Reject("name", "another one has this name");
        }
        return name;
    }

    private static bool Require(SettingReader read, string key, string what)
    {
        if (read.IsWritten(key))
        {
            return true;
        }
        read.Reject(key, $"is missing: {what}");
        return false;
    }

    private static TimeSpan Seconds(SettingReader read, string key, int least, int most, int fallback) =>
        TimeSpan.FromSeconds(read.Value(key, new WholeNumber(least, most), fallback));

    private static TimeSpan? OrNull(TimeSpan time) => time == TimeSpan.Zero ? null : time;

    /// <summary>One of a few words, kept as written.</summary>
    private sealed class Words(params string[] words) : TextValue<string>
    {
        protected override string? Read(string text, int line, ReadingPlace place)
        {
            if (words.Contains(text))
            {
                return text;
            }
            place.Fail(line, $"must be one of {string.Join(", ", words)}");
            return null;
        }

        protected override string Write(string value) => value;
    }
}
