using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Http.Tls;

/// <summary>
/// What the https listeners serve with at one moment: certificate, key, and whom clients' certificates lead to. Read and checked as a whole, so that a
/// handshake meets a pair that fits or the pair before it, never half of each.
/// </summary>
internal sealed class TlsMaterial
{
    /// <summary>A chain is a few certificates, a list of CAs some dozen.</summary>
    private const int MostBytes = 256 * 1024;
    private const int MostCertificates = 64;
    private const int MostKeyBytes = 16 * 1024;
    private const int LeastRsaBits = 2048;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private TlsMaterial(X509Certificate2 certificate, X509Certificate2Collection chain, X509Certificate2Collection clientRoots, byte[] stamp)
    {
        (Certificate, ClientRoots, Stamp) = (certificate, clientRoots, stamp);

        // Offline: neither a missing link of the chain nor a stapled OCSP answer is fetched from anywhere.
        Context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public SslStreamCertificateContext Context { get; }

    public X509Certificate2Collection ClientRoots { get; }

    /// <summary>The digest of all that was read: equal while nothing has changed on the disk.</summary>
    public byte[] Stamp { get; }

    /// <summary>The digest of what the files hold now, without judging it. A file that cannot be read counts by why.</summary>
    public static byte[] StampOf(TlsConfig config)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in (Func<byte[]>[])[() => File(config.CertificateFile, "tls.certificate_file"), () => Key(config), () => ClientCa(config)])
        {
            byte[] bytes;
            try
            {
                bytes = part();
            }
            catch (UnusableSettingException error)
            {
                bytes = Encoding.UTF8.GetBytes(error.Message);
            }

            digest.AppendData(BitConverter.GetBytes(bytes.Length));
            digest.AppendData(bytes);
        }

        return digest.GetHashAndReset();
    }

    /// <exception cref="UnusableSettingException">Something of it is missing, unreadable or does not fit; the message names the key and the file.</exception>
    public static TlsMaterial Load(TlsConfig config)
    {
        var stamp = StampOf(config);
        var chain = Certificates(config.CertificateFile, "tls.certificate_file");
        var roots = config.ClientCaFile is { } path ? Certificates(path, "tls.client_ca_file") : [];
        var certificate = WithKey(chain[0], config);
        chain.RemoveAt(0);
        return new TlsMaterial(certificate, chain, roots, stamp);
    }

    private static X509Certificate2 WithKey(X509Certificate2 leaf, TlsConfig config)
    {
        var pem = Encoding.UTF8.GetString(Key(config));
        if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new UnusableSettingException($"tls.key: {config.Key} is encrypted with a pass phrase; give it decrypted, in a file of mode 0600 or as a systemd credential.");
        }

        X509Certificate2 pair;
        try
        {
            pair = X509Certificate2.CreateFromPem(leaf.ExportCertificatePem(), pem);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new UnusableSettingException($"tls.key: {config.Key} is not the PEM private key of the first certificate in {config.CertificateFile}.");
        }

        if (pair.GetRSAPublicKey() is { } rsa && rsa.KeySize < LeastRsaBits)
        {
            throw new UnusableSettingException($"tls.certificate_file: {config.CertificateFile} has an RSA key of {rsa.KeySize} bits; at least {LeastRsaBits} are needed.");
        }

        foreach (var usage in pair.Extensions.OfType<X509EnhancedKeyUsageExtension>())
        {
            if (!usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == ServerAuthentication))
            {
                throw new UnusableSettingException($"tls.certificate_file: the first certificate in {config.CertificateFile} is not one for a server (its extended key usage says so).");
            }
        }

        return pair;
    }

    private static X509Certificate2Collection Certificates(string path, string key)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(Encoding.UTF8.GetString(File(path, key)));
        }
        catch (CryptographicException)
        {
            throw new UnusableSettingException($"{key}: {path} holds something else than PEM certificates.");
        }

        return found.Count is > 0 and <= MostCertificates
            ? found
            : throw new UnusableSettingException($"{key}: {path} holds {found.Count} PEM certificates; 1 to {MostCertificates} are expected.");
    }

    private static byte[] ClientCa(TlsConfig config) => config.ClientCaFile is { } path ? File(path, "tls.client_ca_file") : [];

    private static byte[] Key(TlsConfig config) =>
        ReferencedSecret.Read(config.Key, "TLS key", message => new UnusableSettingException("tls.key: " + message), MostKeyBytes);

    private static byte[] File(string path, string key)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists && file.Length > MostBytes
                ? throw new UnusableSettingException($"{key}: {path} is larger than {MostBytes / 1024} KiB.")
                : System.IO.File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UnusableSettingException($"{key}: cannot be read: {error.Message}");
        }
    }
}
