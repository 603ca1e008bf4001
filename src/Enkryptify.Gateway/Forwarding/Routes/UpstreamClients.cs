using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Operations.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// The connections to upstreams: each cluster its own pool, time-out and trust root. No proxy of the environment's, no redirects, no cookies, no
/// decompression: what comes back is what was sent.
/// </summary>
internal sealed class UpstreamClients : ForwarderHttpClientFactory
{
    public const string ConnectTimeoutKey = "connect-timeout";
    public const string CaFileKey = "ca-file";

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    /// <summary>The certificates of a trust file, or why it cannot be used.</summary>
    /// <exception cref="UnusableSettingException">Missing, unreadable or without a certificate.</exception>
    public static X509Certificate2Collection Roots(string file)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            return roots.Count > 0 ? roots : throw new UnusableSettingException($"{file} holds no certificate");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UnusableSettingException($"{file} cannot be read as certificates: {error.Message}");
        }
    }

    protected override bool CanReuseOldClient(ForwarderHttpClientContext context) =>
        base.CanReuseOldClient(context) && Same(context, ConnectTimeoutKey) && Same(context, CaFileKey);

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.UseProxy = false;
        handler.ActivityHeadersPropagator = null;
        handler.PooledConnectionIdleTimeout = IdleTime;
        handler.ConnectTimeout = TimeSpan.FromSeconds(double.Parse(Value(context.NewMetadata, ConnectTimeoutKey), CultureInfo.InvariantCulture));
        if (Value(context.NewMetadata, CaFileKey) is { Length: > 0 } file)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(Roots(file));
        }
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) => base.WrapHandler(context, ClientSpans.Around(handler));

    private static bool Same(ForwarderHttpClientContext context, string key) => Value(context.OldMetadata, key) == Value(context.NewMetadata, key);

    private static string Value(IReadOnlyDictionary<string, string>? metadata, string key) => metadata?.GetValueOrDefault(key) ?? "";
}
