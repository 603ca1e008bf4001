using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Credentials;

/// <summary>
/// The form of an API token (contract section 3): <c>ek_live_</c>, 36 random base62 characters (214 bits), 6 base62 characters of the CRC-32 over
/// all that precedes. The checksum keeps typing errors and random guesses from ever reaching the store, and lets scanners recognise a leak.
/// </summary>
internal static class ApiToken
{
    public const string Mark = "ek_live_";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomLength = 36;
    private const int ChecksumLength = 6;
    private const int PrefixLength = 12;

    public static Sensitive New()
    {
        var body = Mark + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        return new Sensitive(body + Checksum(body));
    }

    /// <summary>What may be shown of a token: <c>ek_live_</c> and four characters.</summary>
    public static string Prefix(Sensitive token) => token.Reveal()[..PrefixLength];

    /// <summary>Whether the text could be a token of ours. The checksum is no secret, so this need not be constant-time.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (text.Length != Mark.Length + RandomLength + ChecksumLength || !text.StartsWith(Mark, StringComparison.Ordinal)
            || text[Mark.Length..].ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        return text[^ChecksumLength..].SequenceEqual(Checksum(text[..^ChecksumLength]));
    }

    private static string Checksum(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[text.Length];
        Encoding.ASCII.GetBytes(text, bytes);
        var rest = Crc32.HashToUInt32(bytes);
        return string.Create(ChecksumLength, rest, static (digits, rest) =>
        {
            for (var i = digits.Length - 1; i >= 0; i--)
            {
                (rest, var digit) = Math.DivRem(rest, (uint)Alphabet.Length);
                digits[i] = Alphabet[(int)digit];
            }
        });
    }
}
