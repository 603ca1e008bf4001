using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Operations;

/// <summary>The API document as a client gets it, and whether an answer is one that it describes.</summary>
internal sealed class ApiDocument(JsonNode root)
{
    public JsonNode Root => root;

    /// <summary>Every operation, its path's parameters without their names: <c>PUT /v1/workspace/{}/…</c>.</summary>
    public IEnumerable<(string Route, JsonObject Operation)> Operations =>
        from path in root["paths"]!.AsObject()
        from member in path.Value!.AsObject()
        where member.Key is "get" or "post" or "put" or "patch" or "delete"
        select ($"{member.Key.ToUpperInvariant()} {Nameless(path.Key)}", member.Value!.AsObject());

    public IEnumerable<string> ErrorCodes => root["components"]!["schemas"]!["ErrorCode"]!["oneOf"]!.AsArray().Select(code => (string)code!["const"]!);

    public static async Task<ApiDocument> Of(TestGateway gateway)
    {
        var answer = await gateway.Anonymous.Get("/openapi.json");
        Assert.Equal(200, answer.Status);
        return new ApiDocument(answer.Json);
    }

    public static string Nameless(string pattern) => Regex.Replace(pattern, @"\{[^}]*\}", "{}");

    /// <summary>What of the answer the document does not describe; empty when all of it is.</summary>
    public IReadOnlyList<string> Undescribed(string method, string pattern, Answer answer)
    {
        var operation = Operations.Single(operation => operation.Route == $"{method} {Nameless(pattern)}").Operation;
        var responses = operation["responses"]!.AsObject();
        if ((responses[answer.Status.ToString()] ?? responses["default"]) is not { } response)
        {
            return [$"status {answer.Status} is not described"];
        }

        var body = Resolve(response)["content"]!["application/json"]!["schema"]!;
        var check = new SchemaCheck(this);
        check.Value(JsonNode.Parse(answer.Body), body, "body");
        return check.Problems;
    }

    /// <summary>Follows <c>$ref</c>.</summary>
    public JsonObject Resolve(JsonNode node)
    {
        while (node is JsonObject json && json["$ref"] is { } reference)
        {
            node = ((string)reference!)[2..].Split('/').Aggregate(root, (at, name) => at[name] ?? throw new InvalidOperationException($"{reference} leads nowhere."));
        }

        return node.AsObject();
    }
}
