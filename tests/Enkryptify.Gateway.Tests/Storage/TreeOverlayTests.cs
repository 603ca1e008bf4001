using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>The trees that a change sees: those of its batch so far. Everybody else sees what is committed.</summary>
public class TreeOverlayTests
{
    private static readonly Guid Id = Guid.Parse("0197a000-0000-7000-8000-000000000001");
    private static readonly Guid User = Guid.Parse("0197a000-0000-7000-8000-00000000000f");
    private static readonly Refusal No = Refusal.Conflict("no", "No");

    [Fact]
    public async Task Two_changes_of_one_batch_see_each_other()
    {
        using var store = await Seeded();
        var held = store.Hold();
        var made = store.Writer.Change<Done>(transaction => Make(transaction, "acme"));
        var team = store.Writer.Change<string>(transaction =>
        {
            var tree = transaction.Find("acme")!;
            Assert.Same(tree, transaction.Find(Id));
            Assert.Contains(tree, transaction.All);
            Assert.Null(store.Database.Structure.Find("acme"));
            transaction.Sql.Execute("INSERT INTO team (id, workspace_id, name, created_at) VALUES (?1, ?2, 'red', 0)", User, Id);
            transaction.TreeChanged(Id);
            return string.Join(',', tree.Teams.Select(team => team.Name));
        });
        var seen = store.Writer.Change<string>(transaction => string.Join(',', transaction.Find("acme")!.Teams.Select(team => team.Name)));
        await held.Release();
        await made;
        Assert.Equal("", (await team).Value);
        Assert.Equal("red", (await seen).Value);
        Assert.Equal("red", Assert.Single(store.Database.Structure.Find("acme")!.Teams).Name);
    }

    [Fact]
    public async Task What_was_refused_or_failed_is_seen_by_nobody()
    {
        using var store = await Seeded();
        var held = store.Hold();
        var refused = store.Writer.Change<Done>(transaction => Make(transaction, "refused").Refusal ?? No);
        var failed = store.Writer.Change<Done>(transaction => throw new InvalidOperationException(Make(transaction, "failed").ToString()));
        var seen = store.Writer.Change<int>(transaction => transaction.All.Count());
        await held.Release();
        Assert.Equal(No, (await refused).Refusal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => failed);
        Assert.Equal(0, (await seen).Value);
        Assert.Empty(store.Database.Structure.All);
    }

    [Fact]
    public async Task A_changed_slug_is_free_again_within_the_batch()
    {
        using var store = await Seeded();
        await store.Writer.Change<Done>(transaction => Make(transaction, "old"));
        var held = store.Hold();
        var renamed = store.Writer.Change<Done>(transaction =>
        {
            transaction.Sql.Execute("UPDATE workspace SET slug = 'new' WHERE id = ?1", Id);
            transaction.TreeChanged(Id);
            return Done.Value;
        });
        var seen = store.Writer.Change<(bool Old, bool New)>(transaction => (transaction.Find("old") is not null, transaction.Find("new") is not null));
        await held.Release();
        await renamed;
        Assert.Equal((false, true), (await seen).Value);
        Assert.Null(store.Database.Structure.Find("old"));
        Assert.Equal("new", store.Database.Structure.Find("new")!.Workspace.Slug);
    }

    [Fact]
    public async Task A_deleted_workspace_is_gone_within_the_batch_and_after_it()
    {
        using var store = await Seeded();
        await store.Writer.Change<Done>(transaction => Make(transaction, "acme"));
        var held = store.Hold();
        var deleted = store.Writer.Change<Done>(transaction =>
        {
            transaction.Sql.Execute("DELETE FROM workspace WHERE id = ?1", Id);
            transaction.TreeChanged(Id);
            return Done.Value;
        });
        var seen = store.Writer.Change<bool>(transaction => transaction.Find("acme") is null && transaction.Find(Id) is null && !transaction.All.Any());
        await held.Release();
        await deleted;
        Assert.True((await seen).Value);
        Assert.Null(store.Database.Structure.Find("acme"));
        Assert.Null(store.Database.Structure.Find(Id));
    }

    [Fact]
    public async Task A_batch_that_fails_to_commit_publishes_nothing()
    {
        using var store = await Seeded();
        var held = store.Hold();
        var made = store.Writer.Change<Done>(transaction => Make(transaction, "acme"));
        var broken = store.Writer.Change<Done>(_ => throw new Microsoft.Data.Sqlite.SqliteException("disk full", 13));
        await held.Release();
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => made);
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => broken);
        Assert.Empty(store.Database.Structure.All);
        Assert.False((await store.Writer.Change<bool>(transaction => transaction.Find("acme") is not null)).Value);
    }

    private static async Task<TestStore> Seeded()
    {
        var store = TestStore.Open();
        await store.Writer.Change<Done>(transaction =>
        {
            transaction.Sql.Execute("INSERT INTO user_account (id, email, name, created_at) VALUES (?1, 'a@b', 'A', 0)", User);
            return Done.Value;
        });
        return store;
    }

    private static Outcome<Done> Make(WriteTransaction transaction, string slug)
    {
        transaction.Sql.Execute("INSERT INTO workspace (id, slug, name, owner_id, created_at) VALUES (?1, ?2, 'W', ?3, 0)", Id, slug, User);
        transaction.TreeChanged(Id);
        return Done.Value;
    }
}
