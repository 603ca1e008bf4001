using System.Globalization;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>Reading the API's answers: a field that is absent, null or of another kind is simply not there.</summary>
internal static class JsonFields
{
    private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } field ? field.GetString() : null;

    public static bool Flag(this JsonElement element, string name) =>
        element.Member(name).ValueKind == JsonValueKind.True;

    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement field) ? field : default;

    public static IEnumerable<JsonElement> Items(this JsonElement element) => element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) => element.Member(name).Items();

    public static DateTimeOffset? Time(this JsonElement element, string name) =>
        DateTimeOffset.TryParse(element.Text(name), CultureInfo.InvariantCulture, Utc, out DateTimeOffset time) ? time : null;

    /// <summary>A time as the tables show it, in UTC, to the minute.</summary>
    public static string Shown(this DateTimeOffset? time, string otherwise = "-") =>
        time?.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) ?? otherwise;
}
