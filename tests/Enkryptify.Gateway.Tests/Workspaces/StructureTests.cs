using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

/// <summary>Making structure as the local operator (contract section 5): shapes, uniqueness, names.</summary>
public class StructureTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task What_is_made_is_answered_and_then_listed()
    {
        var workspace = await Made("/v1/workspace", Json.Of(("name", " Work Shop "), ("slug", "work-shop")), ["id", "name", "ownerId", "slug"]);
        Assert.Equal(("Work Shop", "work-shop"), (Text(workspace, "name"), Text(workspace, "slug")));
        var team = await Made("/v1/workspace/work-shop/team", Json.Of(("name", "Größe ☃")), ["createdAt", "id", "name", "projectCount"]);
        Assert.Equal(0, team["projectCount"]!.GetValue<int>());
        var project = await Made($"/v1/workspace/{workspace["id"]}/project", Json.Of(("name", "P"), ("slug", "p1"), ("teamId", Text(team, "id"))), ["createdAt", "id", "name", "slug", "updatedAt"]);
        var environment = await Made(
            $"/v1/workspace/work-shop/project/{project["id"]}/environment", Json.Of(("name", "live"), ("hasPersonalOverrides", true)), ["hasPersonalOverrides", "id", "name"]);
        Assert.True(environment["hasPersonalOverrides"]!.GetValue<bool>());

        Assert.Contains((await gateway.Operator.Get("/v1/workspace")).Json.AsArray(), one => JsonNode.DeepEquals(one, workspace));
        Assert.Equal(1, Assert.Single((await gateway.Operator.Get("/v1/workspace/work-shop/team")).Json.AsArray())!["projectCount"]!.GetValue<int>());
        var teams = Assert.Single((await gateway.Operator.Get("/v1/workspace/work-shop/project")).Json.AsArray())!;
        Assert.Equal(["id", "name", "projects"], teams.AsObject().Select(member => member.Key).Order());
        Assert.True(JsonNode.DeepEquals(Assert.Single(teams["projects"]!.AsArray()), project));
        Assert.True(JsonNode.DeepEquals(Assert.Single((await gateway.Operator.Get("/v1/workspace/work-shop/project/p1/environment")).Json.AsArray()), environment));
        var detail = (await gateway.Operator.Get("/v1/workspace/work-shop/project/p1")).Json;
        Assert.Equal(["environments", "id", "name", "slug"], detail.AsObject().Select(member => member.Key).Order());
        Assert.Equal("live", Text(Assert.Single(detail["environments"]!.AsArray())!, "name"));
    }

    [Fact]
    public async Task A_taken_name_or_slug_is_409_and_the_same_elsewhere_is_not()
    {
        var acme = shared.Acme;
        var before = TableDump.Of(gateway);
        foreach (var (path, body, code) in new[]
        {
            ("/v1/workspace", Json.Of(("name", "x"), ("slug", "acme")), "slug_taken"),
            ("/v1/workspace/acme/team", Json.Of(("name", " red ")), "name_taken"),
            ("/v1/workspace/acme/project", Json.Of(("name", "x"), ("slug", "shop"), ("teamId", acme.Red)), "slug_taken"),
            ("/v1/workspace/acme/project", Json.Of(("name", "x"), ("slug", "shop"), ("teamId", acme.Blue)), "slug_taken"),
            ("/v1/workspace/acme/project/shop/environment", Json.Of(("name", "dev")), "name_taken"),
        })
        {
            var answer = await gateway.Operator.Post(path, body);
            Assert.Equal((409, code), (answer.Status, answer.Code));
        }

        Assert.Equal(before, TableDump.Of(gateway));
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/other/project", Json.Of(("name", "shop"), ("slug", "shop"), ("teamId", acme.Id("green"))))).Status);
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/project/shop/environment", Json.Of(("name", "DEV")))).Status);
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/project", Json.Of(("name", "shop"), ("slug", "shop-2"), ("teamId", acme.Red)))).Status);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("  trimmed\t")]
    [InlineData("Ünïcode 名前 👩‍👩‍👧")]
    [InlineData("a.b/c?d#e%41&f{g")]
    [InlineData("'; DROP TABLE team; --")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task A_name_may_be_what_people_call_things(string name)
    {
        var path = "/v1/workspace/acme/project/site/environment";
        var answer = await gateway.Operator.Post(path, Json.Of(("name", name)));
        Assert.Equal((201, name.Trim()), (answer.Status, Text(answer.Json, "name")));

        // The name serves as a filter, escaped as any URL part is, and comes back in that spelling.
        var id = Text(answer.Json, "id");
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/project/site/secret", Json.Secret("NAMED", name, [id]))).Status);
        var secret = await gateway.Operator.Get($"/v1/workspace/acme/project/site/secret/NAMED?environmentId={Uri.EscapeDataString(name.Trim())}");
        Assert.Equal(200, secret.Status);
        Assert.Equal((name.Trim(), name), (Text(secret.Json["values"]![0]!, "environmentId"), Text(secret.Json["values"]![0]!, "value")));
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("--")]
    [InlineData("0123456789-0123456789-0123456789-0123456789-0123")]
    public async Task A_slug_may_be_anything_of_its_alphabet(string slug)
    {
        var answer = await gateway.Operator.Post("/v1/workspace/acme/project", Json.Of(("name", slug), ("slug", slug), ("teamId", shared.Acme.Blue)));
        Assert.Equal(201, answer.Status);
        Assert.Equal(Text(answer.Json, "id"), Text((await gateway.Operator.Get($"/v1/workspace/acme/project/{slug}")).Json, "id"));
    }

    [Fact]
    public async Task What_is_made_outlives_a_restart()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var paths = new[] { "/v1/workspace", "/v1/workspace/acme/team", "/v1/workspace/acme/project", "/v1/workspace/acme/project/shop", "/v1/workspace/acme/project/shop/secret" };
        var before = new List<string>();
        foreach (var path in paths)
        {
            before.Add((await own.Operator.Get(path)).Body);
        }

        await own.Restart();
        for (var i = 0; i < paths.Length; i++)
        {
            Assert.Equal(before[i], (await own.Operator.Get(paths[i])).Body);
        }
    }

    private async Task<JsonNode> Made(string path, JsonObject body, string[] fields)
    {
        var answer = await gateway.Operator.Post(path, body);
        Assert.True(answer.Status == 201, answer.Body);
        Assert.Equal(fields, answer.Json.AsObject().Select(member => member.Key).Order());
        return answer.Json;
    }

    private static string Text(JsonNode node, string member) => node[member]!.GetValue<string>();
}
