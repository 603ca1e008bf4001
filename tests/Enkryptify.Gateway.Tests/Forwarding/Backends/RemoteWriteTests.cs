using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>Secrets of a writable backend, another gateway, are changed through this one: under the rights that hold here, and with nothing sent when they do not.</summary>
public sealed class RemoteWriteTests(RemoteWriteTests.World world) : IClassFixture<RemoteWriteTests.World>
{
    private const string Root = "/v1/workspace/acme/project/shop/secret";

    private Acme Acme => world.Remote.Acme;

    /// <summary>Who, how, where, with what, and what it is answered. Nothing of these arrives.</summary>
    public static TheoryData<string, string, string, string, int, string> Refusals => new()
    {
        // Create.
        { "nobody", "POST", Root, "NEW: dev", 401, "invalid_token" },
        { "a stranger", "POST", Root, "NEW: dev", 401, "invalid_token" },
        { "another workspace", "POST", Root, "NEW: dev", 404, "workspace_not_found" },
        { "a reader", "POST", Root, "NEW: dev", 403, "insufficient_permissions" },
        { "a member", "POST", Root, "NEW: dev", 403, "insufficient_permissions" },
        { "the writer of dev", "POST", Root, "NEW: prod", 404, "environment_not_found" },
        { "the writer of dev", "POST", Root, "NEW: dev prod", 404, "environment_not_found" },
        { "the writer of dev", "POST", "/v1/workspace/acme/project/bank/secret", "NEW: dev", 404, "project_not_found" },
        { "a writer", "POST", Root, "NEW: dev dev", 400, "validation_failed" },
        { "a writer", "POST", Root, "NEW: nowhere", 404, "environment_not_found" },
        { "a writer", "POST", Root, "KEY: dev", 409, "secret_exists" },
        { "a writer", "POST", Root, "nothing", 400, "validation_failed" },
        { "the writer of dev", "POST", Root, "REFERENCE: dev", 403, "insufficient_permissions" },

        // A name that lives out of sight: its note must not become readable by writing a value of it.
        { "the writer of dev", "POST", Root, "ONLY_PROD: dev", 409, "name_taken" },

        // Change.
        { "nobody", "PUT", Root + "/KEY", "values: dev=x", 401, "invalid_token" },
        { "a reader", "PUT", Root + "/KEY", "values: dev=x", 403, "insufficient_permissions" },
        { "the writer of dev", "PUT", Root + "/KEY", "values: prod=x", 404, "environment_not_found" },
        { "the writer of dev", "PUT", Root + "/ONLY_PROD", "values: dev=x", 404, "secret_not_found" },
        { "the writer of dev", "PUT", Root + "/KEY", "name: RENAMED", 403, "insufficient_permissions" },
        { "the writer of dev", "PUT", Root + "/KEY", "note: mine", 403, "insufficient_permissions" },
        { "the writer of dev", "PUT", Root + "/KEY", "values: dev=${bank.prod.KEY}", 403, "insufficient_permissions" },
        { "a writer", "PUT", Root + "/NONE", "values: dev=x", 404, "secret_not_found" },
        { "a writer", "PUT", Root + "/KEY", "values: dev=x dev=y", 400, "validation_failed" },
        { "a writer", "PUT", Root + "/KEY", "name: ONLY_PROD", 409, "name_taken" },
        { "a writer", "PUT", Root + "/KEY", "personal: dev=x", 403, "insufficient_permissions" },
        { "a person", "PUT", Root + "/KEY", "personal: dev=x", 409, "backend_personal_values" },
        { "a writer", "PUT", Root + "/KEY", "nonsense", 400, "validation_failed" },

        // Delete.
        { "nobody", "DELETE", Root + "/KEY", "", 401, "invalid_token" },
        { "a reader", "DELETE", Root + "/KEY", "", 403, "insufficient_permissions" },
        { "a reader", "DELETE", Root + "/KEY?environmentId=dev", "", 403, "insufficient_permissions" },
        { "the writer of dev", "DELETE", Root + "/KEY", "", 403, "insufficient_permissions" },
        { "the writer of dev", "DELETE", Root + "/KEY?environmentId=prod", "", 404, "environment_not_found" },
        { "the writer of dev", "DELETE", Root + "/ONLY_PROD", "", 404, "secret_not_found" },
        { "a writer", "DELETE", Root + "/NONE", "", 404, "secret_not_found" },
        { "a writer", "DELETE", Root + "/ONLY_PROD?environmentId=dev", "", 404, "secret_not_found" },
        { "a writer", "DELETE", Root + "/KEY?environmentId=dev&personal=true", "", 403, "insufficient_permissions" },
        { "a person", "DELETE", Root + "/KEY?environmentId=dev&personal=true", "", 404, "secret_not_found" },

        // Structure stays where it is.
        { "the operator", "POST", "/v1/workspace/acme/team", "name: new", 405, "backend_read_only" },
        { "the operator", "DELETE", "/v1/workspace/acme/project/shop?force=true", "", 405, "backend_read_only" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_is_refused_here_is_not_sent(string who, string method, string path, string body, int status, string code)
    {
        var caller = await world.Caller(who);
        var before = (TableDump.Of(world.Remote.Far), world.Sent());
        var answer = await caller.Send(new HttpMethod(method), path, world.Body(body));
        Assert.Equal((status, code), (answer.Status, answer.Code));

        // A rename to a name that is taken is the backend's to refuse.
        Assert.Equal(before.Item1, TableDump.Of(world.Remote.Far));
        Assert.Equal(before.Item2 + (code == "name_taken" && method == "PUT" ? 1 : 0), world.Sent());
        var entries = world.EntriesOf(answer);
        Assert.True(entries.Count > 0 || status == 401 || body is "nothing" or "nonsense", "no entry");
        Assert.All(entries, entry => Assert.True(entry["reason"] is not null || entry["data"]!["step"]!.GetValue<string>() == "intended"));
    }

    [Fact]
    public async Task What_is_created_is_there_and_the_next_read_has_it()
    {
        var writer = await world.Caller("a writer");
        Assert.DoesNotContain("MADE", (await writer.Get(Root)).Body, StringComparison.Ordinal);
        var made = await writer.Post(Root, Json.Of(
            ("environments", Json.List(Acme.ShopDev, Acme.ShopProd)),
            ("secrets", Json.List(
                Json.Of(("key", "MADE_1"), ("value", "päss\n\"wörd\" <&> 🙂"), ("type", "runtime"), ("dataType", "text"), ("note", "a note")),
                Json.Of(("key", "MADE_2"), ("value", new string('ж', 32 * 1024)), ("type", "build"), ("dataType", "text"))))));
        Assert.Equal((201, """{"success":true}"""), (made.Status, made.Body));

        // The same to the letter from either gateway, and without waiting for what was fresh.
        foreach (var key in new[] { "MADE_1", "MADE_2" })
        {
            var (far, near) = (await world.Remote.Far.Operator.Get($"{Root}/{key}"), await writer.Get($"{Root}/{key}"));
            Assert.Equal((200, far.Body), (near.Status, near.Body));
            Assert.Equal(2, near.Json["values"]!.AsArray().Count);
        }
    }

    [Fact]
    public async Task The_writer_of_one_environment_writes_there_and_echoes_what_it_saw()
    {
        await world.Store("NARROW", Acme.ShopDev, "one");
        await world.Store("NARROW", Acme.ShopProd, "two");
        var narrow = await world.Caller("the writer of dev");
        var seen = await narrow.Get($"{Root}/NARROW");
        var echo = seen.Json.AsObject();
        Assert.Equal(200, (await narrow.Put($"{Root}/NARROW", echo.DeepClone())).Status);
        echo["values"]![0]!["value"] = "changed";
        Assert.Equal(200, (await narrow.Put($"{Root}/NARROW", echo)).Status);
        Assert.Equal("changed", (await narrow.Get($"{Root}/NARROW?environmentId={Acme.ShopDev}")).Json["values"]![0]!["value"]!.GetValue<string>());
        Assert.Equal(["changed", "two"], await world.At("NARROW"));
    }

    /// <summary>The one who may only read sends back all that was read: nothing differs, so nothing is to be allowed, and nothing is sent.</summary>
    [Fact]
    public async Task An_unchanged_echo_needs_no_right_and_is_not_sent()
    {
        await world.Store("ECHO", Acme.ShopDev, "one");
        var reader = await world.Caller("a reader");
        var seen = (await reader.Get($"{Root}/ECHO")).Json;
        var before = world.Sent();
        var answer = await reader.Put($"{Root}/ECHO", seen.DeepClone());
        Assert.Equal((200, before), (answer.Status, world.Sent()));

        // What moved over there meanwhile makes the old echo a change.
        await world.Change("ECHO", Acme.ShopDev, "moved");
        world.Remote.Later(TimeSpan.FromSeconds(6));
        Assert.Equal((403, before + 1), ((await reader.Put($"{Root}/ECHO", seen.DeepClone())).Status, world.Sent()));
        Assert.Equal(["moved"], await world.At("ECHO"));
    }

    [Fact]
    public async Task Only_what_differs_is_sent()
    {
        await world.Store("PARTS", Acme.ShopDev, "one");
        await world.Store("PARTS", Acme.ShopProd, "two");
        var writer = await world.Caller("a writer");
        var echo = (await writer.Get($"{Root}/PARTS")).Json;
        echo["values"]!.AsArray().Single(value => value!["environmentId"]!.GetValue<string>() == Acme.ShopDev)!["value"] = "changed";
        Assert.Equal(200, (await writer.Put($"{Root}/PARTS", echo)).Status);
        var entry = AuditTail.Entries(world.Remote.Far).Last(one => one["action"]!.GetValue<string>() == "UPDATE");
        Assert.Equal("""["dev"]""", entry["data"]!["environments"]!.ToJsonString());
    }

    [Fact]
    public async Task A_secret_is_renamed_by_who_may_write_wherever_it_is()
    {
        await world.Store("OLD_NAME", Acme.ShopDev, "one");
        await world.Store("OLD_NAME", Acme.ShopProd, "two");
        var writer = await world.Caller("a writer");
        Assert.Equal(200, (await writer.Put($"{Root}/OLD_NAME", Json.Of(("name", "NEW_NAME"), ("note", "moved")))).Status);
        Assert.Equal(404, (await writer.Get($"{Root}/OLD_NAME")).Status);
        var renamed = (await writer.Get($"{Root}/NEW_NAME")).Json;
        Assert.Equal(("moved", 2), (renamed["note"]!.GetValue<string>(), renamed["values"]!.AsArray().Count));

        await world.Store("MINE", Acme.ShopDev, "one");
        var narrow = await world.Caller("the writer of dev");

        // Somebody may have a value of their own in prod, which nobody else is shown.
        Assert.Equal(403, (await narrow.Put($"{Root}/MINE", Json.Of(("name", "MINE_2")))).Status);
        Assert.Equal(200, (await writer.Put($"{Root}/MINE", Json.Of(("name", "MINE_2")))).Status);
        Assert.Equal(["one"], await world.At("MINE_2"));
    }

    [Fact]
    public async Task One_value_is_deleted_or_the_whole_secret()
    {
        await world.Store("GONE", Acme.ShopDev, "one");
        await world.Store("GONE", Acme.ShopProd, "two");
        var narrow = await world.Caller("the writer of dev");
        Assert.Equal(200, (await narrow.Delete($"{Root}/GONE?environmentId=dev")).Status);
        Assert.Equal((404, 1), ((await narrow.Get($"{Root}/GONE")).Status, (await world.At("GONE")).Count));
        var writer = await world.Caller("a writer");
        Assert.Equal(200, (await writer.Delete($"{Root}/GONE")).Status);
        Assert.Equal((404, 0), ((await writer.Get($"{Root}/GONE")).Status, (await world.At("GONE")).Count));

        await world.Store("LONE", Acme.ShopDev, "one");
        Assert.Equal(200, (await narrow.Delete($"{Root}/LONE?environmentId=dev")).Status);
        Assert.Empty(await world.At("LONE"));
    }

    [Fact]
    public async Task Two_entries_tell_what_was_to_happen_and_how_it_went()
    {
        var writer = await world.Caller("a writer");
        var first = AuditTail.Entries(world.Remote.Near).Count;
        Assert.Equal(201, (await writer.Post(Root, Json.Secret("AUDITED", "audit-canary", [Acme.ShopDev]))).Status);
        var entries = AuditTail.Entries(world.Remote.Near).Skip(first).Where(entry => entry["action"]!.GetValue<string>() == "CREATE").ToList();
        Assert.Equal(["intended", "ended"], entries.Select(entry => entry["data"]!["step"]!.GetValue<string>()));
        Assert.Single(entries.Select(entry => entry["requestId"]!.GetValue<string>()).Distinct());
        Assert.All(entries, entry => Assert.Equal(
            ("AUDITED", "far", "shop", """["dev"]""", null),
            (entry["target"]!["name"]!.GetValue<string>(), entry["data"]!["backend"]!.GetValue<string>(), entry["data"]!["project"]!.GetValue<string>(), entry["data"]!["environments"]!.ToJsonString(), entry["reason"])));
        Assert.DoesNotContain("audit-canary", string.Concat(AuditTail.Entries(world.Remote.Near).Select(entry => entry.ToJsonString())) + world.Remote.Near.Logs, StringComparison.Ordinal);
    }

    public sealed class World : IAsyncLifetime
    {
        private readonly Dictionary<string, Api> callers = [];

        internal RemoteWorld Remote { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Remote = await RemoteWorld.StartWritable();
            await Store("ONLY_PROD", Remote.Acme.ShopProd, "secret");
            Assert.Equal(201, (await Remote.Near.Operator.Post("/v1/workspace", Json.Of(("name", "Other"), ("slug", "other")))).Status);
        }

        public ValueTask DisposeAsync() => Remote.DisposeAsync();

        internal async Task<Api> Caller(string who) => callers.TryGetValue(who, out var known) ? known : callers[who] = who switch
        {
            "nobody" => Remote.Near.Anonymous,
            "a stranger" => Remote.Near.Bearer((await Remote.Far.Machine()).Api.Token!),
            "another workspace" => (await Remote.Near.Machine(workspace: "other")).Api,
            "a reader" => (await Remote.Near.Machine("read")).Api,
            "a member" => (await Remote.Near.People.Join("member")).Api,
            "a person" => (await Remote.Near.People.Join("developer")).Api,
            "the writer of dev" => (await Remote.Near.Machine(scope: Json.Scope(environments: [Remote.Acme.ShopDev]))).Api,
            "the operator" => Remote.Near.Operator,
            _ => (await Remote.Near.Machine()).Api,
        };

        /// <summary>How many changes the backend was sent, refused ones too.</summary>
        internal int Sent() => AuditTail.Entries(Remote.Far).Count(entry => entry["target"]!["kind"]!.GetValue<string>() == "secret" && entry["action"]!.GetValue<string>() is "CREATE" or "UPDATE" or "DELETE");

        internal List<JsonNode> EntriesOf(Answer answer) =>
            [.. AuditTail.Entries(Remote.Near).Where(entry => entry["requestId"]?.GetValue<string>() == answer.Json["requestId"]!.GetValue<string>())];

        internal async Task Store(string key, string environment, string value)
        {
            var made = await Remote.Far.Operator.Post(Root, Json.Secret(key, value, [environment]));
            Assert.Equal(201, made.Status);
            Remote.Later(TimeSpan.FromSeconds(6));
        }

        internal async Task Change(string key, string environment, string value) => Assert.Equal(200, (await Remote.Far.Operator.Put(
            $"{Root}/{key}", Json.Of(("values", Json.List(Json.Of(("environmentId", environment), ("value", value), ("isPersonal", false))))))).Status);

        /// <summary>Its values at the backend.</summary>
        internal async Task<IReadOnlyList<string>> At(string key)
        {
            var answer = await Remote.Far.Operator.Get($"{Root}/{key}");
            return answer.Status == 404 ? [] : [.. answer.Json["values"]!.AsArray()
                .OrderBy(value => value!["environmentId"]!.GetValue<string>() == Remote.Acme.ShopProd).Select(value => value!["value"]!.GetValue<string>())];
        }

        /// <summary>A body in a few words.</summary>
        internal JsonNode? Body(string words)
        {
            var parts = words.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries);
            return words.Length == 0 ? null : parts[0] switch
            {
                "nothing" => Json.Of(("environments", Json.List()), ("secrets", Json.List())),
                "nonsense" => Json.Of(("values", "none")),
                "name" => Json.Of(("name", parts[1])),
                "note" => Json.Of(("note", parts[1])),
                "values" or "personal" => Json.Of(("values", Json.List([.. parts[1..].Select(pair => Json.Of(
                    ("environmentId", Id(pair.Split('=')[0])), ("value", pair.Split('=')[1]), ("isPersonal", parts[0] == "personal")))]))),
                var key => Json.Secret(key, key == "REFERENCE" ? "${bank.prod.KEY}" : "v", [.. parts[1..].Select(Id)]),
            };
        }

        private string Id(string environment) => environment switch
        {
            "dev" => Remote.Acme.ShopDev,
            "prod" => Remote.Acme.ShopProd,
            _ => "0197a000-0000-7000-8000-00000000ffff",
        };
    }
}
