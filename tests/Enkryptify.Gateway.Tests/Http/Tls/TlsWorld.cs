using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http.Tls;

/// <summary>A gateway that listens on https with files of its own, and clients that trust its root alone.</summary>
internal sealed class TlsWorld : IAsyncDisposable
{
    private readonly DirectoryInfo folder;

    private TlsWorld(DirectoryInfo folder, Pki pki) => (this.folder, Pki) = (folder, pki);

    public Pki Pki { get; }

    public string Folder => folder.FullName;

    public TestGateway Gateway { get; private set; } = null!;

    public Uri Url => Gateway.Gateway.Urls[0];

    public static async Task<TlsWorld> Start(Action<TlsWorld>? files = null, Func<TlsWorld, (string Key, string Value)[]>? more = null)
    {
        var world = new TlsWorld(Directory.CreateTempSubdirectory("ekgw-tls-"), new Pki());
        if (files is null)
        {
            world.Pki.Write(world.Folder);
        }
        else
        {
            files(world);
        }

        try
        {
            world.Gateway = await TestGateway.Start(
            [
                ("server.listen", "https://127.0.0.1:0"), ("tls.certificate_file", Pki.CertificatePath(world.Folder)), ("tls.key", "file:" + Pki.KeyPath(world.Folder)),
                .. more?.Invoke(world) ?? [],
            ]);
            return world;
        }
        catch
        {
            world.End();
            throw;
        }
    }

    /// <summary>A connection after its handshake.</summary>
    public async Task<SslStream> Connect(SslStreamCertificateContext? client = null, Action<SslClientAuthenticationOptions>? more = null)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(Url.Host, Url.Port);
        var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            ClientCertificateContext = client,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { Pki.Root }, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
            },
        };
        more?.Invoke(options);
        try
        {
            await stream.AuthenticateAsClientAsync(options);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>The status line of <c>/healthz</c>, on a connection that stays open.</summary>
    public static async Task<string> Ask(SslStream stream)
    {
        await stream.WriteAsync("GET /healthz HTTP/1.1\r\nHost: gateway.test\r\n\r\n"u8.ToArray());
        var buffer = new byte[4096];
        var text = "";
        while (!text.EndsWith("{\"status\":\"ok\"}", StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer);
            if (count == 0)
            {
                throw new IOException("The gateway closed the connection.");
            }

            text += Encoding.ASCII.GetString(buffer, 0, count);
        }

        return text[..text.IndexOf('\r', StringComparison.Ordinal)];
    }

    /// <summary>Whether a client gets an answer at all.</summary>
    public async Task<bool> Admits(X509Certificate2? client, Pki? from = null)
    {
        try
        {
            // In TLS 1.3 the client is done before the server has judged its certificate: only an answer tells.
            await using var stream = await Connect(client is null ? null : SslStreamCertificateContext.Create(client, [(from ?? Pki).Intermediate], offline: true));
            return await Ask(stream) == "HTTP/1.1 200 OK";
        }
        catch (Exception error) when (error is IOException or AuthenticationException)
        {
            return false;
        }
    }

    public async Task<string> ServedThumbprint()
    {
        await using var stream = await Connect();
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        End();
    }

    private void End()
    {
        Pki.Dispose();
        folder.Delete(recursive: true);
    }
}
