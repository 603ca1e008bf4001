using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>
/// What someone who may write one environment learns of a secret that lives, out of their sight, in another: nothing, also not by adding a value to
/// its name (docs/decisions/0023).
/// </summary>
public class FaceTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Path = "/v1/workspace/acme/project/shop/secret";
    private static int names;
    private readonly TestGateway gateway = shared.Gateway;
    private readonly string dev = shared.Acme.ShopDev;
    private readonly string prod = shared.Acme.ShopProd;

    [Fact]
    public async Task Adding_a_value_to_a_name_out_of_sight_looks_like_making_a_secret()
    {
        var name = await InProduction();
        gateway.Clock.Advance(TimeSpan.FromDays(1));
        var (_, _, machine) = await gateway.Machine("read-write", Json.Scope(environments: [dev]));
        var before = gateway.Clock.GetUtcNow();
        Assert.Equal((201, """{"success":true}"""), await Made(machine, dev, name, "mine"));

        foreach (var query in new[] { "", $"?environmentId={dev}", "?environment_id=dev&resolve=true" })
        {
            var one = (await machine.Get($"{Path}/{name}{query}")).Json;
            var listed = (await machine.Get(Path + query)).Json.AsArray().Single(secret => secret!["name"]!.GetValue<string>() == name)!;
            foreach (var seen in new[] { one, listed })
            {
                Assert.Equal(("mine", "runtime", "text"), Face(seen));
                Assert.True(seen["createdAt"]!.GetValue<DateTimeOffset>() >= before, "it is as old as the value that they added");
                Assert.True(seen["updatedAt"]!.GetValue<DateTimeOffset>() >= before);
                Assert.Single(seen["values"]!.AsArray());
            }
        }
    }

    [Fact]
    public async Task Who_sees_the_other_values_sees_the_secret_itself_also_through_a_filter()
    {
        var name = await InProduction();
        var (_, _, machine) = await gateway.Machine("read-write", Json.Scope(environments: [dev]));
        await Made(machine, dev, name, "mine");
        foreach (var query in new[] { "", $"?environmentId={dev}", $"?environmentId={prod}" })
        {
            Assert.Equal(("theirs", "build", "json"), Face((await gateway.Operator.Get($"{Path}/{name}{query}")).Json));
        }
    }

    [Fact]
    public async Task What_was_seen_can_be_echoed_and_the_value_changed_but_not_what_belongs_to_all()
    {
        var name = await InProduction();
        var (_, _, machine) = await gateway.Machine("read-write", Json.Scope(environments: [dev]));
        await Made(machine, dev, name, "mine");
        var seen = (await machine.Get($"{Path}/{name}")).Json;
        var echo = new JsonObject
        {
            ["name"] = name, ["type"] = "runtime", ["dataType"] = "text", ["note"] = "mine",
            ["values"] = new JsonArray(new JsonObject { ["environmentId"] = dev, ["value"] = "changed", ["isPersonal"] = false }),
        };
        var id = seen["id"]!.GetValue<string>();
        Assert.Equal(200, (await machine.Put($"{Path}/{id}", echo)).Status);
        Assert.Equal(("mine", "runtime", "text"), Face((await machine.Get($"{Path}/{name}")).Json));
        Assert.Equal(("theirs", "build", "json"), Face((await gateway.Operator.Get($"{Path}/{name}")).Json));

        echo["note"] = "another";
        Assert.Equal(403, (await machine.Put($"{Path}/{id}", echo)).Status);
    }

    [Fact]
    public async Task A_change_by_someone_who_may_write_everywhere_gives_the_secret_one_face()
    {
        var name = await InProduction();
        var (_, _, machine) = await gateway.Machine("read-write", Json.Scope(environments: [dev]));
        await Made(machine, dev, name, "mine");
        Assert.Equal(200, (await gateway.Operator.Put($"{Path}/{name}", new JsonObject { ["note"] = "for all", ["values"] = new JsonArray() })).Status);
        Assert.Equal(("for all", "build", "json"), Face((await machine.Get($"{Path}/{name}")).Json));
    }

    [Fact]
    public async Task A_personal_value_shows_nothing_of_a_secret_whose_shared_value_is_gone()
    {
        var name = await InProduction();
        var developer = await gateway.People.Join("developer", Json.Scope(environments: [dev]));
        await Made(developer.Api, dev, name, "mine");
        Assert.Equal(200, (await Personal.Write(developer.Api, "shop", name, dev, "personal")).Status);
        Assert.Equal(200, (await developer.Api.Delete($"{Path}/{name}?environmentId={dev}")).Status);
        Assert.Equal(("", "runtime", "text"), Face((await developer.Api.Get($"{Path}/{name}")).Json));
    }

    [Fact]
    public async Task Someone_who_sees_one_of_its_values_adds_to_the_secret_itself()
    {
        var name = await InProduction();
        var (_, _, machine) = await gateway.Machine("read-write", Json.Scope(environments: [dev, prod]));
        await Made(machine, dev, name, "mine");
        var (_, _, narrow) = await gateway.Machine("read", Json.Scope(environments: [dev]));
        Assert.Equal(("theirs", "build", "json"), Face((await narrow.Get($"{Path}/{name}")).Json));
    }

    /// <summary>A secret with a note and kinds of its own, in production alone.</summary>
    private async Task<string> InProduction()
    {
        var name = $"FACE_{Interlocked.Increment(ref names)}";
        var body = new JsonObject
        {
            ["environments"] = new JsonArray(prod),
            ["secrets"] = new JsonArray(new JsonObject { ["key"] = name, ["value"] = "v", ["type"] = "build", ["dataType"] = "json", ["note"] = "theirs" }),
        };
        Assert.Equal(201, (await gateway.Operator.Post(Path, body)).Status);
        return name;
    }

    private static async Task<(int, string)> Made(Api api, string environment, string name, string note)
    {
        var body = new JsonObject
        {
            ["environments"] = new JsonArray(environment),
            ["secrets"] = new JsonArray(new JsonObject { ["key"] = name, ["value"] = "new", ["type"] = "runtime", ["dataType"] = "text", ["note"] = note }),
        };
        var answer = await api.Post(Path, body);
        return (answer.Status, answer.Body);
    }

    private static (string Note, string Type, string DataType) Face(JsonNode secret) =>
        (secret["note"]!.GetValue<string>(), secret["type"]!.GetValue<string>(), secret["dataType"]!.GetValue<string>());
}
