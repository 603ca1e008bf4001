using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>
/// An issuer as a process of its own (tests/fixtures/TestIssuer) at loopback, over TLS under a CA of its own unless asked otherwise. It can be told to fail, killed
/// and started again at its port; it says what it was asked.
/// </summary>
internal sealed class IssuerServer : IAsyncDisposable
{
    public const string Discovery = "/.well-known/openid-configuration";
    public const string Keys = "/openid/v1/jwks";

    private static readonly ConcurrentDictionary<int, bool> Used = new();
    private readonly HttpClient control = new(new SocketsHttpHandler { UseProxy = false });
    private readonly string? certificate;
    private Process process;

    private IssuerServer(Process process, string? certificate, string ca) => (this.process, this.certificate, Ca) = (process, certificate, ca);

    public string Url { get; private set; } = "";

    /// <summary>PEM of the CA that signed its certificate.</summary>
    public string Ca { get; }

    /// <summary>Its keys, and tokens signed with them. After a roll-over: <see cref="Publish"/>.</summary>
    public Cluster Cluster { get; private set; } = null!;

    public static async Task<IssuerServer> Start(bool tls = true, bool expired = false, Uri? download = null)
    {
        var (ca, certificate) = tls ? Certificates(expired, download) : ("", null);
        while (true)
        {
            var (process, port, controlPort) = await Launch(0, certificate);
            if (Used.TryAdd(port, true))
            {
                var server = new IssuerServer(process, certificate, ca) { Url = $"{(tls ? "https" : "http")}://127.0.0.1:{port}" };
                server.Cluster = new Cluster(server.Url);
                server.control.BaseAddress = new Uri($"http://127.0.0.1:{controlPort}");
                await server.Publish();
                return server;
            }

            // An earlier issuer had this port, and its URL may still be registered somewhere.
            await End(process);
        }
    }

    public Task Publish() => Publish(Cluster.Jwks);

    public Task Publish(JsonObject jwks) => Put("/jwks", jwks.ToJsonString());

    public Task NameKeysAt(string url) => Put("/jwks-uri", url);

    /// <param name="behaviour">As named in tests/fixtures/TestIssuer/Issuer.cs; empty is well.</param>
    public Task Behave(string behaviour) => Put("/behaviour", behaviour);

    public async Task<IReadOnlyList<(string Path, string Authorization)>> Requests() =>
        [.. (await control.GetStringAsync("/requests")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).Select(parts => (parts[0], parts[1]))];

    /// <summary>How often its key set was asked for.</summary>
    public async Task<int> KeyRequests() => (await Requests()).Count(request => request.Path == Keys);

    /// <summary>As by SIGKILL: nobody listens at its port any more.</summary>
    public Task Kill() => End(process);

    /// <summary>Again at its port, with the keys of now.</summary>
    public async Task Restart()
    {
        (process, _, var controlPort) = await Launch(new Uri(Url).Port, certificate);
        using var fresh = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var answer = await fresh.PutAsync($"http://127.0.0.1:{controlPort}/jwks", new StringContent(Cluster.Jwks.ToJsonString()));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        await End(process);
        process.Dispose();
        control.Dispose();
        Cluster.Dispose();
        if (certificate is not null)
        {
            File.Delete(certificate);
        }
    }

    private static async Task End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static async Task<(Process Process, int Port, int Control)> Launch(int port, string? certificate)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(own.Parent!.Parent!.Parent!.Parent!.FullName, "fixtures", "TestIssuer", "bin", own.Parent.Name, own.Name, "TestIssuer.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, port.ToString(CultureInfo.InvariantCulture), .. certificate is null ? Array.Empty<string>() : [certificate]])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        var line = await process.StandardOutput.ReadLineAsync();
        Assert.True(line is not null, $"{program} did not start");
        var ports = line.Split(' ').Select(word => int.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return (process, ports[0], ports[1]);
    }

    private async Task Put(string path, string body)
    {
        using var answer = await control.PutAsync(path, new StringContent(body));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>Certificates are judged by the system's clock, not by the test's.</summary>
    /// <param name="download">Where the certificate says that its issuer's certificate can be fetched; that issuer is then one that nobody knows.</param>
    private static (string Ca, string Certificate) Certificates(bool expired, Uri? download)
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
        if (download is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [download.AbsoluteUri]));
        }

        using var unknown = download is null ? null : new CertificateRequest(new X500DistinguishedName("CN=somebody"), caKey, HashAlgorithmName.SHA256)
            { CertificateExtensions = { new X509BasicConstraintsExtension(true, false, 0, true) } }.CreateSelfSigned(now.AddDays(-30), now.AddDays(30));
        using var signed = request.Create(unknown ?? ca, now.AddDays(-20), expired ? now.AddDays(-1) : now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        var file = Path.GetTempFileName();
        File.WriteAllBytes(file, whole.Export(X509ContentType.Pkcs12));
        return (ca.ExportCertificatePem(), file);
    }
}
