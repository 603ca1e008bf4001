using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary><c>[[clusters]]</c> and <c>[[routes]]</c>: what is sound, and every mistake at once with its line.</summary>
public class ForwardingSettingsTests
{
    private const string Cluster = "[[clusters]]\nname = \"back\"\ndestinations = [\"http://10.1.2.3:8080/base\"]\n";

    private static readonly (string Key, string Value)[] Sound =
    [
        ("name", "\"app\""), ("hosts", "[\"App.internal\"]"), ("cluster", "\"back\""), ("workspace", "\"acme\""), ("project", "\"shop\""), ("environment", "\"dev\""),
        ("credential", "\"porter\""), ("headers", "[\"X-Api-Key: %KEY%\"]"), ("allow_networks", "[\"10.0.0.0/8\"]"),
    ];

    [Fact]
    public void A_route_and_its_cluster_are_read()
    {
        var config = ConfigFile.Load(Cluster + "away_seconds = 0\ntotal_timeout_seconds = 9\n" + Route()).Config!.Forwarding;
        var cluster = Assert.Single(config.Clusters);
        Assert.Equal(
            ("back", "http://10.1.2.3:8080/base", "power-of-two-choices", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(100), (TimeSpan?)TimeSpan.FromSeconds(9), (TimeSpan?)null),
            (cluster.Name, cluster.Destinations[0].AbsoluteUri, cluster.Balancing, cluster.ConnectTimeout, cluster.ActivityTimeout, cluster.TotalTimeout, cluster.AwayAfterFailure));
        var route = Assert.Single(config.Routes);
        Assert.Equal(("app.internal", "/", new InjectedPair("X-Api-Key", "%KEY%"), "porter"), (route.Hosts[0], route.Path, route.Headers[0], route.Credential));
    }

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "allow_networks", "", "routes[0].name: is open: say who may use it with one of allow_credentials, allow_networks, allow_certificates" },
        { "allow_credentials", "[\"0197a000-0000-7000-8000-000000000000\"]", "routes[0].name: says in several ways who may use it: choose one of allow_credentials, allow_networks, allow_certificates" },
        { "allow_networks", "[]", "routes[0].name: is open: say who may use it with one of allow_credentials, allow_networks, allow_certificates" },
        { "allow_networks", "[\"0.0.0.0/0\"]", "routes[0].allow_networks: is as good as open: name the networks of the programs themselves (IPv4 /8, IPv6 /16 at the widest)" },
        { "allow_networks", "[\"128.0.0.0/1\"]", "routes[0].allow_networks: is as good as open: name the networks of the programs themselves (IPv4 /8, IPv6 /16 at the widest)" },
        { "allow_networks", "[\"::/0\"]", "routes[0].allow_networks: is as good as open: name the networks of the programs themselves (IPv4 /8, IPv6 /16 at the widest)" },
        { "allow_credentials", "[\"porter\"]", "routes[0].allow_credentials: must be the id of a credential (token list shows it); a name can be given to another one" },
        { "allow_certificates", "[\"" + "ab12" + "\"]", "routes[0].allow_certificates: must be the SHA-256 thumbprint of a certificate: 64 hex digits" },
        { "cluster", "\"front\"", "routes[0].cluster: there is no cluster of this name" },
        { "cluster", "", "routes[0].cluster: is missing: the [[clusters]] that the requests go to" },
        { "credential", "", "routes[0].credential: is missing: the environment that the secrets are read from, and the credential that reads them" },
        { "headers", "[]", "routes[0].name: injects nothing: set headers, query or basic" },
        { "headers", "[\"X-Api-Key: hunter2\"]", "routes[0].headers: must name a secret as %NAME%: the value itself does not belong here" },
        { "headers", "[\"Host: %KEY%\"]", "routes[0].headers: this header is set by the gateway alone" },
        { "headers", "[\"Transfer-Encoding: %KEY%\"]", "routes[0].headers: this header is set by the gateway alone" },
        { "headers", "[\"X-Enkryptify-Authorization: %KEY%\"]", "routes[0].headers: this header is set by the gateway alone" },
        { "headers", "[\"X Key: %KEY%\"]", "routes[0].headers: the name of a header is letters, digits and -" },
        { "headers", "[\"X-A: %KEY%\", \"x-a: %KEY%%KEY%\"]", "routes[0].headers: X-A is set twice" },
        { "query", "[\"a&b=%KEY%\"]", "routes[0].query: must be a parameter such as key=%API_KEY%; its name is letters, digits and . _ ~ [ ] -" },
        { "basic", "\"%KEY%\"", "routes[0].basic: must be user:password such as svc-billing:%PASSWORD%" },
        { "keep_headers", "[\"X-Api-Key\"]", "routes[0].keep_headers: X-Api-Key is set by the route itself" },
        { "keep_headers", "[\"X-Forwarded-For\"]", "routes[0].keep_headers: this header is set by the gateway alone" },
        { "hosts", "[\"localhost\"]", "routes[0].hosts: is the gateway's own host: pages of an upstream there could act as whoever is signed in to the dashboard" },
        { "hosts", "[\"127.0.0.1\"]", "routes[0].hosts: must be a host name such as billing.internal, without scheme, port or *; addresses are the gateway's own" },
        { "hosts", "[\"*.internal\"]", "routes[0].hosts: must be a host name such as billing.internal, without scheme, port or *; addresses are the gateway's own" },
        { "hosts", "", "routes[0].path: without hosts a route lives on the gateway's own host, and there below /to/ alone: write /to/NAME, with strip_path = true if the upstream is not to see it, or give the route a host" },
        { "path", "\"/a/../b\"", "routes[0].path: must be a path such as / or /api, of letters, digits and . _ ~ -, without a slash at the end" },
        { "path", "\"/{**x}\"", "routes[0].path: must be a path such as / or /api, of letters, digits and . _ ~ -, without a slash at the end" },
        { "timeout", "1", "routes.timeout: unknown key" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_key(string key, string value, string expected)
    {
        var errors = ConfigFile.Errors(Cluster + Route((key, value)));
        Assert.Equal(expected, Assert.Single(errors).Split(' ', 2)[1]);
    }

    [Fact]
    public void All_mistakes_of_all_tables_come_at_once_with_their_lines() => Assert.Equal(
        [
            "2 clusters[0].name: must be 1 to 48 characters of a-z, 0-9 and -",
            "3 clusters[0].destinations: must be an http or https URL such as http://10.1.2.3:8080, without user, query or fragment",
            "4 clusters[1].destinations: is missing: the URLs that the requests go to",
            "6 clusters[1].load_balancing: must be one of power-of-two-choices, round-robin, least-requests, random, first",
            "7 routes: a list: write [[routes]], once for each",
        ],
        ConfigFile.Errors("""
            [[clusters]]
            name = "Not Plain"
            destinations = ["http://user:pass@x"]
            [[clusters]]
            name = "b"
            load_balancing = "best"
            [routes]
            """));

    [Fact]
    public void Names_and_matches_are_used_once() => Assert.Equal(
        [
            "5 clusters[1].name: another one has this name",
            "17 routes[1].path: another route has the same host and path (letters of either case are the same)",
            "18 routes[1].name: another one has this name",
        ],
        ConfigFile.Errors(Cluster + Cluster + Route() + Route()));

    [Fact]
    public void Certificates_need_a_listener_that_can_ask_for_one() => Assert.Equal(
        "routes[0].allow_certificates: no listener speaks TLS, so nobody can be asked for a certificate",
        Assert.Single(ConfigFile.Errors(Cluster + Route(("allow_networks", ""), ("allow_certificates", $"[\"{new string('a', 64)}\"]")))).Split(' ', 2)[1]);

    [Theory]
    [InlineData("", "routes[0].allow_certificates: nobody is asked for a certificate: set tls.client_certificates to request or require")]
    [InlineData("client_certificates = \"request\"\nclient_ca_file = \"ca.pem\"", null)]
    [InlineData("client_certificates = \"require\"\nclient_ca_file = \"ca.pem\"", null)]
    public void Certificates_need_a_listener_that_does_ask_for_one(string tls, string? expected)
    {
        var errors = ConfigFile.Errors($"""
            [server]
            listen = ["https://127.0.0.1:8443"]
            [tls]
            certificate_file = "tls.crt"
            key = "file:tls.key"
            {tls}

            """ + Cluster + Route(("allow_networks", ""), ("allow_certificates", $"[\"{new string('a', 64)}\"]")));
        Assert.Equal(expected is null ? [] : [expected], errors.Select(error => error.Split(' ', 2)[1]));
    }

    [Fact]
    public void Networks_of_trusted_proxies_let_in_whoever_reaches_them() => Assert.Contains(
        ConfigFile.Errors("[server]\ntrusted_proxies = [\"10.1.0.0/16\"]\n" + Cluster + Route()),
        error => error.EndsWith("holds a proxy of server.trusted_proxies: whoever reaches that proxy would be let in", StringComparison.Ordinal));

    [Fact]
    public void The_host_of_the_public_url_is_the_gateways_own() => Assert.Contains(
        ConfigFile.Errors("[server]\npublic_url = \"https://APP.internal\"\n" + Cluster + Route()),
        error => error.Contains("routes[0].hosts: is the gateway's own host", StringComparison.Ordinal));

    [Fact]
    public void Cookies_on_the_gateways_own_host_are_kept_for_nobody() => Assert.Contains(
        ConfigFile.Errors(Cluster + Route(("hosts", ""), ("path", "\"/to/app\""), ("keep_headers", "[\"cookie\"]"))),
        error => error.Contains("would hand sessions of the dashboard to the upstream", StringComparison.Ordinal));

    [Fact]
    public void Print_shows_templates_and_tells_tables_apart()
    {
        using var file = new ConfigFile(Cluster + Route() + Route(("name", "\"second\""), ("path", "\"/b\"")));
        var (code, output, _) = ConfigCommandsTests.Run([], "print", "--config", file.Path);
        Assert.Equal(0, code);
        Assert.Equal(2, output.Split("[[routes]]").Length - 1);
        Assert.Contains("headers = [\"X-Api-Key: %KEY%\"] # ", output, StringComparison.Ordinal);
        var (_, json, _) = ConfigCommandsTests.Run([], "print", "--json", "--config", file.Path);
        Assert.Contains("\"routes[1].name\"", json, StringComparison.Ordinal);
    }

    private static string Route(params (string Key, string Value)[] changes)
    {
        var lines = new Dictionary<string, string>(Sound.Select(line => KeyValuePair.Create(line.Key, line.Value)));
        foreach (var (key, value) in changes)
        {
            lines[key] = value;
        }

        return "[[routes]]\n" + string.Concat(lines.Where(line => line.Value.Length > 0).Select(line => $"{line.Key} = {line.Value}\n"));
    }
}
