using System.Text.Json;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Operations;

public class OpenApiTests
{
    [Fact]
    public async Task The_document_has_every_route_and_no_other()
    {
        await using var gateway = await TestGateway.Start();
        var document = await ApiDocument.Of(gateway);
        var routes = gateway.Gateway.Routes.Api.Select(route => $"{route.Method} {ApiDocument.Nameless(route.Pattern)}").Order();
        Assert.Equal(routes, document.Operations.Select(operation => operation.Route).Order());
    }

    /// <summary>Two branches that describe the same route merge without a conflict, into a document that readers take differently.</summary>
    [Fact]
    public async Task No_member_stands_twice()
    {
        await using var gateway = await TestGateway.Start();
        var text = (await gateway.Anonymous.Get("/openapi.json")).Body;
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.Equal("3.1.0", document.RootElement.GetProperty("openapi").GetString());
    }

    /// <summary>An operation without a security of its own needs a JWT: the document's default. All others say what they take instead.</summary>
    [Fact]
    public async Task The_document_says_which_routes_need_no_jwt()
    {
        await using var gateway = await TestGateway.Start();
        var document = await ApiDocument.Of(gateway);
        var anonymous = gateway.Gateway.Routes.Api.Where(route => route.Access is AnonymousAccess).Select(route => $"{route.Method} {ApiDocument.Nameless(route.Pattern)}");
        Assert.Equal(anonymous.Order(), document.Operations.Where(operation => operation.Operation.ContainsKey("security")).Select(operation => operation.Route).Order());
        Assert.Equal("""[{"jwt":[]}]""", document.Root["security"]!.ToJsonString());
    }

    [Fact]
    public async Task Every_operation_describes_its_parameters_and_its_answers()
    {
        await using var gateway = await TestGateway.Start();
        var document = await ApiDocument.Of(gateway);
        var operations = document.Operations.ToList();
        Assert.Equal(operations.Count, operations.Select(operation => (string)operation.Operation["operationId"]!).Distinct().Count());
        foreach (var (path, item) in document.Root["paths"]!.AsObject())
        {
            var shared = item!["parameters"]?.AsArray().Select(parameter => document.Resolve(parameter!)) ?? [];
            var inPath = path.Split('/').Where(segment => segment.StartsWith('{')).Select(segment => segment[1..^1]);
            Assert.Equal(inPath, shared.Where(parameter => (string)parameter["in"]! == "path").Select(parameter => (string)parameter["name"]!));
        }

        foreach (var (route, operation) in operations)
        {
            Assert.True(operation["responses"]!.AsObject().Any(response => response.Key[0] == '2'), $"{route} has no success");
            foreach (var (status, response) in operation["responses"]!.AsObject())
            {
                var described = document.Resolve(response!);
                Assert.True(described["content"]!.AsObject().Single().Value!["schema"] is not null, $"{route} {status} has no schema");
            }
        }
    }

    [Fact]
    public async Task No_component_lies_about_unused_and_no_reference_leads_nowhere()
    {
        await using var gateway = await TestGateway.Start();
        var document = await ApiDocument.Of(gateway);
        var used = References(document.Root).ToHashSet();
        Assert.All(used, reference => document.Resolve(new JsonObject { ["$ref"] = reference }));
        foreach (var kind in (string[])["parameters", "headers", "responses", "schemas"])
        {
            Assert.All(document.Root["components"]![kind]!.AsObject(), component => Assert.Contains($"#/components/{kind}/{component.Key}", used));
        }
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject json => json.SelectMany(member => member.Key == "$ref" ? [(string)member.Value!] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
