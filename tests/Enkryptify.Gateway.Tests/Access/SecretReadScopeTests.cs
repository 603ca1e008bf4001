using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>Reading secrets, for every permission and scope: 200 with what is in scope, and for the rest the answer that a missing thing gives.</summary>
public class SecretReadScopeTests(ScopeWorld world) : IClassFixture<ScopeWorld>
{
    private const string Missing = "00000000-0000-7000-8000-000000000000";

    public static TheoryData<string, string> Callers => ScopeWorld.Callers;

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task With_an_environment_filter(string scope, string permission)
    {
        var (machine, row) = (world.Machine(scope, permission), ScopeWorld.Row(scope));
        foreach (var environment in ScopeWorld.Environments)
        {
            var (project, name) = (environment.Split('/')[0], environment.Split('/')[1]);
            var seesProject = row.Sees.Any(seen => seen.StartsWith(project + "/", StringComparison.Ordinal));
            foreach (var spelling in new[] { "environmentId", "environment_id" })
            {
                foreach (var reference in new[] { world.Id(environment), name })
                {
                    foreach (var path in new[] { "", "/KEY" })
                    {
                        var answer = await machine.Get($"{ScopeWorld.Secrets(project)}{path}?{spelling}={reference}");
                        if (!row.Sees.Contains(environment))
                        {
                            Assert.Equal((404, seesProject ? "Environment not found" : "Project not found"), (answer.Status, answer.Message));
                            var none = await machine.Get($"{ScopeWorld.Secrets(seesProject ? project : "nowhere")}{path}?{spelling}={(reference == name ? "nowhere" : Missing)}");
                            Assert.Equal(none.Telling, answer.Telling);
                            continue;
                        }

                        Assert.Equal(200, answer.Status);
                        var secret = path.Length == 0 ? Assert.Single(answer.Json.AsArray(), one => one!["name"]!.GetValue<string>() == "KEY") : answer.Json;
                        var value = Assert.Single(secret!["values"]!.AsArray())!;
                        Assert.Equal($"{project}-{name}", value["value"]!.GetValue<string>());

                        // The caller's own spelling comes back: clients match on equality.
                        Assert.Equal(reference, value["environmentId"]!.GetValue<string>());
                        Assert.False(value["isPersonal"]!.GetValue<bool>());
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task Without_a_filter_all_that_is_visible_and_no_more(string scope, string permission)
    {
        var (machine, row) = (world.Machine(scope, permission), ScopeWorld.Row(scope));
        foreach (var project in new[] { "shop", "site", "new", "bank" })
        {
            var expected = row.Sees.Where(environment => environment.StartsWith(project + "/", StringComparison.Ordinal)).Order().ToList();
            foreach (var path in new[] { "", "/KEY" })
            {
                var answer = await machine.Get(ScopeWorld.Secrets(project) + path);
                if (expected.Count == 0)
                {
                    Assert.Equal((404, "Project not found"), (answer.Status, answer.Message));
                    Assert.Equal((await machine.Get(ScopeWorld.Secrets("nowhere") + path)).Telling, answer.Telling);
                    continue;
                }

                Assert.Equal(200, answer.Status);
                var values = (path.Length == 0 ? Assert.Single(answer.Json.AsArray()) : answer.Json)!["values"]!.AsArray();
                Assert.Equal(
                    expected.Select(environment => (world.Id(environment), environment.Replace('/', '-'))).Order(),
                    values.Select(value => (value!["environmentId"]!.GetValue<string>(), value["value"]!.GetValue<string>())).Order());
                Assert.Equal(
                    ["createdAt", "dataType", "id", "name", "note", "type", "updatedAt", "values"],
                    (path.Length == 0 ? answer.Json.AsArray()[0] : answer.Json)!.AsObject().Select(member => member.Key).Order());
            }
        }
    }

    [Fact]
    public async Task A_secret_that_lives_only_out_of_scope_is_missing()
    {
        const string Path = "/v1/workspace/acme/project/bank/secret";
        var machine = (await world.Gateway.Machine("read-write", Json.Scope(environments: [world.Acme.BankDev]))).Api;
        var name = world.NextName();
        Assert.Equal(201, (await world.Gateway.Operator.Post(Path, Json.Secret(name, "far", [world.Acme.BankProd]))).Status);
        var id = (await world.Gateway.Operator.Get($"{Path}/{name}")).Json["id"]!.GetValue<string>();
        foreach (var (there, none) in new[] { (name, "NONE"), (id, Missing) })
        {
            foreach (var query in new[] { "", $"?environmentId={world.Acme.BankDev}", "?resolve=true" })
            {
                var answer = await machine.Get($"{Path}/{there}{query}");
                Assert.Equal((404, "Secret not found"), (answer.Status, answer.Message));
                Assert.Equal((await machine.Get($"{Path}/{none}{query}")).Telling, answer.Telling);
            }

            var put = Json.Of(("name", "RENAMED"));
            Assert.Equal((await machine.Put($"{Path}/{none}", put)).Telling, (await machine.Put($"{Path}/{there}", put)).Telling);
            Assert.Equal((await machine.Delete($"{Path}/{none}")).Telling, (await machine.Delete($"{Path}/{there}")).Telling);
        }

        Assert.DoesNotContain(name, (await machine.Get(Path)).Body, StringComparison.Ordinal);
        await world.Gateway.Operator.Delete($"{Path}/{name}");
    }

    [Theory]
    [InlineData("?environmentId={dev}&environment_id={dev}", 200)]
    [InlineData("?environmentId=dev&environment_id=dev", 200)]
    [InlineData("?environmentId={dev}&environmentId={dev}", 200)]
    [InlineData("?resolve=true&environmentId={dev}", 200)]
    [InlineData("?environment_id={dev}&resolve=false", 200)]
    [InlineData("?unknown=1&environmentId={dev}", 200)]
    [InlineData("?environmentId={dev}&environment_id={prod}", 400)]
    [InlineData("?environmentId={dev}&environment_id=dev", 400)]
    [InlineData("?environmentId={dev}&environmentId={prod}", 400)]
    [InlineData("?environment_id=dev&environment_id=prod", 400)]
    [InlineData("?environmentId=", 400)]
    public async Task The_two_spellings_of_the_filter_must_agree(string query, int status)
    {
        var path = query.Replace("{dev}", world.Acme.ShopDev, StringComparison.Ordinal).Replace("{prod}", world.Acme.ShopProd, StringComparison.Ordinal);
        foreach (var key in new[] { "", "/KEY" })
        {
            var answer = await world.Machine("all", "read").Get(ScopeWorld.Secrets("shop") + key + path);
            Assert.Equal(status, answer.Status);
            if (status == 400)
            {
                Assert.StartsWith("environment", answer.Message, StringComparison.Ordinal);
            }
        }
    }
}
