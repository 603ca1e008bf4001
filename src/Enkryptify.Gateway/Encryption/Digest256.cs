using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.Encryption;

/// <summary>A SHA-256 or HMAC-SHA-256 value as a key of a map: four words instead of an array.</summary>
internal readonly record struct Digest256(ulong A, ulong B, ulong C, ulong D)
{
    public Digest256(ReadOnlySpan<byte> digest)
        : this(MemoryMarshal.Cast<byte, ulong>(digest)[0], MemoryMarshal.Cast<byte, ulong>(digest)[1], MemoryMarshal.Cast<byte, ulong>(digest)[2], MemoryMarshal.Cast<byte, ulong>(digest)[3])
    {
    }

    /// <summary>The words are uniformly distributed already.</summary>
    public override int GetHashCode() => (int)A;
}
