using System.Buffers;

namespace Enkryptify.Gateway.Cli;

/// <summary>What a secret may be called; the gateway decides, this spares a request and keeps odd text out of paths.</summary>
internal static class SecretName
{
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    public static bool IsValid(string name) => name.Length is >= 1 and <= 128 && !name.AsSpan().ContainsAnyExcept(Alphabet);
}
