using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>JSON for requests, written as it reads.</summary>
internal static class Json
{
    public static JsonObject Everything => Scope(all: true);

    public static JsonObject Of(params (string Name, object? Value)[] members)
    {
        var json = new JsonObject();
        foreach (var (name, value) in members)
        {
            json[name] = Node(value);
        }

        return json;
    }

    public static JsonArray List(params object?[] items) => new([.. items.Select(Node)]);

    public static JsonObject Scope(bool all = false, string[]? teams = null, string[]? projects = null, string[]? environments = null) =>
        Of(("all", all), ("teams", List([.. teams ?? []])), ("projects", List([.. projects ?? []])), ("environments", List([.. environments ?? []])));

    public static JsonObject Secret(string key, string value, string[] environments) => Of(
        ("environments", List([.. environments])),
        ("secrets", List(Of(("key", key), ("value", value), ("type", "runtime"), ("dataType", "text")))));

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        JsonNode node => node.Parent is null ? node : node.DeepClone(),
        string text => JsonValue.Create(text),
        bool truth => JsonValue.Create(truth),
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        double number => JsonValue.Create(number),
        _ => throw new ArgumentException($"No JSON form for {value.GetType()}."),
    };
}
