using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>PUT …/secret/{id} (contract section 6): clients echo what they saw minutes ago, so it deletes nothing and an echo is always fine.</summary>
public class UpdateSecretTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Path = "/v1/workspace/acme/project/shop/secret";
    private static int names;
    private readonly TestGateway gateway = shared.Gateway;
    private readonly string dev = shared.Acme.ShopDev;
    private readonly string prod = shared.Acme.ShopProd;

    [Fact]
    public async Task Changes_the_entries_that_differ_and_leaves_what_is_absent()
    {
        var (_, _, machine) = await gateway.Machine();
        var path = await Made();
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await machine.Put(path, Values((dev, "new")));
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        var read = await Read(path);
        Assert.Equal(("new", "prod-value"), (Value(read, dev), Value(read, prod)));
        Assert.Equal(("a note", "runtime", "text"), (Text(read, "note"), Text(read, "type"), Text(read, "dataType")));
        Assert.True(string.CompareOrdinal(Text(read, "createdAt"), Text(read, "updatedAt")) < 0);
    }

    [Fact]
    public async Task Works_by_id_as_by_name_and_takes_the_whole_object_back()
    {
        var path = await Made();
        var seen = (await Read(path)).AsObject();
        foreach (var entry in seen["values"]!.AsArray())
        {
            entry!["value"] = "whole " + entry["value"];
        }

        seen["note"] = "";
        seen["type"] = "build-time";
        Assert.Equal(200, (await gateway.Operator.Put($"{Path}/{seen["id"]}", seen)).Status);
        var read = await Read(path);
        Assert.Equal(("whole dev-value", "whole prod-value", "", "build-time"), (Value(read, dev), Value(read, prod), Text(read, "note"), Text(read, "type")));
    }

    [Fact]
    public async Task An_unchanged_echo_changes_nothing_at_all()
    {
        var path = await Made();
        var echo = await Read(path);
        gateway.Clock.Advance(TimeSpan.FromMinutes(5));
        var (_, _, later) = await gateway.Machine();
        var before = TableDump.Of(gateway);
        Assert.Equal(200, (await later.Put(path, echo)).Status);
        Assert.Equal(200, (await later.Put(path, Json.Of())).Status);
        Assert.Equal(200, (await later.Put(path, Json.Of(("values", Json.List())))).Status);
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task An_echo_of_what_may_not_be_written_is_fine_a_change_of_it_is_403_and_nothing_changes()
    {
        var (_, _, reader) = await gateway.Machine("read");
        var path = await Made();
        var seen = await Read(path);
        var before = TableDump.Of(gateway);
        Assert.Equal(200, (await reader.Put(path, seen)).Status);
        foreach (var change in new[]
        {
            Values((dev, "dev-value"), (prod, "changed")), Values((dev, "changed"), (prod, "prod-value")), Json.Of(("note", "changed")), Json.Of(("name", "CHANGED")),
            Json.Of(("type", "changed")), Json.Of(("dataType", "changed")),
        })
        {
            var answer = await reader.Put(path, change);
            Assert.Equal((403, "Insufficient permissions"), (answer.Status, answer.Message));
            Assert.Equal("denied", AuditTail.Of(gateway, answer)["outcome"]!.GetValue<string>());
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    /// <summary>Who sees one environment of two: their own value is theirs to change, what belongs to the whole secret is not.</summary>
    [Fact]
    public async Task Name_note_and_types_need_write_wherever_the_secret_has_a_value()
    {
        var (_, _, machine) = await gateway.Machine("read-write", Json.Scope(environments: [dev]));
        var path = await Made();
        foreach (var change in new[] { Json.Of(("name", "TAKEN_AWAY")), Json.Of(("note", "x")), Json.Of(("type", "x")), Json.Of(("dataType", "x")) })
        {
            // The value before it is writable, and is not kept either.
            change["values"] = Values((dev, "changed"))["values"]!.DeepClone();
            var before = TableDump.Of(gateway);
            Assert.Equal(403, (await machine.Put(path, change)).Status);
            Assert.Equal(before, TableDump.Of(gateway));
        }

        Assert.Equal(200, (await machine.Put(path, Values((dev, "changed")))).Status);
        Assert.Equal(("changed", "prod-value"), (Value(await Read(path), dev), Value(await Read(path), prod)));
    }

    [Fact]
    public async Task An_entry_out_of_scope_is_as_one_that_is_not_there_and_nothing_changes()
    {
        var (_, _, machine) = await gateway.Machine("read-write", Json.Scope(environments: [dev]));
        var path = await Made();
        var before = TableDump.Of(gateway);
        var expected = await machine.Put(path, Values((dev, "changed"), ("00000000-0000-7000-8000-000000000000", "x")));
        Assert.Equal((404, "Environment not found"), (expected.Status, expected.Message));
        foreach (var environment in new[] { prod, "prod", shared.Acme.BankDev, shared.Acme.YardDev, "nowhere" })
        {
            Assert.Equal(expected.Telling, (await machine.Put(path, Values((dev, "changed"), (environment, "prod-value")))).Telling);
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task Two_entries_for_one_environment_are_400_and_nothing_changes()
    {
        var path = await Made();
        var before = TableDump.Of(gateway);
        foreach (var twice in new[] { Values((dev, "one"), (dev, "two")), Values((dev, "one"), ("dev", "two")), Values((dev, "dev-value"), (prod, "x"), (dev, "dev-value")) })
        {
            var answer = await gateway.Operator.Put(path, twice);
            Assert.Equal(400, answer.Status);
            Assert.StartsWith("values[", answer.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task A_value_is_added_to_an_environment_that_had_none()
    {
        var path = await Made(dev);
        Assert.Equal(200, (await gateway.Operator.Put(path, Values((prod, "added")))).Status);
        Assert.Equal(("dev-value", "added"), (Value(await Read(path), dev), Value(await Read(path), prod)));
    }

    [Fact]
    public async Task A_new_name_takes_the_values_along_and_a_taken_one_is_409()
    {
        var (path, other) = (await Made(), await Made());
        var id = Text(await Read(path), "id");
        var renamed = $"{Path}/RENAMED_{id[..8]}_{id[^4..]}";
        Assert.Equal(200, (await gateway.Operator.Put(path, Json.Of(("name", renamed.Split('/')[^1])))).Status);
        Assert.Equal(404, (await gateway.Operator.Get(path)).Status);
        var read = await Read(renamed);
        Assert.Equal((id, "dev-value", "prod-value"), (Text(read, "id"), Value(read, dev), Value(read, prod)));

        var before = TableDump.Of(gateway);
        var taken = Values((dev, "changed"));
        taken["name"] = other.Split('/')[^1];
        var answer = await gateway.Operator.Put(renamed, taken);
        Assert.Equal((409, "name_taken"), (answer.Status, answer.Code));
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task A_machine_has_no_personal_values()
    {
        var (_, _, machine) = await gateway.Machine();
        var path = await Made();
        var before = TableDump.Of(gateway);
        var personal = Json.Of(("values", Json.List(Json.Of(("environmentId", dev), ("value", "mine"), ("isPersonal", true)))));
        Assert.Equal(403, (await machine.Put(path, personal)).Status);
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task A_secret_that_is_not_there_is_404()
    {
        var answer = await gateway.Operator.Put($"{Path}/NOT_THERE", Values((dev, "x")));
        Assert.Equal((404, "Secret not found"), (answer.Status, answer.Message));
        Assert.Equal(404, (await gateway.Operator.Get($"{Path}/NOT_THERE")).Status);
    }

    [Fact]
    public async Task Is_in_the_audit_log_with_the_names_of_what_changed_and_no_value()
    {
        var (id, _, machine) = await gateway.Machine();
        var path = await Made();
        await machine.Put(path, Values((dev, "audited-value"), (prod, "prod-value")));
        var entry = AuditTail.Entries(gateway).Last(one => one["action"]!.GetValue<string>() == "UPDATE");
        Assert.Equal((id, "allowed"), (entry["actor"]!["id"]!.GetValue<string>(), entry["outcome"]!.GetValue<string>()));
        Assert.Equal(path.Split('/')[^1], entry["target"]!["name"]!.GetValue<string>());
        Assert.Equal(["dev"], entry["data"]!["environments"]!.AsArray().Select(one => one!.GetValue<string>()));
        Assert.DoesNotContain("audited-value", entry.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>A secret with "dev-value" and "prod-value", or in the one environment given.</summary>
    private async Task<string> Made(string? only = null)
    {
        var name = $"PUT_{Interlocked.Increment(ref names)}";
        foreach (var (environment, value) in new[] { (dev, "dev-value"), (prod, "prod-value") }.Where(pair => only is null || pair.Item1 == only))
        {
            var body = Json.Secret(name, value, [environment]);
            body["secrets"]![0]!["note"] = "a note";
            Assert.Equal(201, (await gateway.Operator.Post(Path, body)).Status);
        }

        return $"{Path}/{name}";
    }

    private async Task<JsonNode> Read(string path) => (await gateway.Operator.Get(path)).Json;

    private static JsonObject Values(params (string Environment, string Value)[] entries) => Json.Of(("values", Json.List(
        [.. entries.Select(entry => Json.Of(("environmentId", entry.Environment), ("value", entry.Value), ("isPersonal", false)))])));

    private static string Value(JsonNode secret, string environment) =>
        secret["values"]!.AsArray().Single(entry => entry!["environmentId"]!.GetValue<string>() == environment)!["value"]!.GetValue<string>();

    private static string Text(JsonNode secret, string member) => secret[member]!.GetValue<string>();
}
