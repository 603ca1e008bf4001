using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>
/// An issuer on a real Kestrel at loopback, over TLS under a CA of its own unless asked otherwise. What it answers is a delegate that the test exchanges
/// while it runs; it counts what it was asked.
/// </summary>
internal sealed class IssuerServer : IAsyncDisposable
{
    public const string Discovery = "/.well-known/openid-configuration";
    public const string Keys = "/openid/v1/jwks";

    private readonly WebApplication app;
    private int asked;

    private IssuerServer(WebApplication app, string ca) => (this.app, Ca) = (app, ca);

    public string Url { get; private set; } = "";

    /// <summary>PEM of the CA that signed its certificate.</summary>
    public string Ca { get; }

    public Cluster Cluster { get; private set; } = null!;

    /// <summary>How often its key set was asked for.</summary>
    public int KeyRequests => Volatile.Read(ref asked);

    public List<(string Path, string? Authorization)> Requests { get; } = [];

    /// <summary>Answers a path; null for what it does by itself.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public string? JwksUri { get; set; }

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<int, bool> Used = new();

    public static async Task<IssuerServer> Start(bool tls = true, bool expired = false, int port = 0)
    {
        var (ca, certificate) = Certificates(expired);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            if (tls)
            {
                listen.UseHttps(certificate);
            }
        }));
        var app = builder.Build();
        var server = new IssuerServer(app, ca);
        app.Run(server.Answer);
        await app.StartAsync();
        var listening = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        if (port == 0 && !Used.TryAdd(listening, true))
        {
            // An earlier issuer had this port, and its URL may still be registered somewhere.
            await app.DisposeAsync();
            return await Start(tls, expired);
        }

        server.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.Cluster = new Cluster(server.Url);
        return server;
    }

    public Task Stop() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Cluster.Dispose();
        await app.DisposeAsync();
    }

    private async Task Answer(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        lock (Requests)
        {
            Requests.Add((path, context.Request.Headers.Authorization));
        }

        if (path == Keys)
        {
            Interlocked.Increment(ref asked);
        }

        if (Instead is { } instead)
        {
            await instead(context);
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(path switch
        {
            Discovery => $$"""{"issuer":"{{Url}}","jwks_uri":"{{JwksUri ?? Url + Keys}}","response_types_supported":["id_token"]}""",
            Keys => Cluster.Jwks.ToJsonString(),
            _ => "{}",
        });
    }

    /// <summary>Certificates are judged by the system's clock, not by the test's.</summary>
    private static (string Ca, X509Certificate2 Certificate) Certificates(bool expired)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=test CA", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var ca = caRequest.CreateSelfSigned(now.AddDays(-30), now.AddDays(30));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=issuer", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(ca, now.AddDays(-20), expired ? now.AddDays(-1) : now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        return (ca.ExportCertificatePem(), X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null));
    }
}
