using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Enkryptify.Gateway.Reference;

/// <summary>The RSA key that workloads' tokens come signed with, and a P-256 key that answers are signed with. Each thread has its own objects of them.</summary>
internal sealed class Keys : IDisposable
{
    private readonly ThreadLocal<RSA> workload;
    private readonly ThreadLocal<ECDsa> own;

    private Keys(RSAParameters rsa, ECParameters ec) => (workload, own) = (new(() => RSA.Create(rsa), true), new(() => ECDsa.Create(ec), true));

    public RSA Workload => workload.Value!;

    public ECDsa Own => own.Value!;

    /// <param name="file">A JWK set; its first RSA key counts.</param>
    public static Keys Read(string file)
    {
        using var set = JsonDocument.Parse(File.ReadAllBytes(file));
        var key = set.RootElement.GetProperty("keys").EnumerateArray().First(key => key.GetProperty("kty").GetString() == "RSA");
        using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new Keys(
            new RSAParameters { Modulus = Base64Url.DecodeFromChars(key.GetProperty("n").GetString()), Exponent = Base64Url.DecodeFromChars(key.GetProperty("e").GetString()) },
            fresh.ExportParameters(includePrivateParameters: true));
    }

    public void Dispose()
    {
        foreach (var key in (IEnumerable<AsymmetricAlgorithm>)[.. workload.Values, .. own.Values])
        {
            key.Dispose();
        }
    }
}
