using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Forwarding.Routes;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>Certificates: the judgement by itself. Over real connections: <see cref="RouteCertificateTests"/>.</summary>
public class RouteAdmissionTests
{
    [Fact]
    public void A_listed_certificate_is_let_in_by_its_thumbprint_and_no_other_is()
    {
        using var listed = Certificate();
        using var other = Certificate();
        var users = new RouteUsers([], [], [listed.GetCertHashString(HashAlgorithmName.SHA256)]);
        Assert.Equal(("certificate", users.Certificates[0], null), Judge(users, listed));
        Assert.Equal((null, null, "certificate_not_listed"), Judge(users, other));
        Assert.Equal((null, null, "no_certificate"), Judge(users, null));
    }

    private static (string?, string?, string?) Judge(RouteUsers users, X509Certificate2? certificate)
    {
        var context = new DefaultHttpContext();
        context.Connection.ClientCertificate = certificate;
        context.Connection.RemoteIpAddress = System.Net.IPAddress.Loopback;
        var (user, refusal) = new RouteAdmission(null!, TimeProvider.System).Judge(context, users, null, "");
        return (user?.Kind, user?.Id, refusal?.Reason);
    }

    /// <summary>Both of the same name.</summary>
    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=program", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }
}
