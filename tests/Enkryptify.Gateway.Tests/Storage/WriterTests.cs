using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Tests.Storage;

public class WriterTests
{
    private static readonly Refusal No = Refusal.Conflict("no", "No");

    [Fact]
    public async Task What_waits_together_is_committed_together()
    {
        using var store = TestStore.Open();
        var held = store.Hold();
        var changes = Enumerable.Range(0, 100).Select(i => store.Put($"row {i}")).ToList();
        var note = store.Writer.Append(TestStore.Entry("note"));
        Assert.All(changes, change => Assert.False(change.IsCompleted));
        await held.Release();
        await Task.WhenAll([.. changes, note]);
        Assert.Equal(1, store.Frames);
        Assert.Equal(101, store.Database.Chain.Head.Sequence);
        Assert.Equal(store.Database.Chain.Head, store.Database.Chain.Synced);
        Assert.All(Enumerable.Range(0, 100), i => Assert.True(store.Has($"row {i}")));
    }

    [Fact]
    public async Task A_batch_is_bounded()
    {
        using var store = TestStore.Open();
        var held = store.Hold();
        var notes = Enumerable.Range(0, 600).Select(i => store.Writer.Append(TestStore.Entry($"{i}"))).ToList();
        await held.Release();
        await Task.WhenAll(notes);
        Assert.Equal(3, store.Frames);
        Assert.Equal(600, store.Database.Chain.Head.Sequence);
    }

    [Fact]
    public async Task A_refusal_undoes_itself_alone_and_its_entry_stays()
    {
        using var store = TestStore.Open();
        var held = store.Hold();
        var done = new List<string>();
        var before = store.Put("before");
        var refused = store.Writer.Change<Done>(transaction =>
        {
            TestStore.Put(transaction, "refused");
            transaction.AfterCommit(() => done.Add("refused"));
            return No;
        });
        var after = store.Writer.Change<Done>(transaction =>
        {
            transaction.AfterCommit(() => done.Add("after"));
            return TestStore.Put(transaction, "after");
        });
        await held.Release();
        Assert.Null((await before).Refusal);
        Assert.Equal(No, (await refused).Refusal);
        Assert.Null((await after).Refusal);
        Assert.Equal([true, false, true], new[] { "before", "refused", "after" }.Select(store.Has));
        Assert.Equal(["after"], done);
        Assert.Equal(1, store.Frames);
        Assert.Equal(3, store.Database.Chain.Head.Sequence);
    }

    public static TheoryData<string> Failures => ["a bug", "a broken constraint"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failing_item_harms_no_other_and_leaves_no_entry(string failure)
    {
        using var store = TestStore.Open();
        var held = store.Hold();
        var before = store.Put("before");
        var failing = store.Writer.Change<Done>(transaction =>
        {
            TestStore.Put(transaction, "failing");
            return failure == "a bug" ? throw new InvalidOperationException("bug") : TestStore.Put(transaction, "before");
        });
        var after = store.Put("after");
        await held.Release();
        await Task.WhenAll(before, after);
        var error = await Assert.ThrowsAnyAsync<Exception>(() => failing);
        Assert.Equal(failure == "a bug" ? typeof(InvalidOperationException) : typeof(SqliteException), error.GetType());
        Assert.Equal([true, false, true], new[] { "before", "failing", "after" }.Select(store.Has));
        Assert.Equal(2, store.Database.Chain.Head.Sequence);
        Assert.Null(store.Writer.LastFailure);
    }

    /// <summary>A deferred foreign key is checked by COMMIT itself, so it stands for a disk that fails there.</summary>
    [Fact]
    public async Task A_commit_that_fails_fails_the_whole_batch_and_the_chain_stays_where_it_was()
    {
        using var store = TestStore.Open();
        await store.Put("first");
        var head = store.Database.Chain.Head;
        var done = new List<string>();
        var held = store.Hold();
        var good = store.Writer.Change<Done>(transaction =>
        {
            transaction.AfterCommit(() => done.Add("good"));
            return TestStore.Put(transaction, "good");
        });
        var note = store.Writer.Append(TestStore.Entry("note"));
        var poison = store.Writer.Change<Done>(transaction =>
        {
            transaction.Sql.Script("PRAGMA defer_foreign_keys = ON");
            transaction.Sql.Script("INSERT INTO workspace (id, slug, name, owner_id, created_at) VALUES ('w', 's', 'n', 'nobody', 0)");
            return Done.Value;
        });
        await held.Release();
        foreach (var task in new[] { good, note, poison })
        {
            await Assert.ThrowsAsync<SqliteException>(() => task);
        }

        Assert.False(store.Has("good"));
        Assert.Empty(done);
        Assert.Equal(head, store.Database.Chain.Head);
        Assert.NotNull(store.Writer.LastFailure);

        await store.Put("next");
        Assert.Null(store.Writer.LastFailure);
        Assert.Equal(head.Sequence + 1, store.Database.Chain.Head.Sequence);
        var report = ChainVerifier.Verify(store.Directory);
        Assert.Empty(report.Problems);
        Assert.Equal(2, report.Entries);
        store.Reopen();
        Assert.Equal(2, store.Database.Chain.Head.Sequence);
    }

    /// <summary>A full disk may have room again later. After an I/O error nobody knows what is on the disk: only a restart, which reads it, goes on.</summary>
    [Theory]
    [InlineData("disk full", 13, false)]
    [InlineData("disk I/O error", 10, true)]
    public async Task An_error_of_the_disk_fails_the_whole_batch(string message, int code, bool forGood)
    {
        using var store = TestStore.Open();
        var held = store.Hold();
        var good = store.Put("good");
        var failing = store.Writer.Change<Done>(_ => throw new SqliteException(message, code));
        await held.Release();
        await Assert.ThrowsAsync<SqliteException>(() => failing);
        await Assert.ThrowsAsync<SqliteException>(() => good);
        Assert.False(store.Has("good"));
        if (forGood)
        {
            await Assert.ThrowsAsync<StorageException>(() => store.Put("good"));
            await Assert.ThrowsAsync<StorageException>(() => store.Writer.Append(TestStore.Entry("note")));
            Assert.NotNull(store.Writer.LastFailure);
            store.Reopen();
        }

        await store.Put("good");
        Assert.Null(store.Writer.LastFailure);
        Assert.Equal(1, store.Database.Chain.Head.Sequence);
    }

    [Fact]
    public async Task What_follows_a_commit_runs_before_its_reply()
    {
        using var store = TestStore.Open();
        var ran = false;
        await store.Writer.Change<Done>(transaction =>
        {
            transaction.AfterCommit(() => ran = true);
            return Done.Value;
        });
        Assert.True(ran);
    }

    /// <summary>2 is FULL, 1 is NORMAL. A batch with one change in it is synced as a whole.</summary>
    [Fact]
    public async Task Each_batch_is_as_durable_as_its_most_durable_item()
    {
        using var store = TestStore.Open();
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal("2", (await store.Writer.Change<string>(transaction => transaction.Sql.Text("PRAGMA synchronous"))).Value);
            Assert.Equal("1", (await store.Writer.Relaxed<string>(transaction => transaction.Sql.Text("PRAGMA synchronous"))).Value);
            await store.Writer.Append(TestStore.Entry("note"));
            Assert.True(store.Database.Chain.Synced.Sequence < store.Database.Chain.Head.Sequence);
            var held = store.Hold();
            var relaxed = store.Writer.Relaxed<string>(transaction => transaction.Sql.Text("PRAGMA synchronous"));
            var change = store.Put($"row {round}");
            await held.Release();
            Assert.Equal("2", (await relaxed).Value);
            await change;
            Assert.Equal(store.Database.Chain.Head, store.Database.Chain.Synced);
        }
    }

    [Fact]
    public async Task Whatever_waits_is_written_before_the_end_and_nothing_is_taken_after_it()
    {
        using var store = TestStore.Open();
        var held = store.Hold();
        var writer = store.Writer;
        var changes = Enumerable.Range(0, 50).Select(i => store.Put($"row {i}")).ToList();
        var ending = Task.Run(store.Close);
        await held.Release();
        await Task.WhenAll(changes);
        await ending;
        Assert.Throws<ObjectDisposedException>(() => { _ = writer.Append(TestStore.Entry("late")); });
        store.Reopen();
        Assert.All(Enumerable.Range(0, 50), i => Assert.True(store.Has($"row {i}")));
    }
}
