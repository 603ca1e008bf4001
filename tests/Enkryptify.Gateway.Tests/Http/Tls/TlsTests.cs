using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Http.Tls;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http.Tls;

/// <summary>Real handshakes with a gateway that listens on https.</summary>
public class TlsTests
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task It_serves_with_its_whole_chain(SslProtocols version)
    {
        await using var world = await TlsWorld.Start();
        Assert.Equal(Uri.UriSchemeHttps, world.Url.Scheme);

        // The client knows the root alone: the intermediate has to come from the gateway.
        await using var stream = await world.Connect(more: options => options.EnabledSslProtocols = version);
        Assert.Equal(version, stream.SslProtocol);
        Assert.Equal("HTTP/1.1 200 OK", await TlsWorld.Ask(stream));
    }

    [Fact]
    public async Task An_exchange_and_a_read_go_over_it()
    {
        await using var world = await TlsWorld.Start();
        await Acme.Seed(world.Gateway);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = { CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { world.Pki.Root }, RevocationMode = X509RevocationMode.NoCheck } },
        }) { BaseAddress = world.Url, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        var made = await world.Gateway.Operator.Post("/v1/workspace/acme/tokens", Json.Of(("name", "t"), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "24h")));
        var jwt = await new Api(http, (string)made.Json["token"]!).Post("/v1/auth/exchange");
        Assert.Equal(200, jwt.Status);
        var read = await new Api(http, (string)jwt.Json["accessToken"]!).Get("/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev");
        Assert.Equal("shop-dev", (string)read.Json["values"]![0]!["value"]!);
    }

    [Fact]
    public async Task Who_offers_HTTP_2_first_gets_HTTP_1_1()
    {
        await using var world = await TlsWorld.Start();
        await using var stream = await world.Connect(more: options => options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]);
        Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task A_cipher_that_does_not_authenticate_what_it_encrypts_is_refused()
    {
        await using var world = await TlsWorld.Start();
        await using (await world.Connect(more: options => Only(options, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)))
        {
            // The same way in, so that it is the cipher below that makes the difference.
        }

        await Assert.ThrowsAnyAsync<Exception>(async () => await world.Connect(more: options => Only(options, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256)));

        static void Only(SslClientAuthenticationOptions options, TlsCipherSuite suite)
        {
            options.EnabledSslProtocols = SslProtocols.Tls12;
            options.CipherSuitesPolicy = new CipherSuitesPolicy([suite]);
        }
    }

    [Fact]
    public async Task A_new_pair_serves_new_connections_and_open_ones_live_on()
    {
        await using var world = await TlsWorld.Start();
        await using var open = await world.Connect();
        var before = ((X509Certificate2)open.RemoteCertificate!).Thumbprint;
        var next = world.Pki.Write(world.Folder);

        await UntilServed(world, next.Thumbprint);
        Assert.NotEqual(before, next.Thumbprint);
        Assert.Equal("HTTP/1.1 200 OK", await TlsWorld.Ask(open));
        Assert.Contains(next.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256), world.Gateway.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pair_that_does_not_fit_is_not_taken_over_and_is_once_it_fits()
    {
        await using var world = await TlsWorld.Start();
        var before = await world.ServedThumbprint();
        var next = world.Pki.Issue("gateway");
        world.Pki.WriteCertificate(world.Folder, next);

        Assert.Contains("is not the PEM private key of", world.Gateway.Gateway.ReloadTls(), StringComparison.Ordinal);
        Assert.Equal(before, await world.ServedThumbprint());
        Assert.Contains("the certificate before is kept", world.Gateway.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY-----", world.Gateway.Logs, StringComparison.Ordinal);

        Pki.WriteKey(world.Folder, Pki.KeyPem(next));
        Assert.Null(world.Gateway.Gateway.ReloadTls());
        Assert.Equal(next.Thumbprint, await world.ServedThumbprint());
    }

    [Fact]
    public async Task A_wrong_pair_that_stays_is_told_once()
    {
        await using var world = await TlsWorld.Start();
        File.Delete(Pki.KeyPath(world.Folder));
        while (!world.Gateway.Logs.Contains("the certificate before is kept", StringComparison.Ordinal))
        {
            await Look(world);
        }

        for (var i = 0; i < 5; i++)
        {
            await Look(world);
        }

        Assert.Single(world.Gateway.Logs.Split('\n'), line => line.Contains("the certificate before is kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_expired_certificate_does_not_replace_one_that_is_not()
    {
        await using var world = await TlsWorld.Start();
        var before = await world.ServedThumbprint();
        world.Pki.Write(world.Folder, world.Pki.Issue("old", until: world.Gateway.Clock.GetUtcNow().AddDays(-1)));
        Assert.Contains("has expired", world.Gateway.Gateway.ReloadTls(), StringComparison.Ordinal);
        Assert.Equal(before, await world.ServedThumbprint());
    }

    [Fact]
    public async Task Handshakes_during_reloads_all_succeed()
    {
        await using var world = await TlsWorld.Start();
        var pairs = new[] { world.Pki.Issue("one"), world.Pki.Issue("two") };
        using var done = new CancellationTokenSource();
        var reloads = 0;
        var reloading = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                world.Pki.Write(world.Folder, pairs[reloads++ % 2]);
                Assert.Null(world.Gateway.Gateway.ReloadTls());
            }
        });
        var served = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            // On a busy machine 25 handshakes may pass before the first reload does.
            var seen = new List<string>();
            for (var i = 0; i < 25 || (i < 2_500 && Volatile.Read(ref reloads) < 10); i++)
            {
                seen.Add(await world.ServedThumbprint());
            }

            return seen;
        }));
        await done.CancelAsync();
        await reloading;
        Assert.True(reloads > 1);
        Assert.True(served.SelectMany(one => one).Distinct().Count() > 1, "handshakes met more than one certificate");
    }

    [Fact]
    public async Task Clear_text_to_the_https_port_gets_no_answer()
    {
        await using var world = await TlsWorld.Start();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{world.Url.Port}") };
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri("/healthz", UriKind.Relative)));
    }

    private static async Task UntilServed(TlsWorld world, string thumbprint)
    {
        while (await world.ServedThumbprint() != thumbprint)
        {
            await Look(world);
        }
    }

    private static async Task Look(TlsWorld world)
    {
        world.Gateway.Clock.Advance(ServerTls.LookEvery);
        await Task.Delay(20);
    }
}
