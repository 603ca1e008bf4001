using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Encryption;

/// <summary>The master key cannot be read or is not the one of this database. The message is for the operator.</summary>
internal sealed class MasterKeyException(string message) : Exception(message);

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

    public static MasterKey Load(MasterKeyReference reference) => new(Parse(reference.Kind switch
    {
        MasterKeyKind.File => ReadFile(reference.Value),
        MasterKeyKind.Credential => ReadCredential(reference.Value),
        _ => Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable(reference.Value)
            ?? throw new MasterKeyException($"the environment variable {reference.Value}, which is to hold the master key, is not set.")),
    }, reference));

    private static byte[] ReadCredential(string name)
    {
        var directory = Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY")
            ?? throw new MasterKeyException("CREDENTIALS_DIRECTORY is not set: 'credential:' works only for a service that systemd starts with LoadCredential= or LoadCredentialEncrypted=.");
        return Read(Path.Combine(directory, name));
    }

    private static byte[] ReadFile(string path)
    {
        if (File.Exists(path))
        {
            var mode = File.GetUnixFileMode(path);
            if ((mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            {
                throw new MasterKeyException($"the master key file {path} may be used by others (mode {Convert.ToString((int)mode, 8)}). Set it to 0400 or 0600: chmod 600 {path}");
            }
        }

        return Read(path);
    }

    private static byte[] Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists && file.Length > 1024
                ? throw new MasterKeyException($"the master key file {path} is larger than a key.")
                : File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MasterKeyException($"the master key cannot be read: {error.Message}");
        }
    }

    private static byte[] Parse(byte[] content, MasterKeyReference reference)
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
            : throw new MasterKeyException($"{reference} does not hold a 256-bit key: 32 raw bytes, 64 hex digits or 44 characters of base64 are expected. Make one with: openssl rand -base64 32");
    }
}
