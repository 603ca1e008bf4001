using System.Collections.Concurrent;
using System.Globalization;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Encryption.Rotation;

/// <summary>Rotations while clients exchange, read and write: not one of them notices.</summary>
public class RotateUnderLoadTests
{
    private const string Secrets = "/v1/workspace/acme/project/shop/secret";

    [Theory]
    [InlineData("kek")]
    [InlineData("environment")]
    [InlineData("digest")]
    [InlineData("signing")]
    [InlineData("audit")]
    public async Task Nobody_notices(string kind)
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        var (_, token, machine) = await gateway.Machine();
        var failures = new ConcurrentBag<string>();
        var written = new ConcurrentDictionary<string, string>();
        using var ended = new CancellationTokenSource();
        Task[] load =
        [
            .. Enumerable.Range(0, 2).Select(_ => Repeat(async _ => Check(failures, await gateway.Bearer(token).Post("/v1/auth/exchange"), 200))),
            .. Enumerable.Range(0, 2).Select(_ => Repeat(async _ => Check(failures, await machine.Get(Secrets + "?environmentId=dev"), 200))),
            .. Enumerable.Range(0, 2).Select(writer => Repeat(async i =>
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"W{writer}_{i}");
                var answer = await machine.Post(Secrets, Json.Secret(name, "value of " + name, [acme.ShopDev]));
                Check(failures, answer, 201);
                if (answer.Status == 201)
                {
                    written[name] = "value of " + name;
                }
            })),
        ];

        var old = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var seen = written.Count;
            old.AddRange(await Rotate(gateway, kind));
            await Until(() => Task.FromResult(written.Count > seen + 3));
        }

        await ended.CancelAsync();
        await Task.WhenAll(load);
        Assert.Empty(failures);
        Assert.NotEmpty(old);
        if (kind is "kek" or "environment")
        {
            await Until(async () => !(await Keys(gateway)).Any(key => old.Contains(key.Id)));
        }

        await gateway.Restart();
        var values = (await machine.With(gateway).Get(Secrets + "?environmentId=dev")).Json.AsArray()
            .ToDictionary(secret => (string)secret!["name"]!, secret => (string)secret!["values"]![0]!["value"]!);
        Assert.All(written, pair => Assert.Equal(pair.Value, values.GetValueOrDefault(pair.Key)));
        Assert.Equal("shop-dev", values["KEY"]);
        await gateway.Exchange(token);
        await gateway.Close();
        var report = ChainVerifier.Verify(gateway.DataDirectory);
        Assert.Empty(report.Problems);
        Assert.Equal(0, report.NotYetAnchored);
        await gateway.Open();

        async Task Repeat(Func<int, Task> step)
        {
            for (var i = 0; !ended.IsCancellationRequested; i++)
            {
                await step(i);
            }
        }
    }

    [Fact]
    public async Task JWTs_of_every_life_stay_valid_and_the_published_keys_follow()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        var before = await Published(gateway);
        var (_, token, machine) = await gateway.Machine();
        var current = Kid(machine.Token!);
        var next = before.Single(kid => kid != current);
        var person = await gateway.People.Join("admin");
        await Rotate(gateway, "signing");
        var after = await Published(gateway);
        Assert.Equal(3, after.Count);
        Assert.Superset(before.ToHashSet(), after.ToHashSet());
        var fresh = await gateway.Exchange(token);
        Assert.Equal(next, Kid(fresh));
        Assert.Equal(200, (await gateway.Bearer(fresh).Get("/v1/workspace")).Status);

        // To the last second of each.
        gateway.Clock.Advance(TimeSpan.FromSeconds(899));
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        gateway.Clock.Advance(TimeSpan.FromHours(8) - TimeSpan.FromSeconds(900));
        await gateway.Restart();
        Assert.Equal(200, (await gateway.Bearer(person.Api.Token!).Get("/v1/me")).Status);
        gateway.Clock.Advance(TimeSpan.FromMinutes(10));
        await Rotate(gateway, "digest");
        await Until(async () => !(await Published(gateway)).Contains(current));
    }

    [Fact]
    public async Task Rotating_again_before_the_end_and_environments_that_are_not_there_are_refused()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        foreach (var body in new[]
        {
            Json.Of(("kind", "root")), Json.Of(("kind", "environment")), Json.Of(("kind", "environment"), ("all", true), ("environments", Json.List(acme.ShopDev))),
            Json.Of(("kind", "kek"), ("all", true)), Json.Of(("kind", "kek"), ("finish", true)), Json.Of(("kind", "master")),
            Json.Of(("kind", "master"), ("new", "file:relative")), Json.Of(("kind", "master"), ("new", "credential:../x")), Json.Of(("kind", "master"), ("new", "file:/x"), ("finish", true)),
            Json.Of(("kind", "kek"), ("environment", acme.ShopDev)),
        })
        {
            var refused = await gateway.Operator.Post("/v1/key/rotate", body);
            Assert.True(refused.Status == 400, body.ToJsonString());
        }

        var missing = await gateway.Operator.Post("/v1/key/rotate", Json.Of(("kind", "environment"), ("environments", Json.List("00000000-0000-7000-8000-000000000000"))));
        Assert.Equal((404, "environment_not_found"), (missing.Status, missing.Code));
        var unreadable = await gateway.Operator.Post("/v1/key/rotate", Json.Of(("kind", "master"), ("new", "file:/does/not/exist")));
        Assert.Equal((400, true), (unreadable.Status, unreadable.Message.StartsWith("new: the master key cannot be read", StringComparison.Ordinal)));

        var all = await gateway.Operator.Post("/v1/key/rotate", Json.Of(("kind", "environment"), ("all", true)));
        Assert.Equal((6, 0), (all.Json["keys"]!.AsArray().Count, (int)all.Json["skipped"]!));
        var entry = AuditTail.Entries(gateway).Single(entry => (string?)entry["action"] == "ROTATE" && (string?)entry["outcome"] == "allowed");
        Assert.Equal(("key", "environment", 6), ((string?)entry["target"]!["kind"], (string?)entry["target"]!["name"], (int)entry["data"]!["count"]!));
        Assert.StartsWith("local-operator", (string?)entry["actor"]!["name"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_not_the_operator_rotates_nothing_and_has_no_file_read()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        var admin = await gateway.People.Join("admin");
        var before = TableDump.Of(gateway);
        foreach (var body in new[] { Json.Of(("kind", "kek")), Json.Of(("kind", "master"), ("new", "file:/does/not/exist")), Json.Of(("kind", "nothing")) })
        {
            var refused = await admin.Api.Post("/v1/key/rotate", body);
            Assert.Equal((403, "Insufficient permissions"), (refused.Status, refused.Message));
            Assert.Equal("insufficient_permissions", (string?)AuditTail.Of(gateway, refused)["reason"]);
        }

        Assert.Equal(403, (await admin.Api.Get("/v1/key")).Status);
        Assert.Equal(before, TableDump.Of(gateway));
    }

    internal static async Task<List<string>> Rotate(TestGateway gateway, string kind)
    {
        gateway.Clock.Advance(TimeSpan.FromMilliseconds(10));
        while (true)
        {
            var answer = await gateway.Operator.Post("/v1/key/rotate", kind == "environment" ? Json.Of(("kind", kind), ("all", true)) : Json.Of(("kind", kind)));
            if (answer.Status == 200)
            {
                return [.. answer.Json["keys"]!.AsArray().Select(key => (string)key!["from"]!)];
            }

            // The one before is still under way.
            Assert.Equal("rotation_in_progress", answer.Code);
            await Task.Delay(10);
        }
    }

    private static async Task<List<(string Id, string Kind, string State)>> Keys(TestGateway gateway) =>
        [.. (await gateway.Operator.Get("/v1/key")).Json["keys"]!.AsArray().Select(key => ((string)key!["id"]!, (string)key["kind"]!, (string)key["state"]!))];

    private static async Task<List<string>> Published(TestGateway gateway) =>
        [.. (await gateway.Anonymous.Get("/.well-known/jwks.json")).Json["keys"]!.AsArray().Select(key => (string)key!["kid"]!)];

    private static string Kid(string jwt) => (string)System.Text.Json.Nodes.JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(jwt.Split('.')[0]))!["kid"]!;

    private static void Check(ConcurrentBag<string> failures, Answer answer, int status)
    {
        if (answer.Status != status)
        {
            failures.Add($"{answer.Status} {answer.Body}");
        }
    }

    /// <summary>Bounds a hang and asserts no time.</summary>
    private static async Task Until(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 6000; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(10);
        }

        Assert.Fail("it never happened");
    }
}

internal static class AgainExtensions
{
    /// <summary>The same caller, at a gateway that was restarted.</summary>
    public static Api With(this Api api, TestGateway gateway) => gateway.Bearer(api.Token!);
}
