using System.Security.Cryptography;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Tests.Configuration;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http.Tls;

/// <summary>Files and settings that cannot be used keep the gateway from starting, and say what to do.</summary>
public class TlsFileTests
{
    public static TheoryData<string, string> Wrong => new()
    {
        { "no certificate", "tls.certificate_file: cannot be read" },
        { "no key", "tls.key: the TLS key cannot be read" },
        { "key open to others", "chmod 600" },
        { "another key", "is not the PEM private key of the first certificate" },
        { "encrypted key", "is encrypted with a pass phrase" },
        { "small RSA key", "has an RSA key of 1024 bits" },
        { "client certificate", "is not one for a server" },
        { "no PEM", "holds 0 PEM certificates" },
        { "large file", "is larger than 256 KiB" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task It_does_not_start(string what, string message)
    {
        var error = await Assert.ThrowsAnyAsync<UnusableSettingException>(() => TlsWorld.Start(world => Lay(what, world)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY-----", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_RSA_pair_serves()
    {
        using var key = RSA.Create(2048);
        await using var world = await TlsWorld.Start(world => world.Pki.Write(world.Folder, world.Pki.Issue("rsa", key: key)));
        Assert.True(await world.Admits(null));
    }

    [Theory]
    [InlineData("[server]\nlisten = [\"https://0.0.0.0:1\"]\n[tls]\ncertificate_file = \"a\"\nkey = \"file:b\"")]
    [InlineData("[server]\nlisten = [\"https://0.0.0.0:1\", \"http://127.0.0.1:1\"]\n[tls]\ncertificate_file = \"a\"\nkey = \"file:b\"\nclient_certificates = \"request\"\nclient_ca_file = \"c\"")]
    public void TLS_beyond_loopback_needs_no_switch(string text) => Assert.Empty(ConfigFile.Errors(text));

    [Theory]
    [InlineData("[server]\nlisten = [\"https://0.0.0.0:1\", \"http://0.0.0.0:2\"]\n[tls]\ncertificate_file = \"a\"\nkey = \"file:b\"", "2 server.listen: clear text beyond loopback")]
    [InlineData("[server]\nlisten = [\"https://127.0.0.1:1\"]\n[tls]\ncertificate_file = \"a\"", "2 server.listen: https needs tls.key")]
    [InlineData("[tls]\ncertificate_file = \"a\"", "2 tls.certificate_file: says nothing while no URL")]
    [InlineData("[tls]\nkey = \"SECRET\"", "2 tls.key: must be file:PATH, credential:NAME or env:NAME; the key itself does not belong here")]
    [InlineData("[server]\nlisten = [\"https://127.0.0.1:1\"]\n[tls]\ncertificate_file = \"a\"\nkey = \"file:b\"\nclient_certificates = \"require\"", "6 tls.client_certificates: needs tls.client_ca_file")]
    [InlineData("[server]\nlisten = [\"https://127.0.0.1:1\"]\n[tls]\ncertificate_file = \"a\"\nkey = \"file:b\"\nclient_ca_file = \"c\"", "6 tls.client_ca_file: says nothing while")]
    public void Half_a_section_is_a_mistake(string text, string error) => Assert.StartsWith(error, Assert.Single(ConfigFile.Errors(text)), StringComparison.Ordinal);

    [Fact]
    public void The_public_URL_follows_the_listener() => Assert.Equal(
        "https://127.0.0.1:8443", ConfigFile.Load("[server]\nlisten = [\"https://127.0.0.1:8443\"]\n[tls]\ncertificate_file = \"a\"\nkey = \"file:b\"").Config!.Server.PublicUrl);

    private static void Lay(string what, TlsWorld world)
    {
        var certificate = world.Pki.Write(world.Folder);
        switch (what)
        {
            case "no certificate":
                File.Delete(Pki.CertificatePath(world.Folder));
                break;
            case "no key":
                File.Delete(Pki.KeyPath(world.Folder));
                break;
            case "key open to others":
                Pki.WriteKey(world.Folder, Pki.KeyPem(certificate), UnixFileMode.UserRead | UnixFileMode.GroupRead);
                break;
            case "another key":
                Pki.WriteKey(world.Folder, Pki.KeyPem(world.Pki.Issue("another")));
                break;
            case "encrypted key":
                using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    Pki.WriteKey(world.Folder, key.ExportEncryptedPkcs8PrivateKeyPem("pass phrase", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
                }

                break;
            case "small RSA key":
                using (var small = RSA.Create(1024))
                {
                    world.Pki.Write(world.Folder, world.Pki.Issue("small", key: small));
                }

                break;
            case "client certificate":
                world.Pki.Write(world.Folder, world.Pki.Issue("client", client: true));
                break;
            case "no PEM":
                File.WriteAllText(Pki.CertificatePath(world.Folder), "not a certificate");
                break;
            case "large file":
                File.WriteAllText(Pki.CertificatePath(world.Folder), new string('x', 300 * 1024));
                break;
        }
    }
}
