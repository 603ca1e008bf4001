using System.Net;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>Teams, projects and environments as people manage them.</summary>
public class ProjectPagesTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Projects = "/w/acme/projects";
    private const string Hostile = "<script>alert('x')</script>\"\u202e&";
    private static int names;
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    [Fact]
    public async Task Each_sees_what_is_theirs_with_its_counts_and_what_they_may_do()
    {
        var admin = await Of("admin");
        await admin.Get(Projects);
        foreach (var offered in new[] { "teams/new", $"teams/{acme.Red}/projects/new", $"teams/{acme.Blue}/delete", "projects/shop/edit", "projects/bank/environments/new" })
        {
            Assert.Contains($"href=\"/w/acme/{offered}\"", admin.Page.Body, StringComparison.Ordinal);
        }

        Assert.Contains("dev1 secrets", admin.Text, StringComparison.Ordinal);

        var scoped = await Of("developer", Json.Scope(environments: [acme.ShopProd]));
        await scoped.Get(Projects);
        Assert.Contains("prod1 secrets", scoped.Text, StringComparison.Ordinal);
        foreach (var hidden in new[] { "bank", "blue", "site", acme.ShopDev, "/new", "/edit", "/delete" })
        {
            Assert.DoesNotContain(hidden, scoped.Page.Body, StringComparison.Ordinal);
        }

        var narrow = await Of("admin", Json.Scope(teams: [acme.Red]));
        await narrow.Get(Projects);
        Assert.Contains($"teams/{acme.Red}/edit", narrow.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("teams/new", narrow.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_and_what_is_out_of_sight_are_the_same()
    {
        var scoped = await Of("admin", Json.Scope(projects: [acme.Site]));
        const string missing = "00000000-0000-7000-8000-000000000000";
        foreach (var (there, nowhere) in new[]
        {
            ($"{Projects}/bank", $"{Projects}/nowhere"), ($"{Projects}/bank/edit", $"{Projects}/nowhere/edit"), ($"{Projects}/bank/environments", $"{Projects}/nowhere/environments"),
            ($"/w/acme/teams/{acme.Blue}/edit", $"/w/acme/teams/{missing}/edit"), ($"{Projects}/site/environments/{acme.BankDev}/edit", $"{Projects}/site/environments/{missing}/edit"),
            ($"/w/acme/teams/{acme.Blue}/delete", $"/w/acme/teams/{missing}/delete"), ("/w/other/projects", "/w/nowhere/projects"),
        })
        {
            Assert.Equal(404, (await scoped.Get(there)).Status);
            var one = scoped.Text;
            Assert.Equal(404, (await scoped.Get(nowhere)).Status);
            Assert.Equal(WithoutRequest(one), WithoutRequest(scoped.Text));
        }

        static string WithoutRequest(string text) => text[..text.LastIndexOf("Request ", StringComparison.Ordinal)];
    }

    [Fact]
    public async Task A_team_a_project_and_an_environment_are_made_renamed_and_deleted()
    {
        var admin = await Of("admin");
        var (team, project) = ($"Team {Next()}", $"Étude № {Next()}");
        await admin.Get("/w/acme/teams/new");
        await admin.Post("/w/acme/teams/new", ("name", team));
        await admin.Follow();
        Assert.Contains($"Created the team {team}", admin.Text, StringComparison.Ordinal);
        var id = (await gateway.Operator.Get("/v1/workspace/acme/team")).Json.AsArray().Single(one => (string)one!["name"]! == team)!["id"]!.GetValue<string>();

        await admin.Get($"/w/acme/teams/{id}/projects/new");
        await admin.Post($"/w/acme/teams/{id}/projects/new", ("name", project), ("slug", ""));
        Assert.Equal(303, admin.Page.Status);
        var path = admin.Location;
        Assert.Matches("^/w/acme/projects/etude-[0-9]+$", path);
        await admin.Follow();
        Assert.Contains("First, an environment", admin.Text, StringComparison.Ordinal);

        await admin.Post(path + "/environments/new", ("name", "staging"), ("overrides", "true"));
        await admin.Follow();
        var environments = await gateway.Operator.Get("/v1/workspace/acme/project/" + path.Split('/')[^1] + "/environment");
        Assert.Equal(("staging", true), ((string)environments.Json[0]!["name"]!, (bool)environments.Json[0]!["hasPersonalOverrides"]!));
        var environment = (string)environments.Json[0]!["id"]!;
        await admin.Post($"{path}/environments/{environment}/edit", ("name", "stage"));
        await admin.Follow();
        Assert.Contains("stage", admin.Text, StringComparison.Ordinal);
        Assert.Contains("Off", admin.Text, StringComparison.Ordinal);

        await admin.Post(path + "/edit", ("name", "Renamed"), ("slug", path.Split('/')[^1] + "-2"), ("team", acme.Blue));
        Assert.Equal((303, path + "-2"), (admin.Page.Status, admin.Location));
        Assert.Equal(200, (await admin.Follow()).Status);
        await admin.Post($"/w/acme/teams/{id}/edit", ("name", team + " again"));
        Assert.Equal(303, admin.Page.Status);
        foreach (var gone in new[] { $"{path}-2/environments/{environment}/delete", $"{path}-2/delete", $"/w/acme/teams/{id}/delete" })
        {
            Assert.Equal(200, (await admin.Get(gone)).Status);
            Assert.DoesNotContain("name=\"typed\"", admin.Page.Body, StringComparison.Ordinal);
            await admin.Post(gone);
            Assert.Equal(303, admin.Page.Status);
            Assert.Equal(404, (await admin.Get(gone)).Status);
        }
    }

    [Fact]
    public async Task What_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost()
    {
        var admin = await Of("admin");
        var before = TableDump.Of(gateway);
        foreach (var (path, fields, wrong) in new (string, (string, string)[], string)[]
        {
            ("/w/acme/teams/new", [("name", "red")], "name"),
            ("/w/acme/teams/new", [("name", new string('x', 65))], "name"),
            ($"/w/acme/teams/{acme.Red}/projects/new", [("name", "Kept name"), ("slug", "shop")], "slug"),
            ($"/w/acme/teams/{acme.Red}/projects/new", [("name", "Kept name"), ("slug", "No Slug")], "slug"),
            ($"/w/acme/teams/{acme.Red}/projects/new", [("name", "日本語"), ("slug", "")], "slug"),
            ($"/w/acme/teams/{acme.Red}/projects/new", [("name", "a}b"), ("slug", "kept-slug")], "name"),
            ($"{Projects}/shop/environments/new", [("name", "dev"), ("overrides", "true")], "name"),
            ($"{Projects}/shop/edit", [("name", "Kept name"), ("slug", "bank")], "slug"),
            ($"/w/acme/teams/{acme.Red}/edit", [("name", "blue")], "name"),
        })
        {
            await admin.Get(path);
            var answer = await admin.Post(path, fields);
            Assert.True(answer.Status is 400 or 409, $"{path}: {answer.Status}");
            Assert.Contains($"id=\"e-{wrong}\"", answer.Body, StringComparison.Ordinal);
            Assert.All(fields.Where(field => field.Item1 != "overrides"), field => Assert.Contains($"value=\"{field.Item2}\"", WebUtility.HtmlDecode(answer.Body), StringComparison.Ordinal));
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task Who_is_no_admin_of_the_place_is_refused_also_when_they_post_the_form_anyway()
    {
        var before = TableDump.Of(gateway);
        foreach (var browser in new[] { await Of("developer"), await Of("member"), await Of("admin", Json.Scope(environments: [acme.ShopDev])) })
        {
            await browser.Get("/account");
            foreach (var (path, fields) in new (string, (string, string)[])[]
            {
                ("/w/acme/teams/new", [("name", "mine")]), ($"/w/acme/teams/{acme.Red}/edit", [("name", "mine")]), ($"/w/acme/teams/{acme.Red}/delete", [("typed", "red")]),
                ($"/w/acme/teams/{acme.Red}/projects/new", [("name", "mine"), ("slug", "mine")]), ($"{Projects}/shop/edit", [("name", "mine"), ("slug", "mine")]),
                ($"{Projects}/shop/delete", [("typed", "shop")]), ($"{Projects}/shop/environments/new", [("name", "mine")]),
                ($"{Projects}/shop/environments/{acme.ShopProd}/edit", [("name", "mine")]), ($"{Projects}/shop/environments/{acme.ShopProd}/delete", [("typed", "prod")]),
            })
            {
                Assert.True((await browser.Get(path)).Status is 403 or 404, path);
                await browser.Get("/account");
                Assert.True((await browser.Post(path, fields)).Status is 403 or 404, path);
            }
        }

        // People were made on the way; nothing else was.
        Assert.Equal(Structure(before), Structure(TableDump.Of(gateway)));

        static string Structure(string dump) => string.Join("== ", dump.Split("== ").Where(table => table.StartsWith("team", StringComparison.Ordinal)
            || table.StartsWith("project", StringComparison.Ordinal) || table.StartsWith("environment", StringComparison.Ordinal) || table.StartsWith("secret", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("environment")]
    [InlineData("project")]
    [InlineData("team")]
    public async Task What_holds_secrets_is_deleted_only_when_its_name_is_typed(string kind)
    {
        var name = $"held-{Next()}";
        var team = (string)(await gateway.Operator.Post("/v1/workspace/acme/team", Json.Of(("name", name)))).Json["id"]!;
        await gateway.Operator.Post("/v1/workspace/acme/project", Json.Of(("name", name), ("slug", name), ("teamId", team)));
        var environment = (string)(await gateway.Operator.Post($"/v1/workspace/acme/project/{name}/environment", Json.Of(("name", name), ("hasPersonalOverrides", true)))).Json["id"]!;
        await gateway.Operator.Post($"/v1/workspace/acme/project/{name}/secret", Json.Secret("HELD", "v", [environment]));
        var path = kind switch { "team" => $"/w/acme/teams/{team}/delete", "project" => $"{Projects}/{name}/delete", _ => $"{Projects}/{name}/environments/{environment}/delete" };

        var admin = await Of("admin");
        await admin.Get(path);
        Assert.Contains("name=\"typed\"", admin.Page.Body, StringComparison.Ordinal);
        Assert.Contains("1 secret value", admin.Text, StringComparison.Ordinal);
        var before = TableDump.Of(gateway);
        Assert.Equal(409, (await admin.Post(path)).Status);
        Assert.Contains("name=\"typed\"", admin.Page.Body, StringComparison.Ordinal);
        Assert.Equal(400, (await admin.Post(path, ("typed", "held"))).Status);
        Assert.Equal(before, TableDump.Of(gateway));
        Assert.Equal(303, (await admin.Post(path, ("typed", name))).Status);
        Assert.Equal(404, (await admin.Get(path)).Status);
    }

    [Fact]
    public async Task Personal_values_of_others_are_guarded_too_though_nobody_else_sees_them()
    {
        var name = $"own-{Next()}";
        await gateway.Operator.Post("/v1/workspace/acme/project", Json.Of(("name", name), ("slug", name), ("teamId", acme.Red)));
        var environment = (string)(await gateway.Operator.Post($"/v1/workspace/acme/project/{name}/environment", Json.Of(("name", "dev"), ("hasPersonalOverrides", true)))).Json["id"]!;
        await gateway.Operator.Post($"/v1/workspace/acme/project/{name}/secret", Json.Secret("A", "v", [environment]));
        var developer = await gateway.People.Join("developer");
        await Personal.Write(developer.Api, name, "A", environment, "mine");
        Assert.Equal(200, (await developer.Api.Delete($"/v1/workspace/acme/project/{name}/secret/A?environmentId={environment}")).Status);

        var admin = await Of("admin");
        await admin.Get($"{Projects}/{name}/delete");
        Assert.DoesNotContain("name=\"typed\"", admin.Page.Body, StringComparison.Ordinal);
        Assert.Equal(409, (await admin.Post($"{Projects}/{name}/delete")).Status);
        Assert.Contains("name=\"typed\"", admin.Page.Body, StringComparison.Ordinal);
        Assert.Equal(303, (await admin.Post($"{Projects}/{name}/delete", ("typed", name))).Status);
    }

    [Fact]
    public async Task Hostile_names_are_text_on_every_page()
    {
        var admin = await Of("admin");
        var slug = $"hostile-{Next()}";
        var team = (string)(await gateway.Operator.Post("/v1/workspace/acme/team", Json.Of(("name", Hostile + slug)))).Json["id"]!;
        await gateway.Operator.Post("/v1/workspace/acme/project", Json.Of(("name", Hostile), ("slug", slug), ("teamId", team)));
        var environment = (string)(await gateway.Operator.Post($"/v1/workspace/acme/project/{slug}/environment", Json.Of(("name", Hostile), ("hasPersonalOverrides", true)))).Json["id"]!;
        await gateway.Operator.Post($"/v1/workspace/acme/project/{slug}/secret", Json.Of(
            ("environments", Json.List(environment)), ("secrets", Json.List(Json.Of(("key", "A"), ("value", Hostile), ("type", "runtime"), ("dataType", "text"), ("note", Hostile))))));
        var secret = (string)(await gateway.Operator.Get($"/v1/workspace/acme/project/{slug}/secret/A")).Json["id"]!;
        foreach (var path in new[]
        {
            "", $"/{slug}", $"/{slug}/environments", $"/{slug}/environments/{environment}/edit", $"/{slug}/environments/{environment}/delete", $"/{slug}/edit", $"/{slug}/delete", $"/{slug}/secrets/new",
            $"/{slug}/secrets/{secret}", $"/{slug}/secrets/{secret}/edit", $"/{slug}/secrets/{secret}/delete", $"/{slug}/secrets/{secret}/{environment}/own/edit", $"/{slug}/import", $"/{slug}/export",
        })
        {
            Assert.Equal(200, (await admin.Get(Projects + path)).Status);
            Assert.DoesNotContain("<script>alert", admin.Page.Body, StringComparison.Ordinal);
            Assert.Contains(Hostile, WebUtility.HtmlDecode(admin.Page.Body), StringComparison.Ordinal);
        }

        await admin.Get($"{Projects}/{slug}");
        await admin.Post($"{Projects}/{slug}/secrets/{secret}/{environment}/shared/reveal");
        Assert.DoesNotContain("<script>alert", admin.Page.Body, StringComparison.Ordinal);
        await admin.Post($"{Projects}/{slug}/delete", ("typed", Hostile));
        Assert.Equal(303, admin.Page.Status);
    }

    private static int Next() => Interlocked.Increment(ref names);

    private async Task<PageBrowser> Of(string role, System.Text.Json.Nodes.JsonNode? scope = null) => await PageBrowser.Of(gateway, (await gateway.People.Join(role, scope)).Email);
}
