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
internal sealed class RouteAdmission(Authenticator authenticator)
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

    /// <summary>The handshake proved the key; the list says whose it is, so the certificate's own dates and issuer are not asked.</summary>
    private static (AuditActor?, RouteRefusal?) ByCertificate(HttpContext context, RouteUsers users) =>
        context.Connection.ClientCertificate?.GetCertHashString(HashAlgorithmName.SHA256) is not { } thumbprint ? (null, RouteRefusal.NotAllowed("no_certificate"))
        : users.Certificates.Contains(thumbprint) ? (new AuditActor("certificate", thumbprint, null), null)
        : (null, RouteRefusal.NotAllowed("certificate_not_listed"));

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

        // A browser in that network would carry any page's requests in: legacy programs send neither of these headers.
        return IsOfAnotherSite(context.Request)
            ? (null, RouteRefusal.NotAllowed("cross_site"))
            : (new AuditActor("network", peer.ToString(), null), null);
    }

    private static bool IsOfAnotherSite(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        return site is not ("" or "same-origin" or "none")
            || (origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)));
    }
}
