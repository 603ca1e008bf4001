using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>A backend is the operator's choice and yet not trusted: what it makes up, holds back or floods with stays with it.</summary>
public sealed class HostileBackendTests
{
    private const string Token = "ek_live_backend-canary-token";
    private const string Key = "/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev";

    /// <summary>What it says for the secrets of dev, and what of it the caller is told; a canary in it never is.</summary>
    public static TheoryData<string, string, string> Answers => new()
    {
        { "no JSON", "<html>canary</html>", "is not of the expected form" },
        { "cut off", HostileBackend.Secrets(HostileBackend.Dev, "canary")[..80], "is not of the expected form" },
        { "an object", """{"canary":"canary"}""", "has no list" },
        { "too deep", new string('[', 200) + new string(']', 200), "is not of the expected form" },
        { "another environment", HostileBackend.Secrets(HostileBackend.Prod, "canary"), "is about another environment" },
        { "an id that is a path", HostileBackend.Secrets(HostileBackend.Dev, "canary", id: "../../canary"), "has no UUID" },
        { "one name twice", HostileBackend.Secrets(HostileBackend.Dev, "canary").Trim()[..^1] + "," + HostileBackend.Secrets(HostileBackend.Dev, "canary", "0197a000-0000-7000-8000-0000000000ab").Trim()[1..], "gives two secrets one name" },
        { "no values", """[{"id":"0197a000-0000-7000-8000-0000000000aa","name":"KEY","note":"canary"}]""", "is not of the expected form" },
        { "a number for a value", HostileBackend.Secrets(HostileBackend.Dev).Replace("\"good\"", "5", StringComparison.Ordinal), "is not of the expected form" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task What_is_not_an_answer_is_refused_with_the_reason_and_covered_by_the_last_good_one(string what, string says, string reason)
    {
        Assert.NotEmpty(what);
        await using var backend = await HostileBackend.Start();
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        var (_, _, reader) = await near.Machine("read");
        Assert.Equal("good", Value(await reader.Get(Key)));
        backend.Instead = context => Instead(context, "/secret", says);
        near.Clock.Advance(TimeSpan.FromSeconds(6));
        var kept = await reader.Get(Key);
        Assert.Equal(("good", "6"), (Value(kept), kept.Headers["Age"]));

        near.Clock.Advance(TimeSpan.FromMinutes(61));
        var (_, _, later) = await near.Machine("read");
        var refused = await later.Get(Key);
        Assert.Equal((503, "backend_unavailable"), (refused.Status, refused.Code));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refused.Body + near.Logs, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Structures => new()
    {
        { "/v1/workspace", $$"""[{"id":"{{HostileBackend.Workspace}}","name":"Other","slug":"other","ownerId":"{{HostileBackend.Team}}"}]""", "backend_refused" },
        { "/v1/workspace", """[{"id":"..%2Fother","name":"Acme","slug":"acme"}]""", "backend_unavailable" },
        { "/project", """[{"id":"x","name":"red","projects":[]}]""", "backend_unavailable" },
        { "/project", $$"""[{"id":"{{HostileBackend.Team}}","name":"red","projects":[{"id":"{{HostileBackend.Team}}","name":"Shop","slug":"shop"}]}]""", "backend_unavailable" },
        { "/project", $$"""[{"id":"{{HostileBackend.Team}}","name":"red\u0007","projects":[]}]""", "backend_unavailable" },
        { "/environment", $$"""[{"id":"{{HostileBackend.Dev}}","name":"dev"},{"id":"{{HostileBackend.Prod}}","name":"dev"}]""", "backend_unavailable" },
        { "/environment", $$"""[{"id":"{{HostileBackend.Dev}}","name":"dev"},{"id":"{{HostileBackend.Dev}}","name":"prod"}]""", "backend_unavailable" },
    };

    [Theory]
    [MemberData(nameof(Structures))]
    public async Task A_structure_that_is_none_opens_nothing(string path, string says, string code)
    {
        await using var backend = await HostileBackend.Start();
        backend.Instead = context => Instead(context, path, says);
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        var (_, _, reader) = await near.Machine("read");
        var refused = await reader.Get(Key);
        Assert.Equal(code, refused.Code);
        Assert.DoesNotContain(backend.Requests, request => request.Contains("/secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_without_end_is_cut_off()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        var (_, _, reader) = await near.Machine("read");
        long sent = 0;
        backend.Instead = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/secret", StringComparison.Ordinal))
            {
                return false;
            }

            var chunk = new byte[64 * 1024];
            try
            {
                // Writes to a connection that is gone are swallowed until the server notices, so it is given the time to.
                for (; sent < 1L << 30; sent += chunk.Length)
                {
                    await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
                    if (sent % (4 << 20) == 0)
                    {
                        await Task.Delay(10, context.RequestAborted);
                    }
                }
            }
            catch (Exception error) when (error is OperationCanceledException or IOException)
            {
                // The gateway hung up.
            }

            return true;
        };
        var refused = await reader.Get(Key);
        Assert.Equal((503, true), (refused.Status, refused.Message.Contains("larger than 1 MiB", StringComparison.Ordinal)));
        Assert.True(Interlocked.Read(ref sent) < 512 << 20, $"{sent} bytes of 1 GiB were taken");
    }

    [Fact]
    public async Task A_backend_that_hangs_counts_as_down_after_its_time_and_is_left_alone_for_a_moment()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        var (_, _, reader) = await near.Machine("read");
        Assert.Equal("good", Value(await reader.Get(Key)));
        near.Clock.Advance(TimeSpan.FromSeconds(6));
        using var arrived = new SemaphoreSlim(0);
        using var ever = new CancellationTokenSource();
        backend.Instead = async context =>
        {
            arrived.Release();
            await Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ever.Token).Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };

        // Ten who ask at once wait for one request.
        var waiting = Enumerable.Range(0, 10).Select(_ => reader.Get(Key)).ToList();
        await arrived.WaitAsync(TestContext.Current.CancellationToken);
        var asked = backend.Requests.Count;
        while (waiting.Exists(one => !one.IsCompleted))
        {
            near.Clock.Advance(TimeSpan.FromSeconds(10));
            await Task.WhenAny(Task.WhenAll(waiting), Task.Delay(50, TestContext.Current.CancellationToken));
        }

        foreach (var answer in waiting)
        {
            Assert.Equal(("good", true), (Value(await answer), (await answer).Headers.ContainsKey("Age")));
        }

        Assert.True(backend.Requests.Count <= asked + 1, $"{backend.Requests.Count - asked} more requests");

        // Not asked again while it is left alone: nobody waits.
        var before = backend.Requests.Count;
        Assert.Equal("good", Value(await reader.Get(Key)));
        Assert.Equal(before, backend.Requests.Count);
        await ever.CancelAsync();
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_no_credential_goes_with_it()
    {
        await using var backend = await HostileBackend.Start();
        await using var other = await HostileBackend.Start();
        backend.Instead = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = other.Url + context.Request.Path.Value![1..];
            return Task.FromResult(true);
        };
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        var (_, _, reader) = await near.Machine("read");
        var refused = await reader.Get(Key);
        Assert.Equal((503, true), (refused.Status, refused.Message.Contains("redirect", StringComparison.Ordinal)));
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData(401, 403)]
    [InlineData(403, 403)]
    [InlineData(404, 404)]
    public async Task A_no_is_an_answer_that_is_never_covered_and_deletes_what_was_kept(int says, int answered)
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        var (_, _, reader) = await near.Machine("read");
        Assert.Equal("good", Value(await reader.Get(Key)));
        backend.Instead = async context =>
        {
            var secret = context.Request.Path.Value!.EndsWith("/secret", StringComparison.Ordinal);
            await (secret ? HostileBackend.Say(context, "{}", says) : Task.CompletedTask);
            return secret;
        };
        near.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(answered, (await reader.Get(Key)).Status);

        // And then it goes down: there is nothing left to stand in.
        backend.Instead = async context =>
        {
            await HostileBackend.Say(context, "{}", 500);
            return true;
        };
        Assert.Equal(503, (await reader.Get(Key)).Status);
    }

    /// <summary>Another user's personal value is nobody's here, and a value out of the rules is not served.</summary>
    [Fact]
    public async Task Personal_values_and_names_out_of_the_rules_are_left_out()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        var (_, _, reader) = await near.Machine("read");
        backend.Instead = context => Instead(context, "/secret", HostileBackend.Secrets(HostileBackend.Dev, "canary", personal: "true"));
        Assert.Equal("[]", (await reader.Get("/v1/workspace/acme/project/shop/secret?environmentId=dev")).Body);
        backend.Instead = context => Instead(context, "/secret", HostileBackend.Secrets(HostileBackend.Dev, "x", name: "a/../b"));
        near.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("[]", (await reader.Get("/v1/workspace/acme/project/shop/secret?environmentId=dev")).Body);
    }

    [Fact]
    public async Task The_credential_is_exchanged_once_renewed_in_time_and_never_shown()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        var (_, _, reader) = await near.Machine("read");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => reader.Get("/v1/workspace/acme/project/shop/secret")));
        Assert.Equal(1, Exchanges());
        near.Clock.Advance(TimeSpan.FromSeconds(838));
        var (_, _, later) = await near.Machine("read");
        Assert.Equal("good", Value(await later.Get(Key)));
        Assert.Equal(1, Exchanges());
        near.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("good", Value(await later.Get(Key)));
        Assert.Equal(2, Exchanges());

        // The raw token goes to the exchange and nowhere else.
        Assert.Equal(2, backend.Tokens.Count(token => token.Contains(Token, StringComparison.Ordinal)));
        Assert.All(backend.Tokens.Where(token => !token.Contains(Token, StringComparison.Ordinal)), token => Assert.Equal("Bearer a.b.c", token));
        Assert.DoesNotContain(Token, near.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, (await near.Operator.Get("/v1/workspace/acme/backends")).Body, StringComparison.Ordinal);

        int Exchanges() => backend.Requests.Count(request => request == "POST /v1/auth/exchange");
    }

    /// <summary>An id of the backend that another workspace of this gateway has too leads to neither of them by the other.</summary>
    [Fact]
    public async Task Ids_of_another_workspace_lead_nowhere()
    {
        await using var backend = await HostileBackend.Start();
        await using var near = await RemoteWorld.Connected(backend.Url, Token);
        Assert.Equal(201, (await near.Operator.Post("/v1/workspace", Json.Of(("name", "Own"), ("slug", "own")))).Status);
        var team = (await near.Operator.Post("/v1/workspace/own/team", Json.Of(("name", "t")))).Json["id"]!.GetValue<string>();
        var project = (await near.Operator.Post("/v1/workspace/own/project", Json.Of(("name", "p"), ("slug", "pp"), ("teamId", team)))).Json["id"]!.GetValue<string>();
        var environment = (await near.Operator.Post("/v1/workspace/own/project/pp/environment", Json.Of(("name", "dev"), ("hasPersonalOverrides", true)))).Json["id"]!.GetValue<string>();
        Assert.Equal(201, (await near.Operator.Post("/v1/workspace/own/project/pp/secret", Json.Secret("OWN", "own-canary", [environment]))).Status);
        backend.Instead = async context =>
        {
            var path = context.Request.Path.Value!;
            if (path.EndsWith("/project", StringComparison.Ordinal))
            {
                await HostileBackend.Say(context, $$"""[{"id":"{{team}}","name":"red","projects":[{"id":"{{project}}","name":"Shop","slug":"shop"}]}]""");
            }
            else if (path.EndsWith("/environment", StringComparison.Ordinal))
            {
                await HostileBackend.Say(context, $$"""[{"id":"{{environment}}","name":"dev","hasPersonalOverrides":true}]""");
            }
            else if (path.EndsWith("/secret", StringComparison.Ordinal))
            {
                await HostileBackend.Say(context, HostileBackend.Secrets(environment, "theirs"));
            }
            else
            {
                return false;
            }

            return true;
        };
        near.Clock.Advance(TimeSpan.FromSeconds(61));
        var (_, _, reader) = await near.Machine("read-write");
        Assert.Equal("theirs", Value(await reader.Get(Key)));
        Assert.DoesNotContain("own-canary", (await reader.Get("/v1/workspace/acme/project/shop/secret?resolve=true")).Body, StringComparison.Ordinal);
        Assert.Equal(405, (await near.Operator.Delete($"/v1/workspace/acme/project/shop/environment/{environment}?force=true")).Status);
        Assert.Equal(405, (await near.Operator.Delete("/v1/workspace/acme/project/shop/secret/OWN")).Status);
        Assert.Equal("own-canary", Value(await near.Operator.Get("/v1/workspace/own/project/pp/secret/OWN")));
    }

    private static string Value(Answer answer) => answer.Status == 200 ? answer.Json["values"]![0]!["value"]!.GetValue<string>() : answer.Body;

    private static async Task<bool> Instead(HttpContext context, string path, string says)
    {
        if (!context.Request.Path.Value!.EndsWith(path, StringComparison.Ordinal))
        {
            return false;
        }

        await HostileBackend.Say(context, says);
        return true;
    }
}
