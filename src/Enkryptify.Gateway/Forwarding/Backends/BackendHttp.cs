using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Forwarding.Routes;
using Enkryptify.Gateway.Operations.Telemetry;

namespace Enkryptify.Gateway.Forwarding.Backends;

internal readonly record struct BackendResponse(int Status, byte[] Body);

/// <summary>
/// Requests to one backend. It is the operator's own choice and yet not trusted: no redirect is followed (a credential would go with it), no cookie kept, no
/// proxy of the environment's asked, nothing decompressed, no more than so many bytes read, and what a certificate names is not fetched.
/// </summary>
internal sealed class BackendHttp : IDisposable
{
    private const int MostConnections = 16;

    private readonly BackendConfig config;
    private readonly HttpClient http;
    private readonly string root;

    /// <exception cref="UnusableSettingException">The CA file cannot be used.</exception>
    public BackendHttp(BackendConfig config)
    {
        this.config = config;
        root = config.Url.AbsoluteUri.TrimEnd('/');
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (config.CaFile is { } file)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(UpstreamClients.Roots(file));
        }

        http = new HttpClient(ClientSpans.Around(new SocketsHttpHandler
        {
            UseProxy = false, UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ActivityHeadersPropagator = null,
            ConnectTimeout = config.ConnectTimeout, MaxConnectionsPerServer = MostConnections, MaxResponseHeadersLength = 32, MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2), SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
        })) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The credential as it is now: a rotated one is taken without a restart.</summary>
    /// <exception cref="UnusableSettingException">It cannot be read, or no header can hold it.</exception>
    public static Sensitive Credential(BackendConfig config)
    {
        var token = ReferencedSecret.Text(config.Credential, "token");
        return token.Reveal().All(letter => letter is > ' ' and < (char)127)
            ? token
            : throw new UnusableSettingException($"{config.Credential} does not hold a token: it has characters that no token has.");
    }

    /// <param name="path">Below the backend's URL, each segment escaped by who made it.</param>
    /// <exception cref="BackendFailure">No answer within the limits, or a redirect, or a failure of the backend's own (5xx, 429).</exception>
    public async Task<BackendResponse> Send(HttpMethod method, string path, Action<HttpRequestHeaders> headers, CancellationToken limit, byte[]? json = null)
    {
        using var request = new HttpRequestMessage(method, root + path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        headers(request.Headers);
        if (method != HttpMethod.Get)
        {
            // Also where there is nothing to say: a request without content is sent again by the platform when its connection breaks.
            request.Content = new ByteArrayContent(json ?? []);
        }

        if (json is not null)
        {
            request.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            if (status is >= 300 and < 400)
            {
                throw new BackendFailure("it answered with a redirect, which is not followed", away: false);
            }

            if (status is >= 500 or 429)
            {
                throw new BackendFailure($"it answered {status}", away: true, isUndone: status == 429);
            }

            return new BackendResponse(status, await Body(response, limit).ConfigureAwait(false));
        }
        catch (HttpRequestException error)
        {
            throw new BackendFailure(
                error.InnerException is AuthenticationException || error.HttpRequestError == HttpRequestError.SecureConnectionError ? "its certificate is not trusted, or it speaks no TLS"
                : error.HttpRequestError == HttpRequestError.NameResolutionError ? "its name is not known"
                : error.HttpRequestError == HttpRequestError.ConnectionError ? "it cannot be reached"
                : "it broke off its answer",
                away: true, isUndone: error.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError);
        }
        catch (OperationCanceledException error) when (error.InnerException is TimeoutException && !limit.IsCancellationRequested)
        {
            // The time to connect, which has its own limit, was over before anything was sent.
            throw new BackendFailure("it cannot be reached", away: true, isUndone: true);
        }
        catch (IOException)
        {
            throw new BackendFailure("it broke off its answer", away: true);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<byte[]> Body(HttpResponseMessage response, CancellationToken limit)
    {
        if (response.Content.Headers.ContentLength > config.MaxAnswerBytes)
        {
            throw TooLarge();
        }

        await using var stream = await response.Content.ReadAsStreamAsync(limit).ConfigureAwait(false);
        using var body = new MemoryStream();
        var chunk = new byte[32 * 1024];
        for (int read; (read = await stream.ReadAsync(chunk, limit).ConfigureAwait(false)) > 0;)
        {
            if (body.Length + read > config.MaxAnswerBytes)
            {
                throw TooLarge();
            }

            body.Write(chunk, 0, read);
        }

        return body.ToArray();
    }

    private BackendFailure TooLarge() => new($"its answer is larger than {config.MaxAnswerBytes >> 20} MiB", away: false);
}
