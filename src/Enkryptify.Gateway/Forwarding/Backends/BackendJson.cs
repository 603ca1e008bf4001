using System.Text.Json;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// Fields of a backend's answer. Its words are never repeated in a complaint: an answer that is not of the expected form may be anything, a secret too.
/// </summary>
internal static class BackendJson
{
    private const int MaxDepth = 32;

    public static T Read<T>(byte[] body, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw Unexpected("is not of the expected form");
        }
    }

    public static JsonElement.ArrayEnumerator List(JsonElement element, int most)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Unexpected("has no list where one belongs");
        }

        return element.GetArrayLength() <= most ? element.EnumerateArray() : throw Unexpected($"lists more than {most} items");
    }

    public static Guid Id(JsonElement element, string name) =>
        Ids.TryParse(OptionalText(element, name), out var id) ? id : throw Unexpected($"has no UUID in '{name}'");

    /// <summary>A name that people and logs can be shown.</summary>
    public static string Name(JsonElement element, string name, int most = 128) =>
        OptionalText(element, name) is { Length: > 0 } text && text.Length <= most && !text.Any(char.IsControl) ? text : throw Unexpected($"has no name in '{name}'");

    public static string? OptionalText(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static bool Flag(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    public static DateTimeOffset Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? time.ToUniversalTime() : DateTimeOffset.UnixEpoch;

    public static BackendFailure Unexpected(string how) => new($"its answer {how}", away: false);
}
