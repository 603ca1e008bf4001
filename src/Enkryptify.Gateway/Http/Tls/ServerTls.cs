using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Enkryptify.Gateway.Http.Tls;

/// <summary>
/// The TLS of the https listeners. Files are looked at every <see cref="LookEvery"/> and on SIGHUP; what changed is taken over whole, from the next
/// handshake on, and connections that are open stay as they are. What does not fit is not taken: the pair before it serves on, and the log says why.
/// </summary>
internal sealed class ServerTls
{
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    /// <summary>For a handshake, after which the connection is closed.</summary>
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly TlsConfig config;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private volatile TlsMaterial current;
    private byte[] judged;
    private byte[]? seen;
    private ILogger? log;

    /// <exception cref="UnusableSettingException">Something of it cannot be used.</exception>
    public ServerTls(TlsConfig config, TimeProvider time)
    {
        (this.config, this.time) = (config, time);
        current = TlsMaterial.Load(config);
        judged = current.Stamp;
    }

    /// <summary>Of the certificate that is served now.</summary>
    public DateTimeOffset Expires => current.Certificate.NotAfter.ToUniversalTime();

    /// <summary>Why what lies on the disk is not served, or null when it is.</summary>
    public string? Problem { get; private set; }

    public void Listen(ListenOptions listen)
    {
        // HTTP/1.1 alone: one parser that faces the network, and the one that the contract's clients and the tests speak (docs/decisions/0040).
        listen.Protocols = HttpProtocols.Http1;
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeLimit,
            OnConnection = _ => ValueTask.FromResult(Options(current)),
        });
    }

    /// <summary>Tells of the certificate in use, now that there is a log.</summary>
    public void Started(ILogger to)
    {
        log = to;
        Tell(current);
    }

    public async Task RunAsync(CancellationToken stop)
    {
        using var tick = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await tick.WaitForNextTickAsync(stop))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    /// <summary>Takes over what lies on the disk if it is whole, or says what is wrong with it.</summary>
    /// <returns>Why it was not taken over; null when it is what serves now.</returns>
    public string? Reload()
    {
        lock (gate)
        {
            TlsMaterial next;
            try
            {
                next = TlsMaterial.Load(config);
                if (next.Certificate.NotAfter.ToUniversalTime() <= time.GetUtcNow() && Expires > time.GetUtcNow())
                {
                    throw new UnusableSettingException($"tls.certificate_file: {config.CertificateFile} has expired, and the one in use has not.");
                }
            }
            catch (UnusableSettingException error)
            {
                judged = TlsMaterial.StampOf(config);
                Problem = error.Message;
                log?.LogWarning("tls: the certificate before is kept: {Problem}", error.Message);
                return error.Message;
            }

            Problem = null;
            judged = next.Stamp;
            if (!next.Stamp.AsSpan().SequenceEqual(current.Stamp))
            {
                current = next;
                Tell(next);
            }

            return null;
        }
    }

    /// <summary>Acts on a change only when it is found unchanged at the next look: certificate and key are rarely replaced at one moment.</summary>
    private void Look()
    {
        var stamp = TlsMaterial.StampOf(config);
        if (stamp.AsSpan().SequenceEqual(judged))
        {
            seen = null;
        }
        else if (seen is not null && stamp.AsSpan().SequenceEqual(seen))
        {
            seen = null;
            Reload();
        }
        else
        {
            seen = stamp;
        }
    }

    private void Tell(TlsMaterial material)
    {
        var (certificate, now) = (material.Certificate, time.GetUtcNow());
        log?.LogInformation(
            "tls: serving with certificate {Thumbprint}, valid until {NotAfter}", certificate.GetCertHashString(HashAlgorithmName.SHA256), certificate.NotAfter.ToUniversalTime().ToString("O"));
        if (certificate.NotAfter.ToUniversalTime() <= now || certificate.NotBefore.ToUniversalTime() > now)
        {
            log?.LogWarning("tls: the certificate is not valid now: clients that check will refuse it");
        }
    }

    private SslServerAuthenticationOptions Options(TlsMaterial material)
    {
        var asked = config.ClientCertificates != ClientCertificates.None;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = material.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CipherSuitesPolicy = Ciphers,
            AllowRenegotiation = false,

            // A session begun under CAs that were since taken away must not be continued.
            AllowTlsResume = !asked,
            ClientCertificateRequired = asked,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = asked ? (_, certificate, chain, _) => Accepts(material, certificate as X509Certificate2, chain) : null,
        };
    }

    /// <summary>
    /// A client certificate on a connection has always been verified: one that does not lead to <c>tls.client_ca_file</c>, is out of its dates or not one
    /// for clients ends the handshake in both modes. Nothing is fetched, so revocation lists are not consulted.
    /// </summary>
    private bool Accepts(TlsMaterial material, X509Certificate2? certificate, X509Chain? sent)
    {
        if (certificate is null)
        {
            return config.ClientCertificates == ClientCertificates.Request;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(material.ClientRoots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().LocalDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        foreach (var link in sent?.ChainPolicy.ExtraStore ?? [])
        {
            chain.ChainPolicy.ExtraStore.Add(link);
        }

        return chain.Build(certificate);
    }

    /// <summary>Forward secret and authenticated ones alone (RFC 9325 section 4.2); of TLS 1.3, all that there are in use.</summary>
    private static readonly CipherSuitesPolicy Ciphers = new(
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]);
}
