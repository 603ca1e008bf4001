using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>
/// Acceptance 6: each read of contract sections 5 and 6 is answered through the gateway, byte for byte, as the backend itself would answer a credential of the
/// same scope; also what is out of scope, missing or malformed.
/// </summary>
public sealed class RemoteReadTests(RemoteReadTests.World world) : IClassFixture<RemoteReadTests.World>
{
    public static TheoryData<string> Scopes => ["everything", "team red", "team blue", "project shop", "shop/dev", "shop/dev + bank/prod", "site + bank/dev", "of another workspace"];

    [Theory]
    [MemberData(nameof(Scopes))]
    public async Task Answers_what_the_backend_would_answer_to_the_same_scope(string scope)
    {
        var (far, near) = await world.Callers(scope);
        var differing = new List<string>();
        foreach (var path in world.Paths)
        {
            var (truth, through) = (await far.Get(path), await near.Get(path));
            if (truth.Telling != through.Telling)
            {
                differing.Add($"{path}\n{truth.Telling}\n-- through the gateway --\n{through.Telling}");
            }
        }

        Assert.Empty(differing);
    }

    /// <summary>The table above compares something: what it asks for is there for some and missing for others.</summary>
    [Fact]
    public async Task The_table_tells_scopes_apart()
    {
        var seen = new Dictionary<string, HashSet<string>>();
        foreach (var scope in Scopes)
        {
            var (_, near) = await world.Callers(scope.Data);
            foreach (var path in world.Paths)
            {
                (seen.TryGetValue(path, out var answers) ? answers : seen[path] = []).Add((await near.Get(path)).Telling);
            }
        }

        Assert.True(world.Paths.Count >= 60, $"{world.Paths.Count} paths");
        Assert.True(seen.Values.Count(answers => answers.Count > 1) >= 40, $"{seen.Values.Count(answers => answers.Count > 1)} paths are answered differently to different scopes");
    }

    /// <summary>A reference is opened with the right of who asks here, not with that of the gateway over there.</summary>
    [Fact]
    public async Task A_reference_out_of_scope_stays_as_written()
    {
        var (_, narrow) = await world.Callers("shop/dev");
        var (_, wide) = await world.Callers("everything");
        var path = "/v1/workspace/acme/project/shop/secret/FAR_REFERENCE?environmentId=dev&resolve=true";
        Assert.Equal("${bank.prod.KEY}", (await narrow.Get(path)).Json["values"]![0]!["value"]!.GetValue<string>());
        Assert.Equal("bank-prod", (await wide.Get(path)).Json["values"]![0]!["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task Is_audited_here_before_it_leaves_with_backend_and_what_was_read()
    {
        var (_, _, machine) = await world.Remote.Near.Machine("read");
        Assert.Equal(200, (await machine.Get("/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev")).Status);
        var entry = AuditTail.Entries(world.Remote.Near)[^1];
        Assert.Equal(("VIEW", "KEY", "far", "shop", "dev"), (
            entry["action"]!.GetValue<string>(), entry["target"]!["name"]!.GetValue<string>(), entry["data"]!["backend"]!.GetValue<string>(),
            entry["data"]!["project"]!.GetValue<string>(), entry["data"]!["environment"]!.GetValue<string>()));
    }

    /// <summary>Nothing is sent for what a caller may not see: the backend's own log has no read of it.</summary>
    [Fact]
    public async Task What_is_out_of_scope_is_not_asked_for()
    {
        var (_, narrow) = await world.Callers("site + bank/dev");
        var before = Views();
        Assert.Equal(404, (await narrow.Get("/v1/workspace/acme/project/bank/secret?environmentId=prod")).Status);
        Assert.Equal(404, (await narrow.Get("/v1/workspace/acme/project/shop/secret")).Status);
        Assert.Equal(before, Views());
        world.Remote.Near.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(200, (await narrow.Get("/v1/workspace/acme/project/bank/secret")).Status);
        Assert.Equal(before + 1, Views());

        int Views() => AuditTail.Entries(world.Remote.Far).Count(entry => entry["action"]!.GetValue<string>() == "VIEW");
    }

    [Theory]
    [InlineData("POST", "/v1/workspace/acme/project/shop/secret")]
    [InlineData("PUT", "/v1/workspace/acme/project/shop/secret/KEY")]
    [InlineData("DELETE", "/v1/workspace/acme/project/shop/secret/KEY")]
    [InlineData("POST", "/v1/workspace/acme/team")]
    [InlineData("POST", "/v1/workspace/acme/project")]
    [InlineData("POST", "/v1/workspace/acme/project/shop/environment")]
    [InlineData("PATCH", "/v1/workspace/acme/project/shop")]
    [InlineData("DELETE", "/v1/workspace/acme/project/shop?force=true")]
    public async Task Writes_are_refused_with_405(string method, string path)
    {
        var before = TableDump.Of(world.Remote.Far);
        var body = Json.Of(
            ("name", "new"), ("slug", "new"), ("teamId", world.Acme.Red), ("hasPersonalOverrides", false), ("environments", Json.List(world.Acme.ShopDev)),
            ("secrets", Json.List(Json.Of(("key", "NEW"), ("value", "v"), ("type", "runtime"), ("dataType", "text")))),
            ("values", Json.List(Json.Of(("environmentId", world.Acme.ShopDev), ("value", "v"), ("isPersonal", false)))));
        var answer = await world.Remote.Near.Operator.Send(new HttpMethod(method), path, method == "DELETE" ? null : body);
        Assert.Equal((405, "backend_read_only", "GET"), (answer.Status, answer.Code, answer.Headers["Allow"]));
        Assert.Equal(before, TableDump.Of(world.Remote.Far));
    }

    [Fact]
    public async Task A_scope_can_name_what_is_there_and_nothing_else()
    {
        var made = await Make(Json.Scope(environments: ["0197a000-0000-7000-8000-000000000000"]));
        Assert.Equal(400, made.Status);
        Assert.Equal(201, (await Make(Json.Scope(environments: [world.Acme.ShopDev]))).Status);

        Task<Answer> Make(JsonObject scope) => world.Remote.Near.Operator.Post(
            "/v1/workspace/acme/tokens", Json.Of(("name", "t"), ("permission", "read"), ("scope", scope), ("expiresIn", "24h")));
    }

    [Fact]
    public async Task Members_and_credentials_are_this_gateways()
    {
        var stranger = await world.Remote.Far.Machine("read");
        Assert.Equal(401, (await world.Remote.Near.Bearer(stranger.Api.Token!).Get("/v1/workspace/acme/project")).Status);
        Assert.Equal(200, (await world.Remote.Near.Operator.Get("/v1/workspace/acme/rbac")).Status);
    }

    [Fact]
    public async Task The_state_of_the_backend_is_shown_to_admins()
    {
        var list = await world.Remote.Near.Operator.Get("/v1/workspace/acme/backends");
        Assert.Equal(("far", "enkryptify", "ok"), (list.Json[0]!["name"]!.GetValue<string>(), list.Json[0]!["kind"]!.GetValue<string>(), list.Json[0]!["state"]!.GetValue<string>()));
        Assert.Equal("[]", (await world.Remote.Far.Operator.Get("/v1/workspace/acme/backends")).Body);
        var (_, machine) = await world.Callers("everything");
        Assert.Equal(403, (await machine.Get("/v1/workspace/acme/backends")).Status);
    }

    public sealed class World : IAsyncLifetime
    {
        private readonly Dictionary<string, (Api, Api)> callers = [];

        internal RemoteWorld Remote { get; private set; } = null!;

        internal Acme Acme => Remote.Acme;

        internal IReadOnlyList<string> Paths { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            Remote = await RemoteWorld.Start();
            await Store("shop", "MULTI", "line one\nline \u00e9\u4e2d", Acme.ShopDev, Acme.ShopProd);
            await Store("shop", "NEAR_REFERENCE", "<${KEY}>", Acme.ShopDev, Acme.ShopProd);
            await Store("shop", "FAR_REFERENCE", "${bank.prod.KEY}", Acme.ShopDev);
            await Store("shop", "NESTED", "${FAR_REFERENCE}/${site.dev.KEY}/${nothing.dev.KEY}/${LOOP}", Acme.ShopDev);
            await Store("shop", "LOOP", "${LOOP}", Acme.ShopDev);
            await Store("bank", "ONLY_PROD", "p", Acme.BankProd);
            var id = (await Remote.Far.Operator.Get("/v1/workspace/acme/project/bank/secret/ONLY_PROD")).Json["id"]!.GetValue<string>();
            await Remote.Far.Operator.Put($"/v1/workspace/acme/project/bank/secret/{id}", Json.Of(("note", "a note"), ("type", "build"), ("dataType", "json")));
            Paths = [.. AllPaths(id)];
        }

        public ValueTask DisposeAsync() => Remote.DisposeAsync();

        /// <summary>Two callers of one scope: at the far gateway itself, and at the near one.</summary>
        internal async Task<(Api Far, Api Near)> Callers(string scope)
        {
            if (callers.TryGetValue(scope, out var known))
            {
                return known;
            }

            // A scope that names what another workspace has cannot be made, so it is made of what goes away.
            var temporary = scope == "of another workspace" ? (await Remote.Far.Operator.Post("/v1/workspace/acme/project/site/environment", Json.Of(("name", "gone"), ("hasPersonalOverrides", true)))).Json["id"]!.GetValue<string>() : "";
            Remote.Later();
            var body = scope switch
            {
                "everything" => Json.Everything,
                "team red" => Json.Scope(teams: [Acme.Red]),
                "team blue" => Json.Scope(teams: [Acme.Blue]),
                "project shop" => Json.Scope(projects: [Acme.Shop]),
                "shop/dev" => Json.Scope(environments: [Acme.ShopDev]),
                "shop/dev + bank/prod" => Json.Scope(environments: [Acme.ShopDev, Acme.BankProd]),
                "site + bank/dev" => Json.Scope(projects: [Acme.Site], environments: [Acme.BankDev]),
                _ => Json.Scope(environments: [temporary]),
            };
            var pair = ((await Remote.Far.Machine("read", body)).Api, (await Remote.Near.Machine("read", body)).Api);
            if (temporary.Length > 0)
            {
                Assert.Equal(200, (await Remote.Far.Operator.Delete($"/v1/workspace/acme/project/site/environment/{temporary}")).Status);
                Remote.Later();
            }

            return callers[scope] = pair;
        }

        private async Task Store(string project, string key, string value, params string[] environments) =>
            Assert.Equal(201, (await Remote.Far.Operator.Post($"/v1/workspace/acme/project/{project}/secret", Json.Secret(key, value, environments))).Status);

        private IEnumerable<string> AllPaths(string secretId)
        {
            const string Root = "/v1/workspace/acme";
            yield return Root + "/team";
            yield return Root + "/project";
            yield return Root + "/project/";
            yield return "/v1/workspace/acmes/project";
            foreach (var project in new[] { "shop", "site", "bank", "nothing", Acme.Shop, Acme.Bank, "0197a000-0000-7000-8000-000000000000", "..%2Fbank", "shop%00" })
            {
                yield return $"{Root}/project/{project}";
                yield return $"{Root}/project/{project}/environment";
                yield return $"{Root}/project/{project}/secret";
            }

            foreach (var (project, environments) in new[] { ("shop", new[] { "dev", "prod", Acme.ShopDev, Acme.ShopProd, Acme.BankDev, "staging" }), ("bank", new[] { "prod", Acme.BankDev, "../prod" }), ("site", new[] { "dev" }) })
            {
                foreach (var environment in environments)
                {
                    yield return $"{Root}/project/{project}/secret?environmentId={environment}";
                    yield return $"{Root}/project/{project}/secret?environment_id={environment}&resolve=true";
                    yield return $"{Root}/project/{project}/secret/KEY?resolve=false&environmentId={environment}";
                    yield return $"{Root}/project/{project}/secret/ONLY_PROD?environmentId={environment}";
                }
            }

            foreach (var key in new[] { "KEY", "MULTI", "NEAR_REFERENCE", "FAR_REFERENCE", "NESTED", "LOOP", "NONE", "key", secretId })
            {
                yield return $"{Root}/project/shop/secret/{key}";
                yield return $"{Root}/project/shop/secret/{key}?resolve=true";
                yield return $"{Root}/project/shop/secret/{key}?environmentId={Acme.ShopDev}&resolve=true";
            }

            yield return $"{Root}/project/bank/secret/{secretId}";
            yield return $"{Root}/project/bank/secret/ONLY_PROD";
            yield return $"{Root}/project/shop/secret?environmentId=dev&environment_id=prod";
            yield return $"{Root}/project/shop/secret?environmentId=";
            yield return $"{Root}/project/shop/secret?resolve=maybe";
            yield return $"{Root}/project/shop/secret?resolve=true";
        }
    }
}
