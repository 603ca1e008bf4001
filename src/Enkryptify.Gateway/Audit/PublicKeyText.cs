using System.Security.Cryptography;

namespace Enkryptify.Gateway.Audit;

/// <summary>An audit public key as people keep it: the line that <c>init</c> prints, base64, hex, or PEM, of the SubjectPublicKeyInfo.</summary>
internal static class PublicKeyText
{
    /// <summary>All keys of a text, one a line; null when a line is none.</summary>
    public static IReadOnlyList<byte[]>? Parse(string text)
    {
        if (PemEncoding.TryFind(text, out var pem))
        {
            var bytes = new byte[pem.DecodedDataLength];
            return Convert.TryFromBase64String(text[pem.Base64Data], bytes, out var written) && Checked(bytes[..written]) is { } key ? [key] : null;
        }

        var keys = new List<byte[]>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            // "audit public key  ID KEY", or the key alone.
            if (Line(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]) is not { } key)
            {
                return null;
            }

            keys.Add(key);
        }

        return keys.Count == 0 ? null : keys;
    }

    private static byte[]? Line(string word)
    {
        try
        {
            return Checked(word.All(char.IsAsciiHexDigit) ? Convert.FromHexString(word) : Convert.FromBase64String(word));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static byte[]? Checked(byte[] key)
    {
        try
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(key, out var read);
            return read == key.Length ? key : null;
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            return null;
        }
    }
}
