using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>Takes JWTs apart and puts wrong ones together.</summary>
internal static class Forged
{
    public static JsonNode Part(string token, int index) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!;

    /// <summary>Another payload under the old signature.</summary>
    public static string With(string token, Action<JsonNode> change) => Replace(token, 1, Changed(token, 1, change));

    public static string WithHeader(string token, Action<JsonNode> change) => Replace(token, 0, Changed(token, 0, change));

    /// <summary>A header and payload of the forger's wish, truly signed, with a key of the forger's.</summary>
    public static string SignedBy(ECDsa key, string token, Action<JsonNode>? header = null, Action<JsonNode>? payload = null)
    {
        var signed = $"{Changed(token, 0, header)}.{Changed(token, 1, payload)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public static string Replace(string token, int index, string part)
    {
        var parts = token.Split('.');
        parts[index] = part;
        return string.Join('.', parts);
    }

    /// <summary>The token with one character of a part exchanged for the next in the alphabet.</summary>
    public static string Flip(string token, int part, int position)
    {
        var text = token.Split('.')[part].ToCharArray();
        position = position < 0 ? text.Length + position : position;
        text[position] = text[position] == 'A' ? 'B' : 'A';
        return Replace(token, part, new string(text));
    }

    public static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static string Changed(string token, int index, Action<JsonNode>? change)
    {
        var node = Part(token, index);
        change?.Invoke(node);
        return Encode(node.ToJsonString());
    }
}
