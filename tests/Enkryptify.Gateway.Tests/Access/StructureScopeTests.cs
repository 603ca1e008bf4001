using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>The structure endpoints for every permission and scope: what is out of scope is missing, parents of what is in scope keep their names.</summary>
public class StructureScopeTests(ScopeWorld world) : IClassFixture<ScopeWorld>
{
    private const string Missing = "00000000-0000-7000-8000-000000000000";

    public static TheoryData<string, string> Callers => ScopeWorld.Callers;

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task Lists_hold_what_is_visible_and_counts_count_it(string scope, string permission)
    {
        var (machine, row) = (world.Machine(scope, permission), ScopeWorld.Row(scope));
        var workspaces = await machine.Get("/v1/workspace");
        Assert.Equal(200, workspaces.Status);
        var workspace = Assert.Single(workspaces.Json.AsArray())!.AsObject();
        Assert.Equal(["id", "name", "ownerId", "slug"], workspace.Select(member => member.Key).Order());
        Assert.Equal(world.Acme.Id("acme"), workspace["id"]!.GetValue<string>());

        var seen = ScopeWorld.Teams.Select(team => (team.Team, Projects: team.Projects.Where(project => Sees(row, project)).ToArray())).Where(team => team.Projects.Length > 0).ToList();
        foreach (var reference in new[] { "acme", world.Acme.Id("acme") })
        {
            var teams = (await machine.Get($"/v1/workspace/{reference}/team")).Json.AsArray();
            Assert.Equal(seen.Select(team => (team.Team, team.Projects.Length)).Order(), teams.Select(team => (Text(team, "name"), team!["projectCount"]!.GetValue<int>())).Order());
            Assert.All(teams, team => Assert.Equal(["createdAt", "id", "name", "projectCount"], team!.AsObject().Select(member => member.Key).Order()));

            var projects = (await machine.Get($"/v1/workspace/{reference}/project")).Json.AsArray();
            Assert.Equal(seen.Select(team => team.Team).Order(), projects.Select(team => Text(team, "name")).Order());
            Assert.Equal(
                seen.SelectMany(team => team.Projects).Order(),
                projects.SelectMany(team => team!["projects"]!.AsArray()).Select(project => Text(project, "slug")).Order());
            Assert.All(projects.SelectMany(team => team!["projects"]!.AsArray()), project => Assert.Equal(
                ["createdAt", "id", "name", "slug", "updatedAt"], project!.AsObject().Select(member => member.Key).Order()));
        }
    }

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task A_project_shows_its_visible_environments_or_is_missing(string scope, string permission)
    {
        var (machine, row) = (world.Machine(scope, permission), ScopeWorld.Row(scope));
        foreach (var project in ScopeWorld.Teams.SelectMany(team => team.Projects))
        {
            foreach (var reference in new[] { project, world.Id(project) })
            {
                foreach (var path in new[] { "", "/environment" })
                {
                    var answer = await machine.Get($"/v1/workspace/acme/project/{reference}{path}");
                    if (!Sees(row, project))
                    {
                        Assert.Equal((404, "Project not found"), (answer.Status, answer.Message));
                        Assert.Equal((await machine.Get($"/v1/workspace/acme/project/{(reference == project ? "nowhere" : Missing)}{path}")).Telling, answer.Telling);
                        continue;
                    }

                    Assert.Equal(200, answer.Status);
                    var listed = (path.Length == 0 ? answer.Json["environments"] : answer.Json)!.AsArray();
                    var expected = ScopeWorld.Environments.Where(environment => environment.StartsWith(project + "/", StringComparison.Ordinal) && row.Sees.Contains(environment));
                    Assert.Equal(expected.Select(world.Id).Order(), listed.Select(environment => Text(environment, "id")).Order());
                    Assert.All(listed, environment => Assert.Equal(
                        path.Length == 0 ? ["id", "name"] : ["hasPersonalOverrides", "id", "name"], environment!.AsObject().Select(member => member.Key).Order()));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task Another_workspace_is_as_no_workspace(string scope, string permission)
    {
        var machine = world.Machine(scope, permission);
        var (bySlug, byId) = ((Path: "other", Missing: "nowhere"), (Path: world.Acme.Id("other"), Missing));
        foreach (var (theirs, none) in new[] { bySlug, byId })
        {
            foreach (var path in new[] { "/team", "/project", "/project/yard", "/project/yard/environment", "/project/yard/secret", "/project/yard/secret/KEY", "/tokens" })
            {
                var answer = await machine.Get($"/v1/workspace/{theirs}{path}");
                Assert.Equal((404, "Workspace not found"), (answer.Status, answer.Message));
                Assert.Equal((await machine.Get($"/v1/workspace/{none}{path}")).Telling, answer.Telling);
            }
        }
    }

    /// <summary>Whatever its permission and scope, a credential manages nothing: 403 in sight and out of it.</summary>
    [Theory]
    [MemberData(nameof(Callers))]
    public async Task Tokens_and_structure_writes_are_forbidden(string scope, string permission)
    {
        var machine = world.Machine(scope, permission);
        var before = TableDump.Of(world.Gateway);
        var token = Json.Of(("name", "x"), ("permission", "read"), ("scope", Json.Scope(environments: [world.Acme.ShopDev])), ("expiresIn", "24h"));
        (HttpMethod Method, string Path, JsonObject? Body)[] rows =
        [
            (HttpMethod.Post, "/v1/workspace", Json.Of(("name", "mine"), ("slug", "mine"))),
            (HttpMethod.Post, "/v1/workspace/acme/team", Json.Of(("name", "mine"))),
            (HttpMethod.Post, "/v1/workspace/acme/team", Json.Of(("name", "red"))),
            (HttpMethod.Post, "/v1/workspace/acme/project", Json.Of(("name", "mine"), ("slug", "mine"), ("teamId", world.Acme.Red))),
            (HttpMethod.Post, "/v1/workspace/acme/project", Json.Of(("name", "mine"), ("slug", "mine"), ("teamId", Missing))),
            (HttpMethod.Post, "/v1/workspace/acme/project", Json.Of(("name", "bank"), ("slug", "bank"), ("teamId", world.Acme.Blue))),
            (HttpMethod.Post, "/v1/workspace/acme/project/shop/environment", Json.Of(("name", "mine"))),
            (HttpMethod.Post, "/v1/workspace/acme/project/bank/environment", Json.Of(("name", "mine"))),
            (HttpMethod.Post, "/v1/workspace/acme/project/nowhere/environment", Json.Of(("name", "mine"))),
            (HttpMethod.Get, "/v1/workspace/acme/tokens", null),
            (HttpMethod.Post, "/v1/workspace/acme/tokens", token),
            (HttpMethod.Post, $"/v1/workspace/acme/tokens/{Missing}/rotate", null),
            (HttpMethod.Delete, $"/v1/workspace/acme/tokens/{Missing}", null),
        ];
        foreach (var (method, path, body) in rows)
        {
            var answer = await machine.Send(method, path, body);
            Assert.True(answer.Status == 403, $"{method} {path}: {answer.Status}");
            Assert.Equal(("Insufficient permissions", "insufficient_permissions"), (answer.Message, answer.Code));
            var entry = AuditTail.Of(world.Gateway, answer);
            Assert.Equal(("denied", "insufficient_permissions"), (Text(entry, "outcome"), Text(entry, "reason")));
        }

        Assert.Equal(before, TableDump.Of(world.Gateway));
    }

    private static bool Sees(ScopeRow row, string project) =>
        project == "hollow" ? row.SeesHollow : row.Sees.Any(environment => environment.StartsWith(project + "/", StringComparison.Ordinal));

    private static string Text(JsonNode? node, string name) => node![name]!.GetValue<string>();
}
