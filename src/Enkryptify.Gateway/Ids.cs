using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Enkryptify.Gateway;

/// <summary>Ids are UUID version 7 in lower case (contract section 1): they sort by time of creation.</summary>
internal static class Ids
{
    /// <summary>Bytes fetched from the system's generator at once, as each fetch is a system call and every request makes one or two ids.</summary>
    private const int Drawn = 1024;

    private const int RandomSize = 10;

    [ThreadStatic]
    private static byte[]? random;

    [ThreadStatic]
    private static int used;

    /// <summary>RFC 9562 section 5.7: 48 bits of Unix milliseconds, then random bits, of which no two ids share any.</summary>
    public static Guid New(TimeProvider time)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        if (random is null || used + RandomSize > Drawn)
        {
            RandomNumberGenerator.Fill(random ??= new byte[Drawn]);
            used = 0;
        }

        random.AsSpan(used, RandomSize).CopyTo(id[6..]);
        used += RandomSize;
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>
    /// An id as a caller writes it: 36 characters, hex and hyphens. The runtime's own parser also takes blanks around it, and signs and 0x within.
    /// </summary>
    public static bool TryParse(string? text, out Guid id)
    {
        id = default;
        return text is { Length: 36 } && !text.AsSpan().ContainsAnyExcept(Alphabet) && Guid.TryParseExact(text, "D", out id);
    }

    private static readonly System.Buffers.SearchValues<char> Alphabet = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF-");
}
