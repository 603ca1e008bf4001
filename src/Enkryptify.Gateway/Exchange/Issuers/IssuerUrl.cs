using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>What an issuer may be named by, and what may be fetched.</summary>
internal static class IssuerUrl
{
    public const int MaxLength = 512;

    /// <summary>What is wrong with it as the URL of an issuer whose keys are fetched, or null.</summary>
    public static string? Problem(string url) =>
        !Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? "must be an absolute URL"
        : parsed.Query.Length > 0 || parsed.Fragment.Length > 0 || url.Contains('?', StringComparison.Ordinal) || url.Contains('#', StringComparison.Ordinal) ? "must have no query and no fragment"
        : TransportProblem(parsed);

    /// <summary>HTTPS, or HTTP to this host alone: there is no network between.</summary>
    public static string? TransportProblem(Uri url) =>
        url.UserInfo.Length > 0 ? "must hold no user name"
        : url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback) ? null
        : "must be an https URL (http to loopback alone)";

    /// <summary>A name that is compared to the letter: an <c>iss</c>, an audience, a subject. A wildcard would be read as one by somebody.</summary>
    public static string? ExactProblem(string text, int max = MaxLength) =>
        text.Length == 0 ? "must contain at least 1 character"
        : text.Length > max ? $"must contain at most {max} characters"
        : text.Contains('*') ? "must not contain *: it is compared to the letter"
        : char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) || text.Any(char.IsControl) ? "must not begin or end with a space or contain control characters"
        : null;

    public static string? OriginProblem(string origin) =>
        !Uri.TryCreate(origin, UriKind.Absolute, out var url) || url.AbsolutePath != "/" || Problem(origin) is not null ? "must be an origin, https://host[:port]" : null;

    public static string? CaProblem(string pem)
    {
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            return certificates.Count is > 0 and <= 64 ? null : "must hold 1 to 64 certificates in PEM";
        }
        catch (CryptographicException)
        {
            return "must hold 1 to 64 certificates in PEM";
        }
    }
}
