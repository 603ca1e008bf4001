using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Enkryptify.Gateway.Reference;

/// <summary>The tokens of a cluster that exists for one measurement: all of one service account, each with a <c>jti</c> and a pod of its own, all valid for an hour.</summary>
internal static class Workload
{
    /// <summary>Writes <c>tokens</c>, one a line, and <c>jwks.json</c>. The private key is not kept.</summary>
    public static void Write(int count, string issuer, string audience, string subject, string directory)
    {
        const string kid = "workload-1";
        using var key = RSA.Create(2048);
        var (now, header) = (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), Encoded($$"""{"alg":"RS256","kid":"{{kid}}"}"""));
        var account = subject.Split(':');
        using (var tokens = new StreamWriter(Path.Combine(directory, "tokens")))
        {
            for (var i = 0; i < count; i++)
            {
                var input = $"{header}." + Encoded(
                    $$$"""{"aud":["{{{audience}}}"],"exp":{{{now + 3600}}},"iat":{{{now}}},"iss":"{{{issuer}}}","jti":"{{{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}}}","kubernetes.io":{"namespace":"{{{account[^2]}}}","pod":{"name":"{{{account[^1]}}}-{{{i}}}"},"serviceaccount":{"name":"{{{account[^1]}}}","uid":"0d7c1d0a-5a4e-4f2a-9c52-6f0f8f3f7a11"}},"nbf":{{{now}}},"sub":"{{{subject}}}"}""");
                tokens.WriteLine($"{input}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}");
            }
        }

        var parts = key.ExportParameters(includePrivateParameters: false);
        File.WriteAllText(
            Path.Combine(directory, "jwks.json"),
            $$"""{"keys":[{"kty":"RSA","kid":"{{kid}}","use":"sig","alg":"RS256","n":"{{Base64Url.EncodeToString(parts.Modulus)}}","e":"{{Base64Url.EncodeToString(parts.Exponent)}}"}]}""");
    }

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
