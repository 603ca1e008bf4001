using System.Security.Cryptography;
using CsCheck;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Tests.Encryption;

public class SealTests
{
    private static readonly byte[] Key = SHA256.HashData("one"u8);
    private static readonly byte[] OtherKey = SHA256.HashData("other"u8);

    [Fact]
    public void Whatever_is_sealed_opens_to_the_same_bytes() =>
        Gen.Select(Gen.Byte.Array[0, 2000], Gen.String[0, 40]).Sample((plaintext, purpose) =>
        {
            var box = Seal.Close(Key, plaintext, purpose);
            Assert.Equal(1, box[0]);
            Assert.Equal(plaintext.Length + 29, box.Length);
            Assert.Equal(plaintext, Seal.Open(Key, box, purpose));
        }, iter: 500);

    [Fact]
    public void No_altered_byte_opens()
    {
        var box = Seal.Close(Key, "the value"u8, "place");
        for (var at = 0; at < box.Length; at++)
        {
            var altered = box.ToArray();
            altered[at] ^= 0x10;
            Assert.ThrowsAny<CryptographicException>(() => Seal.Open(Key, altered, "place"));
        }
    }

    [Fact]
    public void Nothing_cut_off_or_grown_opens()
    {
        var box = Seal.Close(Key, "the value"u8, "place");
        for (var length = 0; length < box.Length; length++)
        {
            Assert.ThrowsAny<CryptographicException>(() => Seal.Open(Key, box.AsSpan(0, length), "place"));
        }

        Assert.ThrowsAny<CryptographicException>(() => Seal.Open(Key, [.. box, 0], "place"));
    }

    [Fact]
    public void Nothing_opens_in_another_place_or_under_another_key()
    {
        var box = Seal.Close(Key, "the value"u8, "place");
        Assert.ThrowsAny<CryptographicException>(() => Seal.Open(Key, box, "another place"));
        Assert.ThrowsAny<CryptographicException>(() => Seal.Open(OtherKey, box, "place"));
        Assert.Equal("the value"u8.ToArray(), Seal.Open(Key, box, "place"));
    }

    [Fact]
    public void The_same_value_is_never_sealed_to_the_same_bytes() =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => Convert.ToBase64String(Seal.Close(Key, "the value"u8, "place"))).Distinct().Count());

    /// <summary>Two places never have the same associated data: each field of a value's place changes it.</summary>
    [Fact]
    public void Every_field_of_a_values_place_is_bound()
    {
        var (a, b) = (Guid.Parse("0197a000-0000-7000-8000-00000000000a"), Guid.Parse("0197a000-0000-7000-8000-00000000000b"));
        ValuePlace[] places = [new(a, b, 1, ""), new(b, b, 1, ""), new(a, a, 1, ""), new(a, b, 2, ""), new(a, b, 1, a.ToString("D")), new(a, b, 1, b.ToString("D"))];
        Assert.Equal(places.Length, places.Select(place => place.Purpose).Distinct().Count());
    }
}
