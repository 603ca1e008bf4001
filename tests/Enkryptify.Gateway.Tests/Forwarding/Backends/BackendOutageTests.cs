using System.Text;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Forwarding;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>Acceptance 6: what the last good answers cover while the backend is away, and what they never cover.</summary>
public sealed class BackendOutageTests
{
    private const string Key = "/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev";
    private const string Warning = "111 - \"Revalidation Failed\"";

    [Fact]
    public async Task With_the_backend_killed_the_last_good_answers_are_served_with_their_age_and_then_503()
    {
        await using var world = await RemoteWorld.Start();
        var (_, _, reader) = await world.Near.Machine("read");
        var good = await reader.Get(Key);
        var structure = await reader.Get("/v1/workspace/acme/project/shop");
        Assert.False(good.Headers.ContainsKey("Age") || good.Headers.ContainsKey("Warning"));

        await world.Kill();
        world.Near.Clock.Advance(TimeSpan.FromMinutes(10));
        var kept = await reader.Get(Key);
        Assert.Equal((200, good.Body, "600", Warning), (kept.Status, kept.Body, kept.Headers["Age"], kept.Headers["Warning"]));
        var keptStructure = await reader.Get("/v1/workspace/acme/project/shop");
        Assert.Equal((structure.Body, "600", Warning), (keptStructure.Body, keptStructure.Headers["Age"], keptStructure.Headers["Warning"]));

        // What was never read is not there, and says why.
        var never = await reader.Get("/v1/workspace/acme/project/bank/secret?environmentId=prod");
        Assert.Equal((503, "backend_unavailable"), (never.Status, never.Code));

        // Out of scope and missing are as they were.
        Assert.Equal(404, (await reader.Get("/v1/workspace/acme/project/shop/secret/NONE?environmentId=dev")).Status);

        world.Near.Clock.Advance(TimeSpan.FromMinutes(51));
        var (_, _, later) = await world.Near.Machine("read");
        var old = await later.Get(Key);
        Assert.Equal((503, "backend_unavailable"), (old.Status, old.Code));
        Assert.Contains("it cannot be reached", old.Message, StringComparison.Ordinal);
        Assert.Contains("older than 60 minutes", old.Message, StringComparison.Ordinal);
        Assert.Equal("backend_unavailable", AuditTail.Of(world.Near, old)["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_local_credential_revoked_in_the_outage_stops_at_once()
    {
        await using var world = await RemoteWorld.Start();
        var (id, _, reader) = await world.Near.Machine("read");
        Assert.Equal(200, (await reader.Get(Key)).Status);
        await world.Kill();
        world.Later();
        Assert.Equal(200, (await reader.Get(Key)).Status);
        Assert.Equal(200, (await world.Near.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        Assert.Equal(401, (await reader.Get(Key)).Status);
    }

    [Fact]
    public async Task A_scope_narrowed_in_the_outage_holds_for_what_was_kept()
    {
        await using var world = await RemoteWorld.Start();
        var (_, member, person) = await world.Near.People.Join("developer");
        Assert.Equal(200, (await person.Get(Key)).Status);
        await world.Kill();
        world.Later();
        Assert.Equal(200, (await person.Get(Key)).Status);
        Assert.Equal(200, (await world.Near.Operator.Patch($"/v1/workspace/acme/rbac/{member}", Json.Of(("scope", Json.Scope(environments: [world.Acme.BankDev]))))).Status);
        Assert.Equal(404, (await person.Get(Key)).Status);
    }

    [Fact]
    public async Task A_restart_in_the_outage_keeps_answering()
    {
        await using var world = await RemoteWorld.Start();
        var (_, token, reader) = await world.Near.Machine("read");
        var good = await reader.Get(Key);
        await world.Kill();
        world.Later();
        await world.Near.Restart();
        var again = world.Near.Bearer(await world.Near.Exchange(token));
        var kept = await again.Get(Key);
        Assert.Equal((200, good.Body, "61"), (kept.Status, kept.Body, kept.Headers["Age"]));

        // And what comes back is asked again.
        Assert.Equal(503, (await again.Get("/v1/workspace/acme/project/bank/secret?environmentId=prod")).Status);
    }

    [Fact]
    public async Task Nothing_readable_lies_in_the_file()
    {
        await using var world = await RemoteWorld.Start();
        const string Canary = "canary-6b1f0f4c";
        Assert.Equal(201, (await world.Far.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret("CANARY_NAME", Canary, [world.Acme.ShopDev]))).Status);
        var (_, _, reader) = await world.Near.Machine("read");
        Assert.Contains(Canary, (await reader.Get("/v1/workspace/acme/project/shop/secret")).Body, StringComparison.Ordinal);
        await world.Kill();
        world.Later();
        Assert.Contains(Canary, (await reader.Get("/v1/workspace/acme/project/shop/secret")).Body, StringComparison.Ordinal);
        await world.Near.Gateway.DisposeAsync();
        foreach (var file in Directory.EnumerateFiles(world.Near.DataDirectory))
        {
            var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.False(text.Contains(Canary, StringComparison.Ordinal), file);
            Assert.False(text.Contains("CANARY_NAME", StringComparison.Ordinal) && file.EndsWith(OfflineCache.FileName, StringComparison.Ordinal), file);
        }

        Assert.DoesNotContain(Canary, world.Near.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_cache_an_outage_is_an_outage()
    {
        await using var world = await RemoteWorld.Start(config => config with { MaxStale = null });
        var (_, _, reader) = await world.Near.Machine("read");
        Assert.Equal(200, (await reader.Get(Key)).Status);
        Assert.Equal(0, (await world.Near.Operator.Get("/v1/workspace/acme/backends")).Json[0]!["keptAnswers"]!.GetValue<int>());
        await world.Kill();
        world.Later();
        Assert.Equal(503, (await reader.Get(Key)).Status);
    }

    [Fact]
    public async Task The_credential_revoked_over_there_takes_everything_with_it()
    {
        await using var world = await RemoteWorld.Start();
        var (_, token, reader) = await world.Near.Machine("read");
        Assert.Equal(200, (await reader.Get(Key)).Status);
        Assert.Equal(2, Kept(world));
        Assert.Equal(200, (await world.Far.Operator.Delete($"/v1/workspace/acme/tokens/{world.CredentialId}")).Status);
        world.Later();
        var refused = await reader.Get(Key);
        Assert.Equal((502, "backend_credential_refused"), (refused.Status, refused.Code));
        Assert.Equal(0, Kept(world));

        // Also when it then goes away, and after a restart.
        await world.Kill();
        world.Later();
        await world.Near.Restart();
        Assert.Equal(503, (await world.Near.Bearer(await world.Near.Exchange(token)).Get(Key)).Status);
    }

    [Fact]
    public async Task What_is_gone_over_there_is_gone_here_and_does_not_come_back_in_an_outage()
    {
        await using var world = await RemoteWorld.Start();
        var (_, _, reader) = await world.Near.Machine("read");
        Assert.Equal(200, (await reader.Get(Key)).Status);
        Assert.Equal(200, (await world.Far.Operator.Delete($"/v1/workspace/acme/project/shop/environment/{world.Acme.ShopDev}?force=true")).Status);

        // The structure is still fresh, the secrets are not: the backend's 404 is the answer, and deletes what was kept.
        world.Near.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(404, (await reader.Get(Key)).Status);
        Assert.Equal(1, Kept(world));
        await world.Kill();
        world.Near.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(503, (await reader.Get(Key)).Status);
    }

    [Fact]
    public async Task What_left_the_structure_is_deleted_with_it()
    {
        await using var world = await RemoteWorld.Start();
        var (_, _, reader) = await world.Near.Machine("read");
        Assert.Equal(200, (await reader.Get(Key)).Status);
        Assert.Equal(200, (await world.Far.Operator.Delete($"/v1/workspace/acme/project/shop/environment/{world.Acme.ShopDev}?force=true")).Status);
        world.Later();
        Assert.Equal(404, (await reader.Get(Key)).Status);
        Assert.Equal(1, Kept(world));
    }

    [Fact]
    public async Task A_rotated_credential_is_taken_from_its_file_without_a_restart()
    {
        await using var world = await RemoteWorld.Start();
        var (_, _, reader) = await world.Near.Machine("read");
        Assert.Equal(200, (await reader.Get(Key)).Status);
        var rotated = await world.Far.Operator.Post($"/v1/workspace/acme/tokens/{world.CredentialId}/rotate");
        RemoteWorld.WriteToken(Path.Combine(world.Near.DataDirectory, "backend.token"), rotated.Json["token"]!.GetValue<string>());
        world.Later();
        var read = await reader.Get(Key);
        Assert.Equal(200, read.Status);
        Assert.False(read.Headers.ContainsKey("Age"));
    }

    [Fact]
    public async Task Clearing_is_the_local_operators_and_is_audited()
    {
        await using var world = await RemoteWorld.Start();
        var (_, _, reader) = await world.Near.Machine("read");
        Assert.Equal(200, (await reader.Get(Key)).Status);
        Assert.Equal(403, (await reader.Post("/v1/cache/clear")).Status);
        Assert.Equal(404, (await world.Near.Operator.Post("/v1/cache/clear", Json.Of(("backend", "other")))).Status);
        Assert.Equal(2, Kept(world));
        var cleared = await world.Near.Operator.Post("/v1/cache/clear", Json.Of(("backend", "far")));
        Assert.Equal((200, 2), (cleared.Status, cleared.Json["cleared"]!.GetValue<int>()));
        Assert.Equal(0, Kept(world));
        var entry = AuditTail.Entries(world.Near).Last(one => one["action"]!.GetValue<string>() == "CLEAR");
        Assert.Equal(("far", 2), (entry["target"]!["name"]!.GetValue<string>(), entry["data"]!["count"]!.GetValue<int>()));

        await world.Kill();
        Assert.Equal(503, (await reader.Get(Key)).Status);
    }

    /// <summary>Another backend under the same name is another backend.</summary>
    [Fact]
    public async Task What_was_kept_of_another_backend_is_not_served_for_this_one()
    {
        await using var world = await RemoteWorld.Start();
        var (_, token, reader) = await world.Near.Machine("read");
        Assert.Equal(200, (await reader.Get(Key)).Status);
        await world.Kill();
        await world.Near.Restart(config => config with { Backends = [.. config.Backends.Select(backend => backend with { Url = new Uri("http://127.0.0.1:9") })] });
        Assert.Equal(503, (await world.Near.Bearer(await world.Near.Exchange(token)).Get(Key)).Status);
        await world.Near.Restart(config => config with { Backends = [] });
        Assert.Equal(404, (await world.Near.Bearer(await world.Near.Exchange(token)).Get(Key)).Status);
    }

    private static int Kept(RemoteWorld world) => world.Near.Gateway.RemoteWorkspaces.Status().Backends.Single().Entries;
}
