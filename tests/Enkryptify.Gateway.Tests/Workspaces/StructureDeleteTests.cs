using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

/// <summary>DELETE of workspace, team, project and environment: 409 while secrets are in there, unless forced.</summary>
public class StructureDeleteTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private static int workspaces;
    private readonly TestGateway gateway = shared.Gateway;

    public static TheoryData<string> Holders => ["", "/team/{left}", "/project/one", "/project/one/environment/dev", "/project/one/environment/{dev}"];

    [Theory]
    [MemberData(nameof(Holders))]
    public async Task What_holds_secrets_goes_only_by_force(string holder)
    {
        var world = await Own();
        var path = Path(world, holder);
        var before = TableDump.Of(gateway);
        foreach (var (query, status) in new[] { ("", 409), ("?force=false", 409), ("?force=yes", 400), ("?force=1", 400), ("?force=true&force=false", 400) })
        {
            var refused = await gateway.Operator.Delete(path + query);
            Assert.Equal(status, refused.Status);
            Assert.True(status != 409 || refused.Code == "holds_secrets");
        }

        Assert.Equal(before, TableDump.Of(gateway));
        var answer = await gateway.Operator.Delete($"{path}?force=true");
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        Assert.Equal(404, (await gateway.Operator.Delete($"{path}?force=true")).Status);
        Assert.Equal(404, (await gateway.Operator.Get($"{world.Path}/project/one/secret/KEY")).Status);

        // Nothing of it is left: neither values nor the key that opened them.
        Assert.Empty(StructureEditTests.Keys(gateway, world.Environment));
        var dump = TableDump.Of(gateway);
        var values = dump[dump.IndexOf("== secret_value", StringComparison.Ordinal)..];
        Assert.DoesNotContain(world.Environment, values[..values.IndexOf("== session", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Holders))]
    public async Task What_holds_none_goes_without(string holder)
    {
        var world = await Own();
        Assert.Equal(200, (await gateway.Operator.Delete($"{world.Path}/project/one/secret/KEY")).Status);
        Assert.Equal(200, (await gateway.Operator.Delete(Path(world, holder))).Status);
        Assert.Equal(404, (await gateway.Operator.Delete(Path(world, holder))).Status);
    }

    /// <summary>Also a value that the one who deletes cannot see.</summary>
    [Theory]
    [MemberData(nameof(Holders))]
    public async Task A_personal_value_holds_it_too(string holder)
    {
        var world = await Own();
        var person = await gateway.People.Join("member", workspace: world.Slug);
        Assert.Equal(200, (await Personal.Write(person.Api, "one", "KEY", world.Environment, "mine", world.Slug)).Status);
        Assert.Equal(200, (await gateway.Operator.Delete($"{world.Path}/project/one/secret/KEY?environmentId=dev")).Status);
        Assert.Equal(409, (await gateway.Operator.Delete(Path(world, holder))).Status);
        Assert.Equal(["mine"], await Personal.Values(person.Api, "one", "KEY", world.Environment, world.Slug));
        Assert.Equal(200, (await gateway.Operator.Delete(Path(world, holder) + "?force=true")).Status);
    }

    [Fact]
    public async Task Of_a_secret_of_two_environments_one_value_stays()
    {
        var world = await Own();
        Assert.Equal(201, (await gateway.Operator.Post($"{world.Path}/project/one/secret", Json.Secret("BOTH", "v", [world.Environment, world.Prod]))).Status);
        Assert.Equal(200, (await gateway.Operator.Delete($"{world.Path}/project/one/environment/dev?force=true")).Status);
        var left = (await gateway.Operator.Get($"{world.Path}/project/one/secret")).Json.AsArray().Single()!;
        Assert.Equal(("BOTH", world.Prod), (left["name"]!.GetValue<string>(), left["values"]!.AsArray().Single()!["environmentId"]!.GetValue<string>()));

        // The name of the one that is gone is free.
        Assert.Equal(201, (await gateway.Operator.Post($"{world.Path}/project/one/secret", Json.Secret("KEY", "v", [world.Prod]))).Status);
    }

    [Fact]
    public async Task With_a_workspace_go_its_credentials_members_and_invitations_and_nobody_elses()
    {
        var (world, other) = (await Own(), await Own());
        var (_, token, machine) = await gateway.Machine(workspace: world.Slug);
        var (_, _, kept) = await gateway.Machine(workspace: other.Slug);
        var person = await gateway.People.Join("developer", workspace: world.Slug);
        var (_, code) = await gateway.People.Invite("late@acme.test", workspace: world.Slug);
        Assert.Equal(200, (await machine.Get($"{world.Path}/project")).Status);

        Assert.Equal(200, (await gateway.Operator.Delete($"{world.Path}?force=true")).Status);
        Assert.Equal(401, (await machine.Get($"{world.Path}/project")).Status);
        Assert.Equal(401, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.Equal(404, (await gateway.Anonymous.Get($"/v1/invite/{code}")).Status);
        Assert.Empty((await person.Api.Get("/v1/workspace")).Json.AsArray());
        Assert.Equal(404, (await person.Api.Get($"{world.Path}/project")).Status);
        Assert.Equal(200, (await kept.Get($"{other.Path}/project/one/secret/KEY")).Status);

        // A new one of the same slug is another workspace: nobody is in it already.
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace", Json.Of(("name", "Again"), ("slug", world.Slug)))).Status);
        Assert.Equal(404, (await person.Api.Get($"{world.Path}/project")).Status);
        Assert.Equal(401, (await machine.Get($"{world.Path}/project")).Status);
    }

    [Fact]
    public async Task A_person_does_it_in_their_own_workspace_and_a_credential_nowhere()
    {
        var world = await Own();
        var (developer, admin) = (await gateway.People.Join("developer", workspace: world.Slug), await gateway.People.Join("admin", workspace: world.Slug));
        var (_, _, machine) = await gateway.Machine(workspace: world.Slug);
        var before = TableDump.Of(gateway);
        foreach (var (api, status) in new[] { (developer.Api, 403), (machine, 403), (gateway.Anonymous, 401), ((await gateway.Machine()).Api, 404) })
        {
            Assert.Equal(status, (await api.Delete($"{world.Path}/project/one?force=true")).Status);
        }

        Assert.Equal(Structure(before), Structure(TableDump.Of(gateway)));
        Assert.Equal(200, (await admin.Api.Delete($"{world.Path}/project/one?force=true")).Status);

        static string Structure(string dump) => dump[dump.IndexOf("== project", StringComparison.Ordinal)..];
    }

    private static string Path(EditWorld world, string holder) =>
        world.Path + holder.Replace("{left}", world.Left, StringComparison.Ordinal).Replace("{dev}", world.Environment, StringComparison.Ordinal);

    private Task<EditWorld> Own() => EditWorld.Make(gateway, $"del-{Interlocked.Increment(ref workspaces)}");
}
