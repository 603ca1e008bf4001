using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Enkryptify.Gateway.Tests.Operations;

/// <summary>
/// JSON Schema as far as our document uses it; a keyword it does not know fails, so that none is passed over. Stricter than the standard in one
/// thing: a member that the schema does not name is a problem, since the document is to tell all that an answer holds.
/// </summary>
internal sealed class SchemaCheck(ApiDocument document)
{
    private readonly List<string> problems = [];

    public IReadOnlyList<string> Problems => problems;

    public void Value(JsonNode? value, JsonNode schema, string at)
    {
        var resolved = document.Resolve(schema);
        foreach (var (keyword, rule) in resolved)
        {
            if (!Holds(value, resolved, keyword, rule!, at))
            {
                problems.Add($"{at}: {value?.ToJsonString() ?? "null"} breaks {keyword} {rule!.ToJsonString()}");
            }
        }
    }

    private bool Holds(JsonNode? value, JsonObject schema, string keyword, JsonNode rule, string at) => keyword switch
    {
        "description" or "default" => true,
        "type" => (rule is JsonArray types ? types.Select(type => (string)type!) : [(string)rule!]).Contains(TypeOf(value)),
        "const" => JsonNode.DeepEquals(value, rule),
        "enum" => rule.AsArray().Any(one => JsonNode.DeepEquals(value, one)),
        "oneOf" => rule.AsArray().Count(one => Passes(value, one!)) == 1,
        "format" => value is null || FormatHolds((string)value!, (string)rule!),
        "pattern" => value is null || Regex.IsMatch((string)value!, (string)rule!),
        "minLength" => value is null || ((string)value!).Length >= (int)rule,
        "maxLength" => value is null || ((string)value!).Length <= (int)rule,
        "minimum" => (long)value! >= (long)rule,
        "maximum" => (long)value! <= (long)rule,
        "minItems" => value!.AsArray().Count >= (int)rule,
        "maxItems" => value!.AsArray().Count <= (int)rule,
        "required" => value is not JsonObject json || rule.AsArray().All(name => json.ContainsKey((string)name!)),
        "properties" => value is not JsonObject members || Members(members, rule.AsObject(), schema["additionalProperties"], at),
        "additionalProperties" => schema.ContainsKey("properties") || Members(value!.AsObject(), [], rule, at),
        "items" => Items(value, rule, at),
        _ => throw new NotSupportedException($"{at}: the keyword {keyword} is not checked yet."),
    };

    private bool Members(JsonObject value, JsonObject known, JsonNode? others, string at)
    {
        foreach (var (name, member) in value)
        {
            if ((known[name] ?? others) is { } schema)
            {
                Value(member, schema, $"{at}.{name}");
            }
            else
            {
                problems.Add($"{at}.{name}: is not described");
            }
        }

        return true;
    }

    private bool Items(JsonNode? value, JsonNode schema, string at)
    {
        for (var i = 0; value is JsonArray items && i < items.Count; i++)
        {
            Value(items[i], schema, $"{at}[{i}]");
        }

        return true;
    }

    private bool Passes(JsonNode? value, JsonNode schema)
    {
        var check = new SchemaCheck(document);
        check.Value(value, schema, "");
        return check.problems.Count == 0;
    }

    private static bool FormatHolds(string value, string format) => format switch
    {
        "uuid" => Guid.TryParseExact(value, "D", out var id) && id.ToString("D") == value,
        "date-time" => value.EndsWith('Z') && DateTime.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time) && time.Kind == DateTimeKind.Utc,
        _ => throw new NotSupportedException($"The format {format} is not checked yet."),
    };

    private static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null => "null",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        JsonValueKind.Number => value!.ToJsonString().All(c => char.IsAsciiDigit(c) || c == '-') ? "integer" : "number",
        _ => "?",
    };
}
