using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>What a gateway answers while its disk is nearly full, and that it needs no restart afterwards.</summary>
public class FullDiskTests
{
    /// <summary>More than any disk has: every look finds it low.</summary>
    private const long Never = 1L << 60;

    [Fact]
    public async Task Low_space_refuses_changes_and_lets_reads_and_revocations_through()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var (id, token, machine) = await gateway.Machine();
        await gateway.Restart(config => config with { Storage = config.Storage with { MinFree = Never } });
        machine = gateway.Bearer(await gateway.Exchange(token));

        var refused = await gateway.Operator.Post("/v1/workspace/acme/tokens", Json.Of(("name", "more"), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "30d")));
        Assert.Equal(503, refused.Status);
        Assert.Equal("disk_full", refused.Code);
        Assert.Equal("30", refused.Headers["Retry-After"]);
        Assert.Equal(503, (await machine.Post(
            "/v1/workspace/acme/project/shop/secret",
            System.Text.Json.Nodes.JsonNode.Parse($$"""{"environments":["{{acme.ShopDev}}"],"secrets":[{"key":"MORE","value":"value","type":"runtime","dataType":"text"}]}"""))).Status);
        Assert.Contains(AuditTail.Entries(gateway), entry => (string?)entry["reason"] == "disk_full" && (string)entry["action"]! == AuditAction.Create);

        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        var ready = await gateway.Anonymous.Get("/readyz");
        Assert.Equal(503, ready.Status);
        Assert.Contains("changes are refused", (string)ready.Json["checks"]!["disk"]!, StringComparison.Ordinal);

        Assert.Equal(200, (await gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        Assert.Equal(401, (await machine.Get("/v1/workspace")).Status);
    }

    [Fact]
    public async Task When_only_revocations_go_through_a_read_fails_closed()
    {
        using var store = TestStore.Empty();
        long free = 100L << 20;
        var space = new DiskSpace(store.Directory, 10 << 20, 4 << 20, _ => free);
        using var database = Database.Open(store.Directory, space);
        var trail = new AuditTrail(database.Writer, store.Clock);
        var caller = new Enkryptify.Gateway.Identity.OperatorCaller(0, "request");
        var read = new AuditDraft(AuditAction.View, new AuditTarget("secret"));
        Assert.Null((await trail.Read<Done>(caller, read, () => Done.Value)).Refusal);

        free = 0;
        space.Check();
        Assert.Equal(SpaceLevel.Spent, space.Level);
        await Assert.ThrowsAsync<StorageFullException>(async () => await trail.Read<Done>(caller, read, () => Done.Value));
        await Assert.ThrowsAsync<StorageFullException>(() => trail.Change<Done>(caller, new AuditDraft(AuditAction.Create, new AuditTarget("secret")), _ => Done.Value));
        Assert.Null((await trail.Change<Done>(caller, new AuditDraft(AuditAction.Revoke, new AuditTarget("token")), _ => Done.Value)).Refusal);

        free = 100L << 20;
        space.Check();
        Assert.Null((await trail.Change<Done>(caller, new AuditDraft(AuditAction.Create, new AuditTarget("secret")), _ => Done.Value)).Refusal);
    }

    /// <summary>A gateway that is not ready gets no requests, and without a request no write would ever show that it could be.</summary>
    [Fact]
    public async Task A_store_that_failed_for_lack_of_room_finds_out_by_itself_that_there_is_room()
    {
        using var store = TestStore.Empty();
        long free = 100L << 20;
        using var database = Database.Open(store.Directory, new DiskSpace(store.Directory, 10 << 20, 4 << 20, _ => free));
        var watch = new DiskWatch(database, NullLogger<DiskWatch>.Instance);
        Assert.True(database.Space.IsReserveHeld);
        free = 0;
        await Assert.ThrowsAsync<SqliteException>(() => database.Writer.Change<Done>(_ => throw new SqliteException("database or disk is full", 13)));
        Assert.NotNull(database.Writer.LastFailure);
        Assert.False(database.Writer.NeedsRestart);
        Assert.False(database.Space.IsReserveHeld);

        free = 100L << 20;
        await watch.Turn();
        Assert.Null(database.Writer.LastFailure);
        Assert.Equal((SpaceLevel.Enough, true), (database.Space.Level, database.Space.IsReserveHeld));
    }

    [Fact]
    public async Task A_shared_memory_file_that_cannot_grow_is_a_full_disk_and_not_a_broken_one()
    {
        using var store = TestStore.Open();
        await Assert.ThrowsAsync<SqliteException>(() => store.Writer.Change<Done>(_ => throw new SqliteException("disk I/O error", 10, 10 | (19 << 8))));
        Assert.False(store.Writer.NeedsRestart);
        await store.Put("next");
    }
}
