using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Enkryptify.Gateway.Operations.Telemetry;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>What a fetch gave: the key set as published, or in a few words why not.</summary>
internal sealed record FetchedKeys(byte[]? Jwks, KeySet? Keys, string? Problem);

/// <summary>
/// Fetches an issuer's keys by OIDC discovery: its <c>/.well-known/openid-configuration</c>, which must be about this issuer, and the key set that it names.
/// HTTPS, or HTTP to loopback; no redirect, no proxy of the environment, nothing that a certificate asks for, 5 seconds and 1 MiB for each document. The issuer's CA, when it has one,
/// is the only root, and its bearer token goes to its own origin alone.
/// </summary>
internal sealed class KeyFetcher(TimeProvider time)
{
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    /// <param name="bearerToken">Opened; null when the issuer has none.</param>
    public async Task<FetchedKeys> Fetch(Issuer issuer, string? bearerToken, CancellationToken stop)
    {
        if (IssuerUrl.Problem(issuer.Url) is { } unfit)
        {
            return new FetchedKeys(null, null, "its URL " + unfit);
        }

        try
        {
            var origin = new Uri(issuer.Url);
            using var http = Client(issuer);
            var discovery = await Document(http, new Uri(issuer.Url.TrimEnd('/') + "/.well-known/openid-configuration"), bearerToken, stop).ConfigureAwait(false);
            if (KeysOf(discovery, issuer).Refused(out var problem, out var keysUrl))
            {
                return new FetchedKeys(null, null, problem.Message);
            }

            var jwks = await Document(http, keysUrl, SameOrigin(keysUrl, origin) ? bearerToken : null, stop).ConfigureAwait(false);
            var (keys, wrong) = KeySet.Fetched(jwks);
            return new FetchedKeys(keys is null ? null : jwks, keys, wrong);
        }
        catch (OperationCanceledException)
        {
            return new FetchedKeys(null, null, $"did not answer within {TimeLimit.TotalSeconds:0} seconds");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or CryptographicException or FetchException)
        {
            // A certificate's fault is in the inner message, and it is what the operator needs.
            return new FetchedKeys(null, null, error.InnerException is System.Security.Authentication.AuthenticationException inner ? inner.Message : error.Message);
        }
    }

    public static bool SameOrigin(Uri a, Uri b) => Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static Access.Outcome<Uri> KeysOf(byte[] discovery, Issuer issuer)
    {
        try
        {
            using var document = JsonDocument.Parse(discovery, new JsonDocumentOptions { MaxDepth = 16 });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("issuer", out var name) || name.ValueKind != JsonValueKind.String || name.GetString() != issuer.Url)
            {
                return Access.Refusal.Invalid("discovery", "the document is of another issuer");
            }

            if (!root.TryGetProperty("jwks_uri", out var link) || link.ValueKind != JsonValueKind.String || !Uri.TryCreate(link.GetString(), UriKind.Absolute, out var keys)
                || IssuerUrl.TransportProblem(keys) is not null)
            {
                return Access.Refusal.Invalid("discovery", "jwks_uri is no HTTPS URL");
            }

            return SameOrigin(keys, new Uri(issuer.Url)) || (issuer.JwksOrigin is { } other && SameOrigin(keys, new Uri(other)))
                ? keys
                : Access.Refusal.Invalid("discovery", $"jwks_uri is on another origin, {keys.GetLeftPart(UriPartial.Authority)}: set jwksOrigin to it if that is right");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return Access.Refusal.Invalid("discovery", "the document is not valid JSON");
        }
    }

    private static HttpClient Client(Issuer issuer)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false, UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = TimeLimit,
            MaxResponseHeadersLength = 32, ActivityHeadersPropagator = null,
        };

        // A certificate may name a URL to fetch its issuer's certificate from: whoever answers would choose what this host asks for.
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (issuer.Ca is { } pem)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.ImportFromPem(pem);
        }

        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };

        return new HttpClient(ClientSpans.Around(handler)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private async Task<byte[]> Document(HttpClient http, Uri url, string? bearerToken, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (bearerToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearerToken);
        }

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new FetchException($"{url.AbsolutePath} answered {(int)response.StatusCode}");
        }

        if (response.Content.Headers.ContentLength is > KeySet.MaxBytes)
        {
            throw new FetchException($"{url.AbsolutePath} is larger than 1 MiB");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(chunk, either.Token).ConfigureAwait(false)) > 0;)
        {
            body.Write(chunk, 0, read);
            if (body.Length > KeySet.MaxBytes)
            {
                throw new FetchException($"{url.AbsolutePath} is larger than 1 MiB");
            }
        }

        return body.ToArray();
    }

    private sealed class FetchException(string message) : Exception(message);
}
