using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.Http.Tls;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>
/// A route for client certificates over real TLS: who the connection's own certificate says, verified against the configured CA. Nothing is sent to the
/// upstream for anybody else.
/// </summary>
public sealed class RouteCertificateTests(RouteCertificateTests.World world) : IClassFixture<RouteCertificateTests.World>
{
    [Fact]
    public async Task The_listed_certificate_gets_through_and_is_who_the_audit_names()
    {
        var answer = await world.Get(world.Listed);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal("shop-dev", answer.Json["headers"]!["X-Api-Key"]!.GetValue<string>());
        var entry = (await world.Audit("action=FORWARD&limit=1"))[0]!;
        Assert.Equal(("certificate", Thumbprint(world.Listed)), ((string)entry["actor"]!["kind"]!, (string)entry["actor"]!["id"]!));
    }

    [Fact]
    public async Task Without_one_of_its_own_nobody_gets_through_whatever_the_headers_claim()
    {
        var pem = Uri.EscapeDataString(world.Listed.ExportCertificatePem());
        var claims = new[]
        {
            ("X-Client-Cert", pem), ("X-SSL-Client-Cert", pem), ("X-ARR-ClientCert", Convert.ToBase64String(world.Listed.RawData)), ("X-Forwarded-Client-Cert", $"Hash={Thumbprint(world.Listed)}"),
            ("Client-Cert", $":{Convert.ToBase64String(world.Listed.RawData)}:"), ("ssl-client-fingerprint", Thumbprint(world.Listed)),
        };
        await Refused("no_certificate", () => world.Get(null));
        await Refused("no_certificate", () => world.Get(null, headers: claims));
        await Refused("no_certificate", () => world.Get(world.Listed, headers: claims, cleartext: true));
        await Refused("certificate_not_listed", () => world.Get(world.Pki.Issue("other", client: true), headers: claims));
    }

    [Fact]
    public async Task One_of_the_right_CA_that_is_not_listed_is_refused()
    {
        // Of the same name, and another key: a name can be given to anybody.
        await Refused("certificate_not_listed", () => world.Get(world.Pki.Issue("scanner", client: true)));
    }

    [Fact]
    public async Task One_of_another_CA_or_out_of_its_dates_or_not_for_clients_ends_the_handshake_although_it_is_listed()
    {
        using var others = new Pki("others");
        var foreign = others.Issue("scanner", client: true);
        var ended = world.Pki.Issue("ended", client: true, until: world.Gateway.Clock.GetUtcNow().AddMinutes(-1));
        var server = world.Pki.Issue("server");
        await world.Load(world.Listed, foreign, ended, server);
        try
        {
            var before = await world.RequestsSoFar();
            await Assert.ThrowsAsync<HttpRequestException>(() => world.Get(foreign, others));
            await Assert.ThrowsAsync<HttpRequestException>(() => world.Get(ended));
            await Assert.ThrowsAsync<HttpRequestException>(() => world.Get(server));
            Assert.Equal(before + 1, await world.RequestsSoFar());
        }
        finally
        {
            await world.Load(world.Listed);
        }
    }

    [Fact]
    public async Task A_connection_does_not_carry_a_certificate_beyond_its_end_nor_beyond_the_list()
    {
        var brief = world.Pki.Issue("brief", client: true, until: world.Gateway.Clock.GetUtcNow().AddHours(1));
        await world.Load(world.Listed, brief);
        using var http = world.Client(brief);
        Assert.Equal(200, (await World.Send(http)).Status);
        await world.Load(world.Listed);
        await Refused("certificate_not_listed", () => World.Send(http));
        await world.Load(world.Listed, brief);
        Assert.Equal(200, (await World.Send(http)).Status);
        world.Gateway.Clock.Advance(TimeSpan.FromHours(2));
        await Refused("certificate_expired", () => World.Send(http));
        Assert.Equal(1, world.Connections(http));
        await world.Load(world.Listed);
    }

    /// <summary>A browser shows its certificate for whatever page asks.</summary>
    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Origin", "https://evil.example")]
    public Task A_browser_that_another_sites_page_sends_is_refused(string name, string value) => Refused("cross_site", () => world.Get(world.Listed, headers: (name, value)));

    private async Task Refused(string reason, Func<Task<Answer>> act)
    {
        // Refusals of one kind within a minute share an entry.
        world.Gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var before = await world.RequestsSoFar();
        var answer = await act();
        Assert.Equal((403, "route_not_allowed"), (answer.Status, answer.Code));
        Assert.Equal(before + 1, await world.RequestsSoFar());
        Assert.Contains(await world.Audit("action=REFUSE&limit=1"), entry => (string)entry!["reason"]! == reason);
    }

    private static string Thumbprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>A gateway that listens on https, where clients may show a certificate, and in clear beside it.</summary>
    public sealed class World : IAsyncLifetime
    {
        private readonly Dictionary<HttpClient, StrongBox> connections = [];
        private TlsWorld tls = null!;
        private UpstreamProcess upstream = null!;
        private Acme acme = null!;
        private string porter = "";

        internal TestGateway Gateway => tls.Gateway;

        internal Pki Pki => tls.Pki;

        internal X509Certificate2 Listed { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            tls = await TlsWorld.Start(
                world =>
                {
                    world.Pki.Write(world.Folder);
                    File.WriteAllText(Path.Combine(world.Folder, "ca.pem"), world.Pki.RootPem);
                },
                world =>
                [
                    ("server.listen", "https://127.0.0.1:0,http://127.0.0.1:0"), ("tls.client_certificates", "request"), ("tls.client_ca_file", Path.Combine(world.Folder, "ca.pem")),
                ]);
            upstream = await UpstreamProcess.Start();
            acme = await Acme.Seed(Gateway);
            porter = (await Gateway.Operator.Post("/v1/workspace/acme/tokens", Json.Of(
                ("name", "porter"), ("permission", "read"), ("scope", Json.Scope(environments: [acme.ShopDev])), ("expiresIn", "30d")))).Json["id"]!.GetValue<string>();
            Listed = Pki.Issue("scanner", client: true);
            await Load(Listed);
        }

        public async ValueTask DisposeAsync()
        {
            await upstream.DisposeAsync();
            await tls.DisposeAsync();
        }

        internal async Task Load(params X509Certificate2[] listed) => Assert.Empty(await Gateway.Gateway.LegacyRoutes.Reload(RouteWorld.Config($"""
            [server]
            listen = ["https://127.0.0.1:8443"]
            [tls]
            certificate_file = "tls.crt"
            key = "file:tls.key"
            client_certificates = "request"
            client_ca_file = "ca.pem"

            [[clusters]]
            name = "back"
            destinations = ["{upstream.Url}"]

            [[routes]]
            name = "app"
            hosts = ["{RouteWorld.Host}"]
            cluster = "back"
            workspace = "acme"
            project = "shop"
            environment = "dev"
            credential = "{porter}"
            headers = ["X-Api-Key: %KEY%"]
            allow_certificates = [{string.Join(", ", listed.Select(certificate => $"\"{Thumbprint(certificate)}\""))}]
            """)));

        internal async Task<Answer> Get(X509Certificate2? certificate, Pki? from = null, bool cleartext = false, params (string Name, string Value)[] headers)
        {
            using var http = Client(certificate, from, cleartext);
            return await Send(http, headers);
        }

        internal HttpClient Client(X509Certificate2? certificate, Pki? from = null, bool cleartext = false)
        {
            var count = new StrongBox();
            var handler = new SocketsHttpHandler
            {
                UseProxy = false,
                SslOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, [(from ?? Pki).Intermediate], offline: true),
                    CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { Pki.Root }, RevocationMode = X509RevocationMode.NoCheck },

                    // The name that it looks for is the Host of the request, which is the route's here.
                    RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
                },
                ConnectCallback = async (context, cancel) =>
                {
                    Interlocked.Increment(ref count.Value);
                    var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                    await socket.ConnectAsync(context.DnsEndPoint, cancel);
                    return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
                },
            };
            var http = new HttpClient(handler) { BaseAddress = Gateway.Gateway.Urls.First(url => url.Scheme == (cleartext ? "http" : "https")) };
            connections[http] = count;
            return http;
        }

        /// <summary>How many it has made.</summary>
        internal int Connections(HttpClient http) => connections[http].Value;

        internal static Task<Answer> Send(HttpClient http, params (string Name, string Value)[] headers) => new Api(http, null).Send(HttpMethod.Get, "/x", null, request =>
        {
            request.Headers.Host = RouteWorld.Host;
            foreach (var (name, value) in headers)
            {
                Assert.True(request.Headers.TryAddWithoutValidation(name, value));
            }
        });

        internal async Task<JsonArray> Audit(string query) => (await Gateway.Operator.Get($"/v1/workspace/acme/audit?{query}")).Json.AsArray();

        internal async Task<int> RequestsSoFar()
        {
            using var direct = new HttpClient();
            return JsonNode.Parse(await direct.GetStringAsync(new Uri(upstream.Url)))!["requests"]!.GetValue<int>();
        }

        private sealed class StrongBox
        {
            public int Value;
        }
    }
}
