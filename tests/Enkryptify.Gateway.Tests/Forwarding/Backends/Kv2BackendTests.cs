using System.Text.Json.Nodes;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>Acceptance 7: a key-value store of version 2, in a process that speaks its public API.</summary>
public sealed class Kv2BackendTests
{
    private const string Dev = "/v1/workspace/acme/project/shop/secret?environmentId=dev";

    [Fact]
    public async Task Keys_at_an_environments_path_are_its_secrets()
    {
        await using var store = await KeyValueProcess.Start();
        await store.Write("secret/data/apps/shop/dev", ("DATABASE_URL", "postgres://old"));
        await store.Write("secret/data/apps/shop/dev", ("DATABASE_URL", "postgres://dev"), ("PORT", 5432), ("FLAGS", Json.Of(("a", true))), ("URL", "x:${PORT}"), ("bad.name", "x"), ("EMPTY", ""), ("NOTHING", null));
        await store.Write("secret/data/apps/shop/prod", ("DATABASE_URL", "postgres://prod"));
        await using var near = await Connect(store, await store.Token("secret/data/apps/"));
        var (_, _, reader) = await near.Machine("read");

        Assert.Equal("""[{"name":"far","projects":["shop","web"]}]""", Names((await reader.Get("/v1/workspace/acme/project")).Json));
        Assert.Equal(["dev", "prod"], (await reader.Get("/v1/workspace/acme/project/web/environment")).Json.AsArray().Select(one => one!["name"]!.GetValue<string>()));
        var list = (await reader.Get(Dev + "&resolve=true")).Json.AsArray();
        Assert.Equal(
            ["DATABASE_URL=postgres://dev", """FLAGS={"a":true}""", "PORT=5432", "URL=x:5432"],
            list.Select(secret => $"{secret!["name"]}={secret["values"]![0]!["value"]}"));

        // One name is one secret in all environments, by name and by id.
        var both = (await reader.Get("/v1/workspace/acme/project/shop/secret/DATABASE_URL")).Json;
        Assert.Equal(["postgres://dev", "postgres://prod"], both["values"]!.AsArray().Select(value => value!["value"]!.GetValue<string>()).Order());
        Assert.Equal(both["id"]!.GetValue<string>(), (await reader.Get($"/v1/workspace/acme/project/shop/secret/{both["id"]}")).Json["id"]!.GetValue<string>());
        Assert.Equal(404, (await reader.Get("/v1/workspace/acme/project/shop/secret/NONE")).Status);
        Assert.Equal(404, (await reader.Get("/v1/workspace/acme/project/other/secret")).Status);
        Assert.Equal(404, (await reader.Get("/v1/workspace/acme/project/shop/secret?environmentId=../prod")).Status);

        // What no API of ours could name is left out, and that is said: bad.name, EMPTY and NOTHING.
        Assert.Equal(("kv2", 3), (Status(await near.Operator.Get("/v1/workspace/acme/backends"), "kind").GetValue<string>(), near.Gateway.RemoteWorkspaces.Status().Backends.Single().LeftOut));
        Assert.Contains("3 secrets of backend far are left out", (await near.Operator.Get("/doctor")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scopes_hold_and_outlive_a_restart()
    {
        await using var store = await KeyValueProcess.Start();
        await store.Write("secret/data/apps/shop/dev", ("KEY", "dev"));
        await store.Write("secret/data/apps/shop/prod", ("KEY", "prod"), ("REFERS", "${shop.dev.KEY}"));
        await using var near = await Connect(store, await store.Token("secret/data/apps/"));
        var environments = (await near.Operator.Get("/v1/workspace/acme/project/shop/environment")).Json.AsArray();
        var prod = environments.Single(one => one!["name"]!.GetValue<string>() == "prod")!["id"]!.GetValue<string>();
        var (_, token, _) = await near.Machine("read", Json.Scope(environments: [prod]));
        await near.Restart();
        var reader = near.Bearer(await near.Exchange(token));
        Assert.Equal(404, (await reader.Get(Dev)).Status);
        var list = (await reader.Get("/v1/workspace/acme/project/shop/secret?resolve=true")).Json.AsArray();
        Assert.Equal(["KEY=prod", "REFERS=${shop.dev.KEY}"], list.Select(secret => $"{secret!["name"]}={secret["values"]![0]!["value"]}"));
    }

    [Fact]
    public async Task A_deleted_or_destroyed_version_and_a_path_never_written_are_an_empty_environment()
    {
        await using var store = await KeyValueProcess.Start();
        await store.Write("secret/data/apps/shop/dev", ("KEY", "one"));
        await store.Write("secret/data/apps/shop/prod", ("KEY", "one"));
        await using var near = await Connect(store, await store.Token("secret/data/apps/"));
        var (_, _, reader) = await near.Machine("read");
        Assert.Equal("[]", (await reader.Get("/v1/workspace/acme/project/web/secret?environmentId=dev")).Body);
        Assert.Single((await reader.Get(Dev)).Json.AsArray());

        await store.Send("DELETE", "/v1/secret/data/apps/shop/dev");
        var (status, body) = await store.Send("GET", "/v1/secret/data/apps/shop/dev");
        Assert.Equal((404, true), (status, body!["data"]!.AsObject().ContainsKey("data") && body["data"]!["data"] is null));
        await store.Send("POST", "/v1/secret/destroy/apps/shop/prod", Json.Of(("versions", Json.List(1))));
        near.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("[]", (await reader.Get(Dev)).Body);
        Assert.Equal("[]", (await reader.Get("/v1/workspace/acme/project/shop/secret?environmentId=prod")).Body);
        Assert.Equal(404, (await reader.Get("/v1/workspace/acme/project/shop/secret/KEY")).Status);

        // The deletion was an answer: what was kept before it does not come back.
        await store.Send("PUT", "/v1/sys/seal");
        near.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("[]", (await reader.Get(Dev)).Body);
    }

    [Fact]
    public async Task Sealed_it_is_away_and_the_last_good_answers_stand_in()
    {
        await using var store = await KeyValueProcess.Start();
        await store.Write("secret/data/apps/shop/dev", ("KEY", "one"));
        await using var near = await Connect(store, await store.Token("secret/data/apps/"));
        var (_, _, reader) = await near.Machine("read");
        Assert.Single((await reader.Get(Dev)).Json.AsArray());
        Assert.Equal(204, (await store.Send("PUT", "/v1/sys/seal")).Status);
        near.Clock.Advance(TimeSpan.FromMinutes(2));
        var kept = await reader.Get(Dev);
        Assert.Equal((200, "120"), (kept.Status, kept.Headers["Age"]));
        var never = await reader.Get("/v1/workspace/acme/project/shop/secret?environmentId=prod");
        Assert.Equal((503, "backend_unavailable"), (never.Status, never.Code));
        await store.Send("PUT", "/v1/sys/unseal");
        near.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False((await reader.Get(Dev)).Headers.ContainsKey("Age"));
    }

    [Fact]
    public async Task What_the_token_may_not_read_is_403_and_never_covered()
    {
        await using var store = await KeyValueProcess.Start();
        await store.Write("secret/data/apps/shop/prod", ("KEY", "prod"));
        await store.Write("secret/data/apps/shop/dev", ("KEY", "dev"));
        await using var near = await Connect(store, await store.Token("secret/data/apps/shop/dev"));
        var (_, _, reader) = await near.Machine("read");
        Assert.Equal(200, (await reader.Get(Dev)).Status);
        var denied = await reader.Get("/v1/workspace/acme/project/shop/secret?environmentId=prod");
        Assert.Equal((403, "insufficient_permissions"), (denied.Status, denied.Code));
        Assert.Equal("backend_forbidden", AuditTail.Of(near, denied)["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_token_revoked_takes_everything_with_it()
    {
        await using var store = await KeyValueProcess.Start();
        await store.Write("secret/data/apps/shop/dev", ("KEY", "dev"));
        var token = await store.Token("secret/data/apps/");
        await using var near = await Connect(store, token);
        var (_, _, reader) = await near.Machine("read");
        Assert.Equal(200, (await reader.Get(Dev)).Status);
        Assert.Equal(2, near.Gateway.RemoteWorkspaces.Status().Backends.Single().Entries);
        await store.Send("POST", "/v1/auth/token/revoke", Json.Of(("token", token)));
        near.Clock.Advance(TimeSpan.FromSeconds(6));
        var refused = await reader.Get(Dev);
        Assert.Equal((502, "backend_credential_refused"), (refused.Status, refused.Code));
        Assert.Equal((0, "refused"), (near.Gateway.RemoteWorkspaces.Status().Backends.Single().Entries, near.Gateway.RemoteWorkspaces.Status().Backends.Single().State));
        Assert.Contains("backend far refuses the gateway", (await near.Operator.Get("/doctor")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_namespace_is_sent_and_the_end_of_the_token_is_known()
    {
        await using var store = await KeyValueProcess.Start();
        Assert.Equal(200, (await store.Send("POST", "/v1/kv/data/shop/dev", Json.Of(("data", Json.Of(("KEY", "in the namespace")))), space: "team/a")).Status);
        var token = await store.Token("kv/data/", seconds: 3600, space: "team/a");
        await using var near = await Connect(store, token, settings => settings with { Namespace = "team/a", Mount = "kv", Path = "{project}/{environment}" });
        var (_, _, reader) = await near.Machine("read");
        Assert.Equal("in the namespace", (await reader.Get(Dev)).Json[0]!["values"]![0]!["value"]!.GetValue<string>());
        Assert.NotNull(near.Gateway.RemoteWorkspaces.Status().Backends.Single().CredentialEnds);
        Assert.Contains("enkryptify_backend_credential_days_to_expiry{backend=\"far\"}", (await near.Operator.Get("/metrics")).Body, StringComparison.Ordinal);

        // The store goes by the real clock; the gateway's is brought to the token's last day.
        var left = near.Gateway.RemoteWorkspaces.Status().Backends.Single().CredentialEnds!.Value - near.Clock.GetUtcNow() - TimeSpan.FromDays(1);
        near.Clock.Advance(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        Assert.Contains("credential at backend far ends", (await near.Operator.Get("/doctor")).Body, StringComparison.Ordinal);
    }

    /// <summary>The process is what its documentation says: without that, the tests above would prove nothing.</summary>
    [Fact]
    public async Task The_process_speaks_the_documented_api()
    {
        await using var store = await KeyValueProcess.Start();
        await store.Write("secret/data/a/b", ("K", "1"));
        await store.Write("secret/data/a/b", ("K", "2"));
        Assert.Equal(("2", 2), Version(await store.Send("GET", "/v1/secret/data/a/b")));
        Assert.Equal(("1", 1), Version(await store.Send("GET", "/v1/secret/data/a/b?version=1")));
        Assert.Equal("""["b"]""", (await store.Send("LIST", "/v1/secret/metadata/a")).Body!["data"]!["keys"]!.ToJsonString());
        var missing = await store.Send("GET", "/v1/secret/data/none");
        Assert.Equal((404, """{"errors":[]}"""), (missing.Status, missing.Body!.ToJsonString()));
        var denied = await store.Send("GET", "/v1/secret/data/a/b", token: "hvs.none");
        Assert.Equal((403, """{"errors":["permission denied"]}"""), (denied.Status, denied.Body!.ToJsonString()));

        static (string, int) Version((int Status, JsonNode? Body) answer) => (answer.Body!["data"]!["data"]!["K"]!.GetValue<string>(), answer.Body["data"]!["metadata"]!["version"]!.GetValue<int>());
    }

    private static Task<TestGateway> Connect(KeyValueProcess store, string token, Func<KeyValueConfig, KeyValueConfig>? change = null)
    {
        var settings = new KeyValueConfig(null, "secret", "apps/{project}/{environment}", ["shop", "web"], ["dev", "prod"]);
        return RemoteWorld.Connected(store.Url, token, config => config with { Kind = BackendKind.Kv2, RemoteWorkspace = "", KeyValue = change?.Invoke(settings) ?? settings });
    }

    private static JsonNode Status(Answer answer, string member) => answer.Json[0]![member]!;

    private static string Names(JsonNode teams) => "[" + string.Join(',', teams.AsArray().Select(team =>
        Json.Of(("name", team!["name"]!.GetValue<string>()), ("projects", Json.List([.. team["projects"]!.AsArray().Select(project => (object)project!["slug"]!.GetValue<string>())]))).ToJsonString())) + "]";
}
