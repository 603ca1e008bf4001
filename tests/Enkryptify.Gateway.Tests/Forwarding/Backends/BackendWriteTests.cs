using System.Net;
using System.Net.Sockets;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Forwarding.Backends;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>A change that a backend refuses, drops, or says nothing of: sent once, and its caller learns whether it may have happened.</summary>
public sealed class BackendWriteTests
{
    private const string Token = "ek_live_backend-canary-token";
    private const string Root = "/v1/workspace/acme/project/shop/secret";
    private const string Key = Root + "/KEY?environmentId=dev";

    /// <summary>What it does with a change, and what the caller is told. A canary in its answer never is.</summary>
    public static TheoryData<string, int, string, string> Ends => new()
    {
        { "200 {}", 200, "", "" },
        { "204 ", 200, "", "" },
        { "400 {\"message\":\"canary\"}", 400, "backend_refused_change", "nothing was changed" },
        { "413 canary", 400, "backend_refused_change", "nothing was changed" },
        { "401 {}", 502, "backend_refused", "nothing was changed" },
        { "403 {\"message\":\"canary\"}", 403, "insufficient_permissions", "the backend does not let the gateway" },
        { "404 {}", 404, "secret_not_found", "" },
        { "405 {}", 405, "backend_read_only", "" },
        { "409 {\"code\":\"name_taken\",\"message\":\"canary\"}", 409, "name_taken", "another secret" },
        { "409 [\"canary\"]", 409, "backend_conflict", "nothing was changed" },
        { "409 {\"code\":\"canary\"}", 409, "backend_conflict", "nothing was changed" },
        { "429 canary", 503, "backend_unavailable", "nothing was changed" },
        { "500 canary", 502, "backend_outcome_unknown", "it answered 500" },
        { "503 canary", 502, "backend_outcome_unknown", "it answered 503" },
        { "418 canary", 502, "backend_outcome_unknown", "it answered 418" },
        { "303 canary", 502, "backend_outcome_unknown", "redirect" },
        { "hangs up", 502, "backend_outcome_unknown", "broke off" },
        { "hangs up within", 502, "backend_outcome_unknown", "broke off" },
        { "says nothing", 502, "backend_outcome_unknown", "did not answer within 10 seconds" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Each_end_is_told_and_nothing_is_sent_twice(string end, int status, string code, string says)
    {
        foreach (var method in new[] { HttpMethod.Put, HttpMethod.Delete })
        {
            await using var backend = await HostileBackend.Start();
            await using var near = await Connected(backend);
            var (_, _, writer) = await near.Machine();
            Assert.Equal(200, (await writer.Get(Key)).Status);
            backend.Instead = context => End(near, context, end);
            var answer = await Change(writer, method);
            Assert.Equal((status, code), (answer.Status, answer.Status == 200 ? "" : answer.Code));
            Assert.Contains(says, answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", answer.Body + near.Logs, StringComparison.Ordinal);
            Assert.Single(backend.Requests, request => request.StartsWith(method.Method, StringComparison.Ordinal));
            var entries = AuditTail.Entries(near).Where(entry => entry["data"]?["step"] is not null).ToList();
            Assert.Equal([("intended", ""), ("ended", status == 403 ? "backend_forbidden" : code)], entries.Select(entry => (entry["data"]!["step"]!.GetValue<string>(), entry["reason"]?.GetValue<string>() ?? "")));

            // What was refused or not sent takes no last good answer away; what happened, may have, or is no longer there does.
            near.Clock.Advance(TimeSpan.FromSeconds(40));
            backend.Instead = async context =>
            {
                await HostileBackend.Say(context, "{}", 500);
                return true;
            };
            Assert.Equal(code is "" or "backend_outcome_unknown" or "secret_not_found" ? 503 : 200, (await writer.Get(Key)).Status);
        }
    }

    /// <summary>A change is judged on the structure as it is now: where that is not to be had, nothing is sent.</summary>
    [Fact]
    public async Task Where_the_structure_is_only_remembered_nothing_is_sent()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await Connected(backend);
        var (_, _, writer) = await near.Machine();
        Assert.Equal(200, (await writer.Get(Key)).Status);
        backend.Instead = async context =>
        {
            var isStructure = !context.Request.Path.Value!.Contains("/secret", StringComparison.Ordinal);
            await (isStructure ? HostileBackend.Say(context, "{}", 500) : Task.CompletedTask);
            return isStructure;
        };
        foreach (var wait in new[] { 0, 61, 61 })
        {
            near.Clock.Advance(TimeSpan.FromSeconds(wait));
            await writer.Get(Key);
            near.Clock.Advance(TimeSpan.FromSeconds(wait));
            var answer = await Change(writer, HttpMethod.Put);
            Assert.Equal((503, "backend_unavailable"), (answer.Status, answer.Code));
        }

        Assert.DoesNotContain(backend.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal));
    }

    /// <summary>The backend has made the change when the gateway can no longer write how it ended: that is not told as a change that did not happen.</summary>
    [Fact]
    public async Task An_end_that_cannot_be_recorded_is_unknown_to_the_caller()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await Connected(backend);
        var (_, _, writer) = await near.Machine();
        backend.Instead = async context =>
        {
            if (context.Request.Method != "PUT")
            {
                return false;
            }

            TestStore.Tamper(Path.Combine(near.DataDirectory, Database.FileName), "CREATE TRIGGER broken BEFORE INSERT ON audit_frame BEGIN SELECT RAISE(ABORT, 'broken'); END");
            await HostileBackend.Say(context, "{}");
            return true;
        };
        var answer = await Change(writer, HttpMethod.Put);
        Assert.Equal((502, "backend_outcome_unknown"), (answer.Status, answer.Code));
        Assert.False(answer.Headers.ContainsKey("Retry-After"));
        TestStore.Tamper(Path.Combine(near.DataDirectory, Database.FileName), "DROP TRIGGER broken");
    }

    [Fact]
    public async Task An_environment_that_was_added_a_moment_ago_may_hold_the_secret()
    {
        await using var backend = await HostileBackend.Start();
        var all = Environments(prod: false);
        var dev = $$"""[{"id":"{{HostileBackend.Dev}}","name":"dev","hasPersonalOverrides":true}]""";
        var environments = dev;
        backend.Instead = context => Answer(context, () => environments);
        await using var near = await Connected(backend);
        var (_, _, narrow) = await near.Machine(scope: Json.Scope(environments: [HostileBackend.Dev]));
        Assert.Equal(200, (await narrow.Get(Key)).Status);
        environments = all;
        Assert.Equal(403, (await narrow.Delete(Root + "/KEY")).Status);
        environments = dev;
        Assert.Equal(200, (await narrow.Delete(Root + "/KEY")).Status);
        Assert.Single(backend.Requests, request => request.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_may_not_write_makes_the_backend_be_asked_no_more_than_a_read_does()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await Connected(backend);
        var (_, _, reader) = await near.Machine("read");
        Assert.Equal(200, (await reader.Get(Root)).Status);
        Assert.Equal(200, (await reader.Get(Root + "/KEY")).Status);
        var before = backend.Requests.Count;
        Assert.Equal(403, (await Change(reader, HttpMethod.Put)).Status);
        Assert.Equal(403, (await Change(reader, HttpMethod.Delete)).Status);
        Assert.Equal(before, backend.Requests.Count);
    }

    /// <summary>The platform tells the end of the time to connect as a cancellation that nobody asked for.</summary>
    [Fact]
    public async Task Who_cannot_be_connected_to_was_sent_nothing()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var url = new Uri($"https://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");
        var config = new BackendConfig(
            "far", BackendKind.Enkryptify, "acme", url, new SecretReference(SecretReferenceKind.File, "none"), null, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(60),
            1 << 20, TimeSpan.Zero, TimeSpan.Zero, null, "acme", null, true);
        using var http = new BackendHttp(config);
        var failure = await Assert.ThrowsAsync<BackendFailure>(() => http.Send(HttpMethod.Put, "/v1/x", _ => { }, CancellationToken.None));
        Assert.Equal((true, true, "it cannot be reached"), (failure.IsUndone, failure.Away, failure.Message));
    }

    [Fact]
    public async Task A_backend_that_is_not_there_is_sent_nothing_and_its_kept_answers_stay()
    {
        await using var world = await RemoteWorld.StartWritable();
        var (_, _, writer) = await world.Near.Machine();
        Assert.Equal(200, (await writer.Get(Key)).Status);
        await world.Kill();
        foreach (var method in new[] { HttpMethod.Put, HttpMethod.Delete, HttpMethod.Post })
        {
            world.Later(TimeSpan.FromSeconds(31));
            var answer = await Change(writer, method, world.Acme.ShopDev);
            Assert.Equal((503, "backend_unavailable"), (answer.Status, answer.Code));
            Assert.Equal("backend_unavailable", AuditTail.Of(world.Near, answer)["reason"]!.GetValue<string>());
        }

        var kept = await writer.Get(Key);
        Assert.Equal((200, true), (kept.Status, kept.Headers.ContainsKey("Age")));
    }

    /// <summary>What was kept before a change must not come back as the last good answer; of what it did not touch it still is.</summary>
    [Fact]
    public async Task What_was_kept_where_it_changed_goes_and_the_rest_stays()
    {
        await using var world = await RemoteWorld.StartWritable();
        var (_, _, writer) = await world.Near.Machine();
        Assert.Equal(200, (await writer.Get(Key)).Status);
        Assert.Equal(200, (await writer.Get(Root + "/KEY?environmentId=prod")).Status);
        Assert.Equal(200, (await Change(writer, HttpMethod.Put, world.Acme.ShopDev)).Status);
        await world.Kill();
        world.Later(TimeSpan.FromSeconds(6));
        Assert.Equal(503, (await writer.Get(Key)).Status);
        var prod = await writer.Get(Root + "/KEY?environmentId=prod");
        Assert.Equal((200, true), (prod.Status, prod.Headers.ContainsKey("Age")));
    }

    [Fact]
    public async Task A_read_that_began_before_a_change_is_not_shared_with_those_that_begin_after_it()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await Connected(backend);
        var (_, _, writer) = await near.Machine();
        var value = "old";
        using var arrived = new SemaphoreSlim(0);
        using var released = new SemaphoreSlim(0);
        var first = true;
        backend.Instead = async context =>
        {
            if (context.Request.Method == "PUT")
            {
                value = "new";
                await HostileBackend.Say(context, "{}");
            }
            else if (context.Request.Path.Value!.EndsWith("/secret", StringComparison.Ordinal))
            {
                var said = value;
                if (first)
                {
                    first = false;
                    arrived.Release();
                    await released.WaitAsync(context.RequestAborted);
                }

                await HostileBackend.Say(context, HostileBackend.Secrets(context.Request.Query["environmentId"]!, said));
            }
            else
            {
                return false;
            }

            return true;
        };
        var early = writer.Get(Key);
        await arrived.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(200, (await Change(writer, HttpMethod.Put)).Status);
        Assert.Equal("new", Value(await writer.Get(Key)));
        released.Release();
        Assert.Equal("old", Value(await early));

        // And what it brought is not taken for the newest.
        Assert.Equal("new", Value(await writer.Get(Key)));
    }

    /// <summary>Deleting one value is this project's own part of the contract: who does not know it would take the parameter for nothing and delete them all.</summary>
    [Fact]
    public async Task One_value_of_several_is_not_deleted_where_the_backend_knows_only_whole_secrets()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await Connected(backend);
        var (_, _, writer) = await near.Machine();
        var me = """{"id":"0197a000-0000-7000-8000-000000000002","email":"a@b.c","name":"a"}""";
        backend.Instead = async context =>
        {
            var isMe = context.Request.Path.Value == "/v1/me";
            var isDelete = context.Request.Method == "DELETE";
            await (isMe ? HostileBackend.Say(context, me) : isDelete ? HostileBackend.Say(context, "{}") : Task.CompletedTask);
            return isMe || isDelete;
        };
        var refused = await writer.Delete(Key);
        Assert.Equal((409, "backend_deletes_whole"), (refused.Status, refused.Code));
        Assert.DoesNotContain(backend.Requests, request => request.StartsWith("DELETE", StringComparison.Ordinal));

        me = """{"id":"0197a000-0000-7000-8000-000000000002","credential":null}""";
        refused = await writer.Delete(Key);
        Assert.Equal((409, "backend_deletes_whole"), (refused.Status, refused.Code));

        // Also where it has no other value now: one may be added before the request arrives.
        me = """{"id":"0197a000-0000-7000-8000-000000000002","credential":{"id":"0197a000-0000-7000-8000-000000000003"}}""";
        Assert.Equal(200, (await writer.Delete(Key)).Status);
        Assert.Single(backend.Requests, request => request.StartsWith("DELETE", StringComparison.Ordinal) && request.EndsWith($"?environmentId={HostileBackend.Dev}", StringComparison.Ordinal));
    }

    /// <summary>A value that is not of a form served here is not seen, and may be the secret's: deleting it takes the right there too.</summary>
    [Fact]
    public async Task Where_something_is_left_out_the_secret_may_be()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await Connected(backend);
        var (_, _, narrow) = await near.Machine(scope: Json.Scope(environments: [HostileBackend.Dev]));
        var prod = HostileBackend.Secrets(HostileBackend.Prod, new string('x', 65 * 1024));
        var overrides = false;
        backend.Instead = async context =>
        {
            var isProd = context.Request.Query["environmentId"] == HostileBackend.Prod;
            await (isProd ? HostileBackend.Say(context, prod) : Task.CompletedTask);
            return isProd || await Answer(context, () => Environments(overrides));
        };
        Assert.Equal(403, (await narrow.Delete(Root + "/KEY")).Status);
        prod = "[]";

        // Or somebody's own value of it, which the backend shows to nobody else.
        overrides = true;
        Assert.Equal(403, (await narrow.Delete(Root + "/KEY")).Status);
        Assert.Equal(403, (await narrow.Put(Root + "/KEY", Json.Of(("name", "OTHER")))).Status);
        overrides = false;
        Assert.Equal(200, (await narrow.Delete(Root + "/KEY")).Status);
        Assert.Single(backend.Requests, request => request.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_gateways_own_credential_is_the_most_that_can_be_written()
    {
        await using var world = await RemoteWorld.Start(config => config with { Writable = true });
        var (_, _, writer) = await world.Near.Machine();
        var before = TableDump.Of(world.Far);
        var refused = await Change(writer, HttpMethod.Put, world.Acme.ShopDev);
        Assert.Equal((403, "insufficient_permissions", before), (refused.Status, refused.Code, TableDump.Of(world.Far)));
        Assert.Contains("the backend does not let the gateway", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whose_right_has_ended_changes_nothing()
    {
        await using var world = await RemoteWorld.StartWritable();
        var (id, _, writer) = await world.Near.Machine();
        Assert.Equal(200, (await Change(writer, HttpMethod.Put, world.Acme.ShopDev)).Status);
        Assert.Equal(200, (await world.Near.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        var before = TableDump.Of(world.Far);
        Assert.Equal(401, (await Change(writer, HttpMethod.Delete, world.Acme.ShopDev)).Status);
        Assert.Equal(before, TableDump.Of(world.Far));
    }

    /// <summary>Revoked while the backend is asked what the rules need to know: the proof is asked for again before anything is sent.</summary>
    [Fact]
    public async Task Whose_right_ends_while_the_backend_is_asked_changes_nothing()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await Connected(backend);
        var (id, _, writer) = await near.Machine();
        backend.Instead = async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/secret", StringComparison.Ordinal))
            {
                await near.Operator.Delete($"/v1/workspace/acme/tokens/{id}");
            }

            return false;
        };
        var refused = await Change(writer, HttpMethod.Put);
        Assert.Equal((401, "ended_meanwhile"), (refused.Status, AuditTail.Of(near, refused)["reason"]!.GetValue<string>()));
        Assert.DoesNotContain(backend.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal));
    }

    private static Task<TestGateway> Connected(HostileBackend backend) => RemoteWorld.Connected(backend.Url, Token, config => config with { Writable = true });

    private static Task<Answer> Change(Api api, HttpMethod method, string environment = HostileBackend.Dev) =>
        method == HttpMethod.Delete ? api.Delete(Root + "/KEY")
        : method == HttpMethod.Post ? api.Post(Root, Json.Secret("NEW", "v", [environment]))
        : api.Put(Root + "/KEY", Json.Of(("values", Json.List(Json.Of(("environmentId", environment), ("value", "changed"), ("isPersonal", false))))));

    private static string Value(Answer answer) => answer.Status == 200 ? answer.Json["values"]![0]!["value"]!.GetValue<string>() : answer.Body;

    private static string Environments(bool prod) =>
        $$"""[{"id":"{{HostileBackend.Dev}}","name":"dev","hasPersonalOverrides":true},{"id":"{{HostileBackend.Prod}}","name":"prod","hasPersonalOverrides":{{(prod ? "true" : "false")}}}]""";

    /// <summary>Has these environments, and takes every deletion.</summary>
    private static async Task<bool> Answer(HttpContext context, Func<string> environments)
    {
        var isStructure = context.Request.Path.Value!.EndsWith("/environment", StringComparison.Ordinal);
        var isDelete = context.Request.Method == "DELETE";
        await (isStructure ? HostileBackend.Say(context, environments()) : isDelete ? HostileBackend.Say(context, "{}") : Task.CompletedTask);
        return isStructure || isDelete;
    }

    private static async Task<bool> End(TestGateway near, HttpContext context, string end)
    {
        if (context.Request.Method is not ("PUT" or "DELETE"))
        {
            return false;
        }

        switch (end)
        {
            case "hangs up":
                context.Abort();
                break;
            case "hangs up within":
                context.Response.ContentLength = 100;
                await context.Response.WriteAsync("{");
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            case "says nothing":
                near.Clock.Advance(TimeSpan.FromSeconds(11));
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            default:
                context.Response.StatusCode = int.Parse(end[..3], System.Globalization.CultureInfo.InvariantCulture);
                context.Response.Headers.Location = end.StartsWith('3') ? "/elsewhere" : default;
                await (end.Length > 4 ? context.Response.WriteAsync(end[4..]) : Task.CompletedTask);
                break;
        }

        return true;
    }
}
