using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>
/// Writing secrets, for every permission and scope: in scope with <c>read-write</c> it is done, in scope with <c>read</c> 403, out of scope the
/// answer that a missing thing gives; and what was refused changed nothing.
/// </summary>
public class SecretWriteScopeTests(ScopeWorld world) : IClassFixture<ScopeWorld>
{
    private const string Missing = "00000000-0000-7000-8000-000000000000";

    public static TheoryData<string, string> Callers => ScopeWorld.Callers;

    [Theory]
    [MemberData(nameof(Callers))]
    public Task Post_makes_a_value(string scope, string permission) => InEach(scope, permission, 201, async (machine, project, environment) =>
    {
        var name = world.NextName();
        var answer = await machine.Post(ScopeWorld.Secrets(project), Json.Secret(name, "made", [environment]));
        var made = await world.Gateway.Operator.Get($"{ScopeWorld.Secrets(project)}/{name}");
        Assert.Equal(answer.Status == 201 ? 200 : 404, made.Status);
        if (answer.Status == 201)
        {
            Assert.Equal("""{"success":true}""", answer.Body);
            Assert.Equal((environment, "made"), OnlyValue(made));
        }

        return answer;
    });

    [Theory]
    [MemberData(nameof(Callers))]
    public Task Put_changes_a_value(string scope, string permission) => InEach(scope, permission, 200, async (machine, project, environment) =>
    {
        var name = await MadeEverywhere(project);
        var put = Json.Of(("values", Json.List(Json.Of(("environmentId", environment), ("value", "changed"), ("isPersonal", false)))));
        var answer = await machine.Put($"{ScopeWorld.Secrets(project)}/{name}", put);
        await Expect(project, name, environment, answer.Status == 200 ? "changed" : "before");
        return answer;
    });

    [Theory]
    [MemberData(nameof(Callers))]
    public Task Delete_takes_a_value_away(string scope, string permission) => InEach(scope, permission, 200, async (machine, project, environment) =>
    {
        var name = await MadeEverywhere(project);
        var answer = await machine.Delete($"{ScopeWorld.Secrets(project)}/{name}?environmentId={environment}");
        await Expect(project, name, environment, answer.Status == 200 ? null : "before");
        return answer;
    });

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task Delete_of_a_whole_secret_needs_write_wherever_it_has_a_value(string scope, string permission)
    {
        var (machine, row) = (world.Machine(scope, permission), ScopeWorld.Row(scope));
        foreach (var project in new[] { "shop", "site", "new", "bank" })
        {
            var name = await MadeEverywhere(project);
            var all = ScopeWorld.Environments.Where(environment => environment.StartsWith(project + "/", StringComparison.Ordinal)).ToList();
            var answer = await machine.Delete($"{ScopeWorld.Secrets(project)}/{name}");
            var expected = !all.Exists(row.Sees.Contains) ? 404 : permission == "read" || !all.TrueForAll(row.Sees.Contains) ? 403 : 200;
            Assert.True(answer.Status == expected, $"{project}: {answer.Status}, not {expected}");
            Assert.Equal(expected == 200 ? 404 : 200, (await world.Gateway.Operator.Get($"{ScopeWorld.Secrets(project)}/{name}")).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Callers))]
    public async Task Post_into_several_environments_needs_write_on_every_one(string scope, string permission)
    {
        var (machine, row) = (world.Machine(scope, permission), ScopeWorld.Row(scope));
        foreach (var project in new[] { "shop", "bank" })
        {
            var all = ScopeWorld.Environments.Where(environment => environment.StartsWith(project + "/", StringComparison.Ordinal)).ToArray();
            var expected = !all.All(row.Sees.Contains) ? 404 : permission == "read" ? 403 : 201;
            var name = world.NextName();
            var answer = await machine.Post(ScopeWorld.Secrets(project), Json.Secret(name, "made", [.. all.Select(world.Id)]));
            Assert.True(answer.Status == expected, $"{project}: {answer.Status}, not {expected}");
            var made = await world.Gateway.Operator.Get($"{ScopeWorld.Secrets(project)}/{name}");
            Assert.Equal(expected == 201 ? 200 : 404, made.Status);
            if (expected == 201)
            {
                Assert.Equal(all.Length, made.Json["values"]!.AsArray().Count);
            }
        }
    }

    /// <summary>Runs one kind of write against each environment there is, and against those that there are not.</summary>
    private async Task InEach(string scope, string permission, int done, Func<Api, string, string, Task<Answer>> write)
    {
        var (machine, row) = (world.Machine(scope, permission), ScopeWorld.Row(scope));
        foreach (var environment in ScopeWorld.Environments)
        {
            var project = environment.Split('/')[0];
            var answer = await write(machine, project, world.Id(environment));
            var expected = !row.Sees.Contains(environment) ? 404 : permission == "read" ? 403 : done;
            Assert.True(answer.Status == expected, $"{environment}: {answer.Status}, not {expected}: {answer.Body}");
            var entry = answer.Status == done ? null : AuditTail.Of(world.Gateway, answer);
            Assert.True(entry is null || entry["outcome"]!.GetValue<string>() == "denied");
            if (expected == 404)
            {
                Assert.Equal((await write(machine, project, Missing)).Telling, answer.Telling);
            }
        }
    }

    private async Task<string> MadeEverywhere(string project)
    {
        var name = world.NextName();
        var all = ScopeWorld.Environments.Where(environment => environment.StartsWith(project + "/", StringComparison.Ordinal)).Select(world.Id);
        Assert.Equal(201, (await world.Gateway.Operator.Post(ScopeWorld.Secrets(project), Json.Secret(name, "before", [.. all]))).Status);
        return name;
    }

    /// <summary>The value there, as the operator sees it; the values of other environments are as they were.</summary>
    private async Task Expect(string project, string name, string environment, string? value)
    {
        var answer = await world.Gateway.Operator.Get($"{ScopeWorld.Secrets(project)}/{name}");
        if (answer.Status == 404)
        {
            // Its only value was taken away, and it with it.
            Assert.True(value is null && ScopeWorld.Environments.Count(one => one.StartsWith(project + "/", StringComparison.Ordinal)) == 1);
            return;
        }

        var values = answer.Json["values"]!.AsArray().ToDictionary(entry => entry!["environmentId"]!.GetValue<string>(), entry => entry!["value"]!.GetValue<string>());
        Assert.Equal(environment == Missing ? null : value, values.GetValueOrDefault(environment));
        Assert.All(values.Where(pair => pair.Key != environment), pair => Assert.Equal("before", pair.Value));
    }

    private static (string, string) OnlyValue(Answer secret)
    {
        var value = Assert.Single(secret.Json["values"]!.AsArray())!;
        return (value["environmentId"]!.GetValue<string>(), value["value"]!.GetValue<string>());
    }
}
