using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>
/// The only way out to the identity provider: no proxy of the environment, no redirect, no cookie, ten seconds and one MiB an answer, and a
/// bounded number of connections. Where a CA file is given, nothing else vouches for the provider.
/// </summary>
internal sealed class ProviderHttp : IDisposable
{
    public const int MaxAnswer = 1 << 20;
    private static readonly TimeSpan TimeOut = TimeSpan.FromSeconds(10);

    private readonly HttpClient client;
    private readonly ILogger log;

    /// <exception cref="UnusableSettingException">The CA file cannot be read.</exception>
    public ProviderHttp(string? caFile, ILogger log)
    {
        this.log = log;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false, AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeOut, MaxConnectionsPerServer = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), ActivityHeadersPropagator = null,
        };
        var trust = caFile is null ? new X509ChainPolicy() : OnlyThese(caFile);

        // A certificate names places to fetch others from; whoever answers in the provider's place would choose where this host connects to.
        trust.DisableCertificateDownloads = true;
        trust.RevocationMode = X509RevocationMode.NoCheck;
        handler.SslOptions.CertificateChainPolicy = trust;

        client = new HttpClient(handler) { Timeout = TimeOut, MaxResponseContentBufferSize = MaxAnswer };
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    /// <summary>The body of an answer of 200.</summary>
    /// <param name="what">What is asked for, for the log.</param>
    public Task<Outcome<byte[]>> Get(Uri url, string what) => Send(new HttpRequestMessage(HttpMethod.Get, url), what, _ => SsoRefusal.Unreachable);

    /// <param name="refused">What an answer of 400 to 499 means.</param>
    public Task<Outcome<byte[]>> Post(Uri url, FormUrlEncodedContent form, AuthenticationHeaderValue authorization, string what, Refusal refused)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = form };
        request.Headers.Authorization = authorization;
        return Send(request, what, status => status is >= 400 and < 500 ? refused : SsoRefusal.Unreachable);
    }

    public void Dispose() => client.Dispose();

    private async Task<Outcome<byte[]>> Send(HttpRequestMessage request, string what, Func<int, Refusal> unwelcome)
    {
        try
        {
            using (request)
            {
                // Buffers the whole answer, up to the limit, within the time-out.
                using var response = await client.SendAsync(request).ConfigureAwait(false);
                if ((int)response.StatusCode == 200)
                {
                    return await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
                }

                log.LogWarning("sso: the provider answered {Status} to the request for {What}", (int)response.StatusCode, what);
                return unwelcome((int)response.StatusCode);
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            log.LogWarning("sso: no {What} from the provider: {Problem}", what, error.InnerException?.Message ?? error.Message);
            return SsoRefusal.Unreachable;
        }
    }

    private static X509ChainPolicy OnlyThese(string caFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(caFile);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UnusableSettingException($"sso.ca_file: {caFile} cannot be read as PEM certificates: {error.Message}");
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new UnusableSettingException($"sso.ca_file: {caFile} holds no PEM certificate.");
    }
}
