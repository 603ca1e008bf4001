using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Forwarding.Routes;

namespace Enkryptify.Gateway.Operations.Telemetry;

/// <summary>
/// The connection to the operator's collector: to its address alone. No proxy of the environment's, no redirect (the credential would go with it), no tracing of
/// itself. It counts what could not be delivered, and says so once when it begins and once when it ends: a collector that is gone must not fill the log.
/// </summary>
internal sealed class Collector
{
    private const int MostHeaderBytes = 16 * 1024;

    private readonly TelemetryConfig config;
    private readonly ILogger log;
    private readonly List<(string Name, string Value)> headers = [];
    private readonly X509ChainPolicy trust = new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
    private volatile string? problem;

    /// <exception cref="UnusableSettingException">The headers or the CA file cannot be used.</exception>
    public Collector(TelemetryConfig config, ILogger log)
    {
        (this.config, this.log) = (config, log);
        if (config.Headers is { } reference)
        {
            ReadHeaders(reference);
        }

        if (config.CaFile is { } file)
        {
            trust.TrustMode = X509ChainTrustMode.CustomRootTrust;
            trust.CustomTrustStore.AddRange(UpstreamClients.Roots(file));
        }
    }

    /// <summary>Why it did not take the last export, or null.</summary>
    public string? Problem => problem;

    /// <summary>Exports that the collector did not take.</summary>
    public Counter Failures { get; } = new();

    /// <summary>A client for one kind of export. It lives as long as the exporter.</summary>
    public HttpClient Client()
    {
        var connection = new SocketsHttpHandler
        {
            UseProxy = false, UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ActivityHeadersPropagator = null,
            ConnectTimeout = config.Timeout, MaxConnectionsPerServer = 2, MaxResponseHeadersLength = 32, PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust },
        };
        var client = new HttpClient(new Watched(this, connection)) { Timeout = config.Timeout, MaxResponseContentBufferSize = 64 * 1024 };
        foreach (var (name, value) in headers)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }

        return client;
    }

    private void ReadHeaders(SecretReference reference)
    {
        var text = System.Text.Encoding.UTF8.GetString(ReferencedSecret.Read(reference, "telemetry headers", message => new UnusableSettingException(message), MostHeaderBytes));
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = colon < 0 ? ("", "") : (line[..colon].Trim(), line[(colon + 1)..].Trim());

            // The line may hold the credential: it is not repeated.
            if (name.Length == 0 || value.Length == 0 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_') || !value.All(letter => letter is >= ' ' and <= '~'))
            {
                throw new UnusableSettingException($"telemetry.headers: {reference} must hold lines such as 'Authorization: Bearer ...', in ASCII");
            }

            headers.Add((name, value));
        }
    }

    private void Delivered()
    {
        if (Interlocked.Exchange(ref problem, null) is not null)
        {
            log.LogInformation("telemetry: the collector takes traces and metrics again");
        }
    }

    private void Failed(string why)
    {
        Failures.Add();
        if (Interlocked.Exchange(ref problem, why) is null)
        {
            log.LogWarning("telemetry: the collector does not take what it is sent, which is dropped: {Problem}", why);
        }
    }

    private sealed class Watched(Collector collector, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancel)
        {
            try
            {
                return Told(base.Send(request, cancel));
            }
            catch (Exception error) when (Told(error))
            {
                throw;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            try
            {
                return Told(await base.SendAsync(request, cancel).ConfigureAwait(false));
            }
            catch (Exception error) when (Told(error))
            {
                throw;
            }
        }

        private HttpResponseMessage Told(HttpResponseMessage answer)
        {
            if (answer.IsSuccessStatusCode)
            {
                collector.Delivered();
            }
            else
            {
                collector.Failed($"it answered {(int)answer.StatusCode}");
            }

            return answer;
        }

        private bool Told(Exception error)
        {
            collector.Failed(error is OperationCanceledException ? "it did not answer in time" : error.InnerException?.Message ?? error.Message);
            return true;
        }
    }
}
