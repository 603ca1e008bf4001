using System.Net;
using System.Security.Cryptography;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// Who may use a route, by the one way that it names: a token in a header of its own, so that <c>Authorization</c> stays the application's; a client
/// certificate; or the network of the TCP peer, for programs that can present nothing. No header can stand in for the peer.
/// </summary>
internal sealed class RouteAdmission(Authenticator authenticator, TimeProvider time)
{
    public const string Header = "X-Enkryptify-Authorization";

    /// <summary>Who it is, or why not.</summary>
    public (AuditActor? User, RouteRefusal? Refusal) Judge(HttpContext context, RouteUsers users, string? address, string requestId) =>
        !users.Credentials.IsEmpty ? ByCredential(context.Request, users, address, requestId)
        : !users.Certificates.IsEmpty ? ByCertificate(context, users)
        : ByNetwork(context, users);

    private (AuditActor?, RouteRefusal?) ByCredential(HttpRequest request, RouteUsers users, string? address, string requestId)
    {
        const string scheme = "Bearer ";
        var header = request.Headers[Header];
        if (header is not [{ } value] || !value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return (null, RouteRefusal.Unproven("no_token"));
        }

        if (authenticator.Authenticate(value[scheme.Length..].Trim(), address, requestId).Refused(out var refusal, out var caller))
        {
            return (null, RouteRefusal.Unproven(refusal.Reason ?? refusal.Code));
        }

        return caller is CredentialCaller proven && users.Credentials.Contains(proven.Credential.Id)
            ? (proven.Actor, null)
            : (null, RouteRefusal.NotAllowed("credential_not_listed"));
    }

    /// <summary>
    /// The certificate of the TCP connection, and of nothing else: the handshake proved its key and that it leads to <c>tls.client_ca_file</c>
    /// (<c>Http/Tls/ServerTls.cs</c>), the list says whose it is. A connection may outlive the certificate it began with, so the dates are asked again.
    /// </summary>
    private (AuditActor?, RouteRefusal?) ByCertificate(HttpContext context, RouteUsers users)
    {
        if (context.Connection.ClientCertificate is not { } certificate)
        {
            return (null, RouteRefusal.NotAllowed("no_certificate"));
        }

        var (thumbprint, now) = (certificate.GetCertHashString(HashAlgorithmName.SHA256), time.GetUtcNow().UtcDateTime);
        return !users.Certificates.Contains(thumbprint) ? (null, RouteRefusal.NotAllowed("certificate_not_listed"))
            : now < certificate.NotBefore.ToUniversalTime() || now >= certificate.NotAfter.ToUniversalTime() ? (null, RouteRefusal.NotAllowed("certificate_expired"))
            : IsOfAnotherSite(context.Request) ? (null, RouteRefusal.NotAllowed("cross_site"))
            : (new AuditActor("certificate", thumbprint, null), null);
    }

    private static (AuditActor?, RouteRefusal?) ByNetwork(HttpContext context, RouteUsers users)
    {
        if (context.Connection.RemoteIpAddress is not { } peer)
        {
            return (null, RouteRefusal.NotAllowed("network"));
        }

        peer = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        if (!users.Networks.Any(network => network.Contains(peer)))
        {
            return (null, RouteRefusal.NotAllowed("network"));
        }

        return IsOfAnotherSite(context.Request)
            ? (null, RouteRefusal.NotAllowed("cross_site"))
            : (new AuditActor("network", peer.ToString(), null), null);
    }

    /// <summary>A browser in an allowed network, or with a certificate, would carry any page's requests in: legacy programs send neither of these headers.</summary>
    private static bool IsOfAnotherSite(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        return site is not ("" or "same-origin" or "none")
            || (origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)));
    }
}
