using System.Buffers.Binary;
using System.Security.Cryptography;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>
/// How the content of a backup lies behind its header: chunks of 64 KiB, each AES-256-GCM under the file key, the last one shorter or full, never empty.
/// <code>
/// chunk n   ciphertext (1 to 65,536) · tag (16)
/// nonce     0 (4) · n (8, big-endian)
/// bound     SHA-256 of the whole header (32) · n (8) · last: 1, else 0 (1)
/// </code>
/// A nonce never repeats: the key is this file's alone. The number and the mark of the last one make a chunk that was moved, dropped, cut off or added fail as an
/// altered one does.
/// </summary>
internal static class BackupChunk
{
    public const int Size = 64 * 1024;
    public const int TagSize = 16;

    public static void Place(long number, bool last, Span<byte> nonce, Span<byte> bound)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[4..], number);
        BinaryPrimitives.WriteInt64BigEndian(bound[32..], number);
        bound[40] = last ? (byte)1 : (byte)0;
    }
}

/// <summary>Seals what is written to it. Whole only after <see cref="Finish"/>.</summary>
internal sealed class BackupWriter : IDisposable
{
    private readonly Stream file;
    private readonly AesGcm cipher;
    private readonly byte[] bound = new byte[41];
    private readonly byte[] plain = new byte[BackupChunk.Size];
    private readonly byte[] box = new byte[BackupChunk.Size + BackupChunk.TagSize];
    private int filled;
    private long number;

    public BackupWriter(Stream file, BackupHeader header, byte[] fileKey)
    {
        this.file = file;
        cipher = new AesGcm(fileKey, BackupChunk.TagSize);
        var head = header.ToBytes();
        SHA256.HashData(head, bound);
        file.Write(head);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            // A full chunk waits for more: only then is it known not to be the last.
            if (filled == plain.Length)
            {
                Chunk(last: false);
            }

            var taken = Math.Min(bytes.Length, plain.Length - filled);
            bytes[..taken].CopyTo(plain.AsSpan(filled));
            filled += taken;
            bytes = bytes[taken..];
        }
    }

    public void Finish() => Chunk(last: true);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(plain);
        cipher.Dispose();
    }

    private void Chunk(bool last)
    {
        Span<byte> nonce = stackalloc byte[12];
        BackupChunk.Place(number++, last, nonce, bound);
        cipher.Encrypt(nonce, plain.AsSpan(..filled), box.AsSpan(..filled), box.AsSpan(filled, BackupChunk.TagSize), bound);
        file.Write(box.AsSpan(..(filled + BackupChunk.TagSize)));
        filled = 0;
    }
}

/// <summary>Opens chunk by chunk; gives nothing that was not verified. <see cref="End"/> says that all of the file was read.</summary>
internal sealed class BackupReader : IDisposable
{
    private readonly Stream file;
    private readonly AesGcm cipher;
    private readonly byte[] bound = new byte[41];
    private readonly byte[] box = new byte[BackupChunk.Size + BackupChunk.TagSize];
    private readonly byte[] plain = new byte[BackupChunk.Size];
    private int filled;
    private int taken;
    private long number;
    private bool ended;

    private BackupReader(Stream file, BackupHeader header, byte[] fileKey)
    {
        (this.file, Header) = (file, header);
        cipher = new AesGcm(fileKey, BackupChunk.TagSize);
        SHA256.HashData(header.ToBytes(), bound);
    }

    public BackupHeader Header { get; }

    /// <exception cref="BackupException">Not a backup, damaged, or of another key.</exception>
    public static BackupReader Open(Stream file, BackupKey key)
    {
        var header = BackupHeader.Read(file);
        return new BackupReader(file, header, header.OpenFileKey(key));
    }

    /// <exception cref="BackupException">Altered, or it ends before this many bytes.</exception>
    public void ReadExactly(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (taken == filled)
            {
                if (ended)
                {
                    throw BackupException.Damaged("the backup holds less than its manifest says.");
                }

                Chunk();
            }

            var count = Math.Min(bytes.Length, filled - taken);
            plain.AsSpan(taken, count).CopyTo(bytes);
            taken += count;
            bytes = bytes[count..];
        }
    }

    /// <exception cref="BackupException">There is more.</exception>
    public void End()
    {
        if (!ended || taken < filled)
        {
            throw BackupException.Damaged("the backup holds more than its manifest says.");
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(plain);
        cipher.Dispose();
    }

    private void Chunk()
    {
        var left = file.Length - file.Position;
        var last = left <= box.Length;
        var size = (int)Math.Min(left, box.Length);
        file.ReadExactly(box, 0, size);
        if (size <= BackupChunk.TagSize)
        {
            throw CutOff(number);
        }

        if (!Opens(size, last))
        {
            throw last && Opens(size, last: false) ? CutOff(number + 1) : BackupException.Damaged(FormattableString.Invariant(
                $"the backup is damaged in chunk {number} (bytes {file.Position - size} to {file.Position - 1}): it was altered, moved, cut off or added to."));
        }

        (taken, filled, ended) = (0, size - BackupChunk.TagSize, last);
        number++;
    }

    private static BackupException CutOff(long whole) => BackupException.Damaged(FormattableString.Invariant($"the backup is cut off after {whole} whole chunks."));

    private bool Opens(int size, bool last)
    {
        Span<byte> nonce = stackalloc byte[12];
        BackupChunk.Place(number, last, nonce, bound);
        try
        {
            cipher.Decrypt(nonce, box.AsSpan(..(size - BackupChunk.TagSize)), box.AsSpan(size - BackupChunk.TagSize, BackupChunk.TagSize), plain.AsSpan(..(size - BackupChunk.TagSize)), bound);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
