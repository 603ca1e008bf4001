using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Encryption;

/// <summary>The master key cannot be read or is not the one of this database. The message is for the operator.</summary>
internal sealed class MasterKeyException(string message) : UnusableSettingException(message);

/// <summary>
/// The 256-bit key that wraps all others. Lives in memory only; comes from a file, a systemd credential or an environment variable, as 32 raw
/// bytes, 64 hex digits or base64. Its <see cref="Id"/> may be shown: it is an HMAC of a constant and tells nothing of the key.
/// </summary>
internal sealed class MasterKey
{
    private readonly byte[] key;

    private MasterKey(byte[] key)
    {
        this.key = key;
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(key, "enkryptify-gateway master key id"u8).AsSpan(0, 8));
    }

    public string Id { get; }

    public ReadOnlySpan<byte> Bytes => key;

    public static string NewText() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(Seal.KeySize));

    public static MasterKey Load(SecretReference reference) =>
        new(Parse(ReferencedSecret.Read(reference, "master key", message => new MasterKeyException(message)), reference.ToString()));

    /// <param name="source">Where it comes from, for the message.</param>
    public static MasterKey Of(byte[] content, string source) => new(Parse(content, source));

    private static byte[] Parse(byte[] content, string source)
    {
        if (content.Length == Seal.KeySize)
        {
            return content;
        }

        var text = content.AsSpan().Trim(" \r\n\t"u8);
        var key = new byte[Seal.KeySize];
        if (text.Length == 2 * Seal.KeySize && Convert.FromHexString(text, key, out _, out _) == System.Buffers.OperationStatus.Done)
        {
            return key;
        }

        var status = Base64.DecodeFromUtf8(text, key, out var consumed, out var written);
        return status == System.Buffers.OperationStatus.Done && consumed == text.Length && written == Seal.KeySize
            ? key
            : throw new MasterKeyException($"{source} does not hold a 256-bit key: 32 raw bytes, 64 hex digits or 44 characters of base64 are expected. Make one with: openssl rand -base64 32");
    }
}
