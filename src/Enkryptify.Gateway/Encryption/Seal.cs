using System.Security.Cryptography;
using System.Text;

namespace Enkryptify.Gateway.Encryption;

/// <summary>
/// AES-256-GCM with a random nonce, the one form in which secrets and keys lie on the disk:
/// <code>
/// byte   0        1             13                  n-16      n
///        +--------+-------------+-------------------+---------+
///        | format | nonce (12)  | ciphertext        | tag(16) |     format = 1
///        +--------+-------------+-------------------+---------+
/// associated data (UTF-8): "enkryptify-gateway/1/" + purpose, fields separated by '/'
///   a secret's value     value/{environment id}/{secret id}/{value version}/{owner id, empty for shared}
///   an environment key   environment-key/{key id}/{environment id}
///   a digest key         digest-key/{key id}
///   a signing key        signing-key/{kid}
///   a key-encryption key key-encryption-key/{key id}
///   an issuer's token    issuer-token/{issuer id}
///   an answer kept       offline/{owner}/{path}
///   the key of a backup  backup-key/{the beginning of its header}, under a key derived for backups (Storage/Backup/BackupHeader.cs)
/// </code>
/// The associated data binds a sealed value to its place: moved to another row, it does not open. Nonces are random: 96 bits are safe for the
/// 2^32 seals a key may make (NIST SP 800-38D, section 8.3), and each environment has a key of its own.
/// </summary>
internal static class Seal
{
    public const int KeySize = 32;
    private const byte Format = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    /// <summary>Enough for the longest purpose of a value, so that sealing and opening one allocates nothing for it.</summary>
    private const int BoundSize = 512;

    public static byte[] Close(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, ReadOnlySpan<char> purpose)
    {
        var box = new byte[1 + NonceSize + plaintext.Length + TagSize];
        box[0] = Format;
        var nonce = box.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(key, TagSize);
        cipher.Encrypt(nonce, plaintext, box.AsSpan(1 + NonceSize, plaintext.Length), box.AsSpan(box.Length - TagSize), Bound(purpose, stackalloc byte[BoundSize]));
        return box;
    }

    /// <exception cref="CryptographicException">Altered, moved, or sealed under another key.</exception>
    public static byte[] Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> box, ReadOnlySpan<char> purpose)
    {
        var plaintext = new byte[LengthOf(box)];
        Open(key, box, purpose, plaintext);
        return plaintext;
    }

    /// <summary>The same into memory of the caller's, which is as long as <see cref="LengthOf"/> says.</summary>
    /// <exception cref="CryptographicException">Altered, moved, or sealed under another key.</exception>
    public static void Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> box, ReadOnlySpan<char> purpose, Span<byte> plaintext)
    {
        if (box.Length < 1 + NonceSize + TagSize || box[0] != Format)
        {
            throw new CryptographicException("A sealed value has an unknown format.");
        }

        using var cipher = new AesGcm(key, TagSize);
        cipher.Decrypt(box.Slice(1, NonceSize), box[(1 + NonceSize)..^TagSize], box[^TagSize..], plaintext, Bound(purpose, stackalloc byte[BoundSize]));
    }

    /// <summary>How many bytes are sealed in it, if it is a sealed value.</summary>
    public static int LengthOf(ReadOnlySpan<byte> box) => Math.Max(0, box.Length - 1 - NonceSize - TagSize);

    /// <summary>The associated data, in <paramref name="room"/> where it fits.</summary>
    private static ReadOnlySpan<byte> Bound(ReadOnlySpan<char> purpose, Span<byte> room)
    {
        var bound = Encoding.UTF8.GetMaxByteCount(purpose.Length) + Prefix.Length <= room.Length ? room : new byte[Encoding.UTF8.GetByteCount(purpose) + Prefix.Length];
        Prefix.CopyTo(bound);
        return bound[..(Prefix.Length + Encoding.UTF8.GetBytes(purpose, bound[Prefix.Length..]))];
    }

    private static ReadOnlySpan<byte> Prefix => "enkryptify-gateway/1/"u8;
}
