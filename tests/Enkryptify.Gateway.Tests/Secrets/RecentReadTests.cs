using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>A secret that was read before is answered from memory, and no change, whoever makes it and wherever, leaves an old answer behind.</summary>
public sealed class RecentReadTests : IAsyncLifetime
{
    private const string Path = "/v1/workspace/acme/project/shop/secret";
    private TestGateway gateway = null!;
    private Acme acme = null!;
    private Api machine = null!;

    public async ValueTask InitializeAsync()
    {
        (gateway, acme) = await TestGateway.StartWithAcme();
        (_, _, machine) = await gateway.Machine();
    }

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    /// <summary>The file is changed behind the gateway's back: only who asks it sees that.</summary>
    [Fact]
    public async Task Is_answered_without_the_database_and_audited_all_the_same()
    {
        var first = await Read("KEY");
        Forge("UPDATE secret SET note = 'forged'");
        var again = await machine.Get($"{Path}/KEY");
        Assert.Equal(first, again.Body);
        Assert.Contains("forged", (await machine.Get(Path)).Body, StringComparison.Ordinal);

        var entries = (await gateway.Operator.Get("/v1/workspace/acme/audit?action=VIEW")).Json.AsArray();
        Assert.Equal(3, entries.Count);
        Assert.Equal("KEY", entries[1]!["target"]!["name"]!.GetValue<string>());
        Assert.Equal(entries[2]!["data"]!.ToJsonString(), entries[1]!["data"]!.ToJsonString());
        Assert.Equal(entries[2]!["target"]!.ToJsonString(), entries[1]!["target"]!.ToJsonString());
    }

    public static TheoryData<string> Changes => ["value", "rename", "note", "add", "delete", "delete-one", "environment", "project", "import", "personal"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_is_seen_by_the_next_read(string change)
    {
        var before = await Read("KEY");
        Assert.Equal(before, await Read("KEY"));
        Assert.InRange((await Change(change)).Status, 200, 201);

        // What the database says: a list does not come from memory.
        var listed = (await machine.Get(Path)) is { Status: 200 } list
            ? list.Json.AsArray().FirstOrDefault(secret => secret!["name"]!.GetValue<string>() == "KEY")
            : null;
        var answer = await machine.Get($"{Path}/KEY");
        Assert.Equal(listed is null ? 404 : 200, answer.Status);
        if (listed is not null)
        {
            Assert.Equal(listed.ToJsonString(), answer.Json.ToJsonString());
        }

        if (change is not ("environment" or "personal"))
        {
            Assert.NotEqual(before, answer.Body);
        }
    }

    [Fact]
    public async Task References_are_opened_anew_each_time()
    {
        Assert.Equal(201, (await gateway.Operator.Post(Path, Json.Secret("URL", "to ${HOST}", [acme.ShopDev]))).Status);
        Assert.Equal(201, (await gateway.Operator.Post(Path, Json.Secret("HOST", "one", [acme.ShopDev]))).Status);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("to one", Value(await machine.Get($"{Path}/URL?resolve=true&environmentId={acme.ShopDev}")));
            Assert.Equal("to ${HOST}", Value(await machine.Get($"{Path}/URL?environmentId={acme.ShopDev}")));
        }

        Assert.Equal(200, (await gateway.Operator.Put($"{Path}/HOST", Values(acme.ShopDev, "two"))).Status);
        Assert.Equal("to two", Value(await machine.Get($"{Path}/URL?resolve=true&environmentId={acme.ShopDev}")));
        var opened = (await gateway.Operator.Get("/v1/workspace/acme/audit?action=VIEW&limit=1")).Json[0]!["data"]!["resolved"]!;
        Assert.Equal("""["shop/dev/HOST"]""", opened.ToJsonString());
    }

    /// <summary>What one caller's read brought into memory is judged anew for the next one.</summary>
    [Fact]
    public async Task Nobody_sees_more_because_another_read_it()
    {
        var (_, _, narrow) = await gateway.Machine(scope: Json.Scope(environments: [acme.ShopProd]));
        await Read("KEY");
        var answer = await narrow.Get($"{Path}/KEY");
        Assert.Equal(acme.ShopProd, Assert.Single(answer.Json["values"]!.AsArray())!["environmentId"]!.GetValue<string>());
        Assert.Equal(404, (await narrow.Get($"{Path}/KEY?environmentId={acme.ShopDev}")).Status);
        Assert.Equal(201, (await gateway.Operator.Post(Path, Json.Secret("DEV_ONLY", "x", [acme.ShopDev]))).Status);
        await Read("DEV_ONLY");
        var missing = await narrow.Get($"{Path}/MISSING");
        Assert.Equal(missing.Telling, (await narrow.Get($"{Path}/DEV_ONLY")).Telling);
    }

    [Fact]
    public async Task Opens_under_the_new_key_once_the_old_one_was_destroyed()
    {
        var before = await Read("KEY");
        Assert.Equal(before, await Read("KEY"));
        var rotated = await gateway.Operator.Post("/v1/key/rotate", Json.Of(("kind", "environment"), ("environments", Json.List(acme.ShopDev))));
        Assert.True(rotated.Status == 200, rotated.Body);
        var old = rotated.Json["keys"]![0]!["from"]!.GetValue<string>();
        for (var turn = 0; (await gateway.Operator.Get("/v1/key")).Body.Contains(old, StringComparison.Ordinal); turn++)
        {
            Assert.True(turn < 6_000, "the old key stays");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal(before, await Read("KEY"));
    }

    private async Task<Answer> Change(string change)
    {
        var owner = gateway.Operator;
        return change switch
        {
            "value" => await owner.Put($"{Path}/KEY", Values(acme.ShopDev, "other")),
            "rename" => await owner.Put($"{Path}/KEY", Json.Of(("name", "RENAMED"))),
            "note" => await owner.Put($"{Path}/KEY", Json.Of(("note", "changed"))),
            "add" => await owner.Delete($"{Path}/KEY?environmentId={acme.ShopDev}") is { Status: 200 } ? await owner.Post(Path, Json.Secret("KEY", "anew", [acme.ShopDev])) : throw new InvalidOperationException(),
            "delete" => await owner.Delete($"{Path}/KEY"),
            "delete-one" => await owner.Delete($"{Path}/KEY?environmentId={acme.ShopDev}"),
            "environment" => await owner.Delete($"/v1/workspace/acme/project/shop/environment/{acme.ShopDev}?force=true"),
            "project" => await owner.Delete($"/v1/workspace/acme/project/shop?force=true"),
            "import" => await owner.Put($"{Path}/KEY", Values(acme.ShopProd, "imported")),
            _ => await (await gateway.People.Join("admin")).Api.Put($"{Path}/KEY", Json.Of(("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", "mine"), ("isPersonal", true)))))),
        };
    }

    private async Task<string> Read(string name)
    {
        var answer = await machine.Get($"{Path}/{name}");
        Assert.True(answer.Status == 200, answer.Body);
        return answer.Body;
    }

    private static string Value(Answer answer) => answer.Json["values"]![0]!["value"]!.GetValue<string>();

    private static JsonObject Values(string environment, string value) =>
        Json.Of(("values", Json.List(Json.Of(("environmentId", environment), ("value", value), ("isPersonal", false)))));

    private void Forge(string statement)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={System.IO.Path.Combine(gateway.DataDirectory, "gateway.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        Assert.True(command.ExecuteNonQuery() > 0);
    }
}
