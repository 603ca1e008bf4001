using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>An issuer's public keys by <c>kid</c> (RFC 7517 section 5). Immutable.</summary>
internal sealed class KeySet
{
    public const int MaxKeys = 4096;
    public const int MaxBytes = 1 << 20;

    /// <summary>Keys of one <c>kid</c> in a set: each is tried, for whoever sends a token.</summary>
    public const int MaxOfOneKid = 4;

    public static readonly KeySet Empty = new([]);

    private readonly FrozenDictionary<string, TrustedKey[]> byKid;

    private KeySet(IReadOnlyList<TrustedKey> keys)
    {
        Count = keys.Count;
        byKid = keys.GroupBy(key => key.Kid, StringComparer.Ordinal).ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
    }

    public int Count { get; }

    public IReadOnlyList<string> Kids => byKid.Keys;

    /// <summary>Nearly always none or one; a set may give one <c>kid</c> to <see cref="MaxOfOneKid"/> keys, and two uploaded sets lie beside each other.</summary>
    public IReadOnlyList<TrustedKey> Find(string kid) => byKid.TryGetValue(kid, out var keys) ? keys : [];

    public static KeySet Union(IEnumerable<KeySet> sets) => new([.. sets.SelectMany(set => set.byKid.Values).SelectMany(keys => keys)]);

    /// <summary>What an issuer publishes: keys that are of no use here are passed over. Null when none is left, with the reason.</summary>
    public static (KeySet? Keys, string? Problem) Fetched(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            var parsed = Elements(document.RootElement);
            if (parsed is null)
            {
                return (null, "its keys are no JWK set of at most 4096 keys");
            }

            var keys = parsed.Select(TrustedKey.Parse).Select(key => key.Key).OfType<TrustedKey>().ToList();
            return keys.Count == 0 ? (null, "its JWK set holds no usable key")
                : keys.CountBy(key => key.Kid).Any(kid => kid.Value > MaxOfOneKid) ? (null, $"its JWK set gives one kid to more than {MaxOfOneKid} keys")
                : (new KeySet(keys), null);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return (null, "its keys are not valid JSON");
        }
    }

    /// <summary>What an administrator uploads: every key must be usable, and none may hold a private part. Gives the public parts alone, as they are to be stored.</summary>
    public static (string? Jwks, KeySet Keys, string? Problem) Uploaded(JsonElement jwks)
    {
        try
        {
            if (Elements(jwks) is not { Count: > 0 } elements)
            {
                return (null, Empty, "must be a JWK set, {\"keys\": [...]}, of 1 to 4096 keys: kubectl get --raw /openid/v1/jwks prints one");
            }

            var keys = new List<TrustedKey>();
            for (var i = 0; i < elements.Count; i++)
            {
                if (elements[i].ValueKind == JsonValueKind.Object && (elements[i].TryGetProperty("d"u8, out _) || elements[i].TryGetProperty("k"u8, out _)))
                {
                    return (null, Empty, $"keys[{i}] holds a private or shared key: only public keys belong here, and that key should be replaced");
                }

                var (key, problem) = TrustedKey.Parse(elements[i]);
                if (key is null)
                {
                    return (null, Empty, $"keys[{i}] {problem}");
                }

                keys.Add(key);
            }

            if (keys.CountBy(key => key.Kid).Any(kid => kid.Value > MaxOfOneKid))
            {
                return (null, Empty, $"gives one kid to more than {MaxOfOneKid} keys");
            }

            var stored = Public(elements);
            return stored.Length > MaxBytes ? (null, Empty, "must be at most 1 MiB") : (stored, new KeySet(keys), null);
        }
        catch (InvalidOperationException)
        {
            return (null, Empty, "must be valid Unicode");
        }
    }

    private static List<JsonElement>? Elements(JsonElement set) =>
        set.ValueKind == JsonValueKind.Object && set.TryGetProperty("keys"u8, out var keys) && keys.ValueKind == JsonValueKind.Array && keys.GetArrayLength() <= MaxKeys
            ? [.. keys.EnumerateArray()]
            : null;

    /// <summary>In one order and without anything that is not read, so that equal sets are equal texts.</summary>
    private static string Public(List<JsonElement> keys)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("keys"u8);
            foreach (var key in keys.OrderBy(key => key.GetProperty("kid"u8).GetString(), StringComparer.Ordinal))
            {
                writer.WriteStartObject();
                foreach (var name in (string[])["kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"])
                {
                    if (key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                    {
                        writer.WriteString(name, value.GetString());
                    }
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
