using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>A certificate authority of one test, with an intermediate under it, and files as an operator would lay them out.</summary>
internal sealed class Pki : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2049, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly X509Certificate2 intermediate;

    public Pki(string name = "test")
    {
        Root = Authority($"CN={name} root", null);
        intermediate = Authority($"CN={name} intermediate", Root);
    }

    public X509Certificate2 Root { get; }

    /// <summary>What a client sends beside its own certificate.</summary>
    public X509Certificate2 Intermediate => intermediate;

    public string RootPem => Root.ExportCertificatePem();

    public static string CertificatePath(string folder) => Path.Combine(folder, "tls.crt");

    public static string KeyPath(string folder) => Path.Combine(folder, "tls.key");

    /// <summary>Signed by the intermediate.</summary>
    public X509Certificate2 Issue(string name, bool client = false, DateTimeOffset? until = null, AsymmetricAlgorithm? key = null)
    {
        key ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsa
            ? new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={name}", (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(client ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(
            intermediate.SubjectName, X509SignatureGenerator.CreateForECDsa(intermediate.GetECDsaPrivateKey()!), From, until ?? Until, RandomNumberGenerator.GetBytes(8));
        return key is RSA ? signed.CopyWithPrivateKey((RSA)key) : signed.CopyWithPrivateKey((ECDsa)key);
    }

    /// <summary>A new server certificate with its chain and key in <c>tls.crt</c> and <c>tls.key</c>.</summary>
    public X509Certificate2 Write(string folder, X509Certificate2? certificate = null)
    {
        certificate ??= Issue("gateway");
        WriteCertificate(folder, certificate);
        WriteKey(folder, KeyPem(certificate));
        return certificate;
    }

    public void WriteCertificate(string folder, X509Certificate2 certificate) =>
        File.WriteAllText(CertificatePath(folder), certificate.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem() + "\n");

    public static void WriteKey(string folder, string pem, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = KeyPath(folder);
        File.WriteAllText(path, pem + "\n");
        File.SetUnixFileMode(path, mode);
    }

    public static string KeyPem(X509Certificate2 certificate) =>
        certificate.GetRSAPrivateKey() is { } rsa ? rsa.ExportPkcs8PrivateKeyPem() : certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    public void Dispose()
    {
        intermediate.Dispose();
        Root.Dispose();
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? parent)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        if (parent is null)
        {
            return request.CreateSelfSigned(From, Until);
        }

        using var signed = request.Create(
            parent.SubjectName, X509SignatureGenerator.CreateForECDsa(parent.GetECDsaPrivateKey()!), From, Until, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }
}
