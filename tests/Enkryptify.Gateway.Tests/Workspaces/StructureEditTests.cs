using System.Text.Json.Nodes;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

/// <summary>PATCH of workspace, team, project and environment (contract section 5). Each test changes a workspace of its own.</summary>
public class StructureEditTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private static int workspaces;
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task A_renamed_workspace_works_at_once_and_its_old_slug_is_unknown()
    {
        var world = await Own();
        var (_, token, machine) = await gateway.Machine(workspace: world.Slug);
        var slug = world.Slug + "-new";
        var answer = await gateway.Operator.Patch(world.Path, Json.Of(("name", " Renamed "), ("slug", slug)));
        Assert.Equal((200, world.Id, "Renamed", slug), (answer.Status, Text(answer, "id"), Text(answer, "name"), Text(answer, "slug")));
        foreach (var api in new[] { gateway.Operator, machine })
        {
            Assert.Equal(200, (await api.Get($"/v1/workspace/{slug}/project")).Status);
            Assert.Equal(200, (await api.Get($"/v1/workspace/{world.Id}/project")).Status);
            var old = await api.Get($"{world.Path}/project");
            Assert.Equal((404, "Workspace not found"), (old.Status, old.Message));
        }

        Assert.Equal(200, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);

        // The old slug is free; what is left out stays.
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace", Json.Of(("name", "Another"), ("slug", world.Slug)))).Status);
        Assert.Empty((await gateway.Operator.Get($"{world.Path}/team")).Json.AsArray());
        Assert.Equal(("Once more", slug), (await gateway.Operator.Patch($"/v1/workspace/{slug}", Json.Of(("name", "Once more"))) is var once ? Text(once, "name") : "", Text(once, "slug")));
        Assert.Equal("Once more", Text(await gateway.Operator.Patch($"/v1/workspace/{slug}", Json.Of()), "name"));
    }

    [Fact]
    public async Task A_renamed_project_works_at_once_and_its_old_slug_is_unknown()
    {
        var world = await Own();
        var before = (await gateway.Operator.Get($"{world.Path}/project/one")).Json;
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await gateway.Operator.Patch($"{world.Path}/project/one", Json.Of(("name", "First"), ("slug", "first")));
        Assert.Equal((200, "First", "first"), (answer.Status, Text(answer, "name"), Text(answer, "slug")));
        Assert.Equal(gateway.Clock.GetUtcNow().UtcDateTime, answer.Json["updatedAt"]!.GetValue<DateTime>());
        Assert.Equal(before["id"]!.GetValue<string>(), Text(answer, "id"));
        Assert.Equal("v", (await gateway.Operator.Get($"{world.Path}/project/first/secret/KEY")).Json["values"]![0]!["value"]!.GetValue<string>());
        foreach (var path in new[] { "", "/environment", "/secret", "/secret/KEY" })
        {
            var old = await gateway.Operator.Get($"{world.Path}/project/one{path}");
            Assert.Equal((404, "Project not found"), (old.Status, old.Message));
        }

        Assert.Equal(201, (await gateway.Operator.Post($"{world.Path}/project", Json.Of(("name", "x"), ("slug", "one"), ("teamId", world.Left)))).Status);
    }

    [Fact]
    public async Task A_project_moves_to_another_team_with_all_rights_that_hang_on_it()
    {
        var world = await Own();
        var (left, right) = (await Machine(world.Left), await Machine(world.Right));
        Assert.Equal((200, 404), ((await left.Get($"{world.Path}/project/one/secret")).Status, (await right.Get($"{world.Path}/project/one/secret")).Status));
        Assert.Equal(200, (await gateway.Operator.Patch($"{world.Path}/project/one", Json.Of(("teamId", world.Right)))).Status);
        Assert.Equal((404, 200), ((await left.Get($"{world.Path}/project/one/secret")).Status, (await right.Get($"{world.Path}/project/one/secret")).Status));
        var teams = (await gateway.Operator.Get($"{world.Path}/team")).Json.AsArray();
        var counts = teams.ToDictionary(team => team!["id"]!.GetValue<string>(), team => team!["projectCount"]!.GetValue<int>());
        Assert.Equal((0, 2), (counts[world.Left], counts[world.Right]));

        var dump = TableDump.Of(gateway);
        foreach (var (team, status) in new[] { ("00000000-0000-7000-8000-000000000000", 404), (shared.Acme.Red, 404), ("right", 400) })
        {
            Assert.Equal(status, (await gateway.Operator.Patch($"{world.Path}/project/one", Json.Of(("teamId", team), ("name", "x")))).Status);
        }

        Assert.Equal(dump, TableDump.Of(gateway));

        async Task<Api> Machine(string team) => (await gateway.Machine("read", Json.Scope(teams: [team]), world.Slug)).Api;
    }

    [Fact]
    public async Task Moving_a_project_needs_both_teams_in_ones_scope()
    {
        var world = await Own();
        var project = Text(await gateway.Operator.Get($"{world.Path}/project/one"), "id");
        foreach (var scope in new[] { Json.Scope(teams: [world.Left]), Json.Scope(teams: [world.Right], projects: [project]), Json.Scope(projects: [project]) })
        {
            var admin = await gateway.People.Join("admin", scope, world.Slug);
            var answer = await admin.Api.Patch($"{world.Path}/project/one", Json.Of(("teamId", world.Right)));
            Assert.Contains(answer.Status, new[] { 403, 404 });
            Assert.Equal(200, (await admin.Api.Patch($"{world.Path}/project/one", Json.Of(("name", "renamed")))).Status);
        }

        var both = await gateway.People.Join("admin", Json.Scope(teams: [world.Left, world.Right]), world.Slug);
        Assert.Equal(200, (await both.Api.Patch($"{world.Path}/project/one", Json.Of(("teamId", world.Right)))).Status);
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("{id}")]
    public async Task An_environment_is_renamed_by_name_or_id(string named)
    {
        var world = await Own();
        var path = $"{world.Path}/project/one/environment/{named.Replace("{id}", world.Environment, StringComparison.Ordinal)}";
        var answer = await gateway.Operator.Patch(path, Json.Of(("name", "development"), ("hasPersonalOverrides", true)));
        Assert.Equal((200, world.Environment, "development", true), (answer.Status, Text(answer, "id"), Text(answer, "name"), answer.Json["hasPersonalOverrides"]!.GetValue<bool>()));
        Assert.Equal(404, (await gateway.Operator.Get($"{world.Path}/project/one/secret?environmentId=dev")).Status);
        Assert.Equal("v", (await gateway.Operator.Get($"{world.Path}/project/one/secret?environmentId=development")).Json[0]!["values"]![0]!["value"]!.GetValue<string>());

        // One field alone leaves the other.
        Assert.True((await gateway.Operator.Patch($"{world.Path}/project/one/environment/development", Json.Of(("name", "live")))).Json["hasPersonalOverrides"]!.GetValue<bool>());
        Assert.Equal("live", Text(await gateway.Operator.Patch($"{world.Path}/project/one/environment/live", Json.Of(("hasPersonalOverrides", false))), "name"));
    }

    [Fact]
    public async Task What_is_taken_is_409_and_ones_own_is_not()
    {
        var world = await Own();
        var before = TableDump.Of(gateway);
        foreach (var (path, body, code) in new[]
        {
            ("", Json.Of(("slug", "acme"), ("name", "x")), "slug_taken"),
            ($"/team/{world.Left}", Json.Of(("name", "right")), "name_taken"),
            ("/project/one", Json.Of(("slug", "two"), ("name", "x")), "slug_taken"),
            ("/project/one/environment/dev", Json.Of(("name", "prod"), ("hasPersonalOverrides", true)), "name_taken"),
        })
        {
            var answer = await gateway.Operator.Patch(world.Path + path, body);
            Assert.Equal((409, code), (answer.Status, answer.Code));
        }

        Assert.Equal(before, TableDump.Of(gateway));
        Assert.Equal(200, (await gateway.Operator.Patch(world.Path, Json.Of(("slug", world.Slug)))).Status);
        Assert.Equal(200, (await gateway.Operator.Patch($"{world.Path}/team/{world.Left}", Json.Of(("name", "left")))).Status);
        Assert.Equal(200, (await gateway.Operator.Patch($"{world.Path}/project/one", Json.Of(("slug", "one")))).Status);
        Assert.Equal(200, (await gateway.Operator.Patch($"{world.Path}/project/one/environment/dev", Json.Of(("name", "dev")))).Status);
    }

    [Theory]
    [InlineData("", """{"slug":"Not A Slug"}""", "slug: must be 2 to 48 characters of a-z, 0-9 and -")]
    [InlineData("", """{"slug":"00000000-0000-7000-8000-000000000000"}""", "slug: must not be a UUID")]
    [InlineData("", """{"name":" "}""", "name: must contain at least 1 character")]
    [InlineData("/team/{team}", "{}", "name: is required and must be a string")]
    [InlineData("/project/one", """{"name":"a}b"}""", "name: must not contain control characters or }")]
    [InlineData("/project/one/environment/dev", """{"hasPersonalOverrides":"yes"}""", "hasPersonalOverrides: must be true or false")]
    public async Task What_breaks_a_rule_is_400(string path, string body, string message)
    {
        var world = await Own();
        var before = TableDump.Of(gateway);
        var answer = await gateway.Operator.Patch(world.Path + path.Replace("{team}", world.Left, StringComparison.Ordinal), JsonNode.Parse(body));
        Assert.Equal((400, message), (answer.Status, answer.Message));
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task Edits_outlive_a_restart_and_are_audited_under_the_name_that_was_asked_for()
    {
        var (own, acme) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var owner = await own.People.Owner();
        Assert.Equal(200, (await owner.Api.Patch("/v1/workspace/acme/project/shop", Json.Of(("slug", "store")))).Status);
        Assert.Equal(200, (await owner.Api.Patch("/v1/workspace/acme", Json.Of(("slug", "acme-inc")))).Status);
        Assert.Equal(200, (await owner.Api.Delete("/v1/workspace/acme-inc/project/bank?force=true")).Status);
        var entries = AuditTail.Entries(own).TakeLast(3).ToList();
        Assert.Equal(["UPDATE", "UPDATE", "DELETE"], entries.Select(entry => entry["action"]!.GetValue<string>()));
        Assert.Equal([acme.Shop, acme.Id("acme"), acme.Bank], entries.Select(entry => entry["target"]!["id"]!.GetValue<string>()));
        Assert.All(entries, entry => Assert.Equal((acme.Id("acme"), owner.Email), (entry["workspace"]!.GetValue<string>(), entry["actor"]!["name"]!.GetValue<string>())));

        await own.Restart();
        Assert.Equal(200, (await own.Operator.Get("/v1/workspace/acme-inc/project/store")).Status);
        Assert.Equal(404, (await own.Operator.Get("/v1/workspace/acme/project/store")).Status);
        Assert.Equal(404, (await own.Operator.Get("/v1/workspace/acme-inc/project/bank")).Status);
        Assert.Empty(Keys(own, acme.BankDev, acme.BankProd));
    }

    internal static List<string> Keys(TestGateway gateway, params string[] environments)
    {
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        return [.. environments.SelectMany(id => sql.Query("SELECT id FROM environment_key WHERE environment_id = ?1", row => row.GetString(0), id))];
    }

    private static string Text(Answer answer, string name) => answer.Json[name]!.GetValue<string>();

    private Task<EditWorld> Own() => EditWorld.Make(gateway, $"edit-{Interlocked.Increment(ref workspaces)}");
}

/// <summary>A workspace to be changed: team left with project one (dev, prod; KEY = v in dev), team right with project two.</summary>
internal sealed record EditWorld(string Slug, string Id, string Left, string Right, string Environment, string Prod)
{
    public string Path => $"/v1/workspace/{Slug}";

    public static async Task<EditWorld> Make(TestGateway gateway, string slug)
    {
        var path = $"/v1/workspace/{slug}";
        var id = await Made("/v1/workspace", Json.Of(("name", slug), ("slug", slug)));
        var (left, right) = (await Made($"{path}/team", Json.Of(("name", "left"))), await Made($"{path}/team", Json.Of(("name", "right"))));
        await Made($"{path}/project", Json.Of(("name", "One"), ("slug", "one"), ("teamId", left)));
        await Made($"{path}/project", Json.Of(("name", "Two"), ("slug", "two"), ("teamId", right)));
        var dev = await Made($"{path}/project/one/environment", Json.Of(("name", "dev"), ("hasPersonalOverrides", true)));
        var prod = await Made($"{path}/project/one/environment", Json.Of(("name", "prod")));
        Assert.Equal(201, (await gateway.Operator.Post($"{path}/project/one/secret", Json.Secret("KEY", "v", [dev]))).Status);
        return new EditWorld(slug, id, left, right, dev, prod);

        async Task<string> Made(string where, JsonNode body)
        {
            var answer = await gateway.Operator.Post(where, body);
            Assert.True(answer.Status == 201, answer.Body);
            return answer.Json["id"]!.GetValue<string>();
        }
    }
}
