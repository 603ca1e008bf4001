using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>The log is copied into the database beside the writer, before the writer would do it itself.</summary>
public sealed class CheckpointerTests : IDisposable
{
    private const int Pages = 1_500;
    private readonly string directory = Directory.CreateTempSubdirectory("ek-checkpoint-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Copies_the_log_while_the_writer_has_no_reason_to()
    {
        Assert.True(Pages < Checkpointer.WriterPages);
        using var database = Database.Open(directory);
        for (var i = 0; i < Pages; i++)
        {
            var name = $"page {i}";
            await database.Writer.Relaxed<Done>(transaction =>
            {
                transaction.Sql.Execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", name, new string('x', 4_000));
                return Done.Value;
            });
        }

        using var looking = Database.OpenReader(database.FilePath);
        for (var turn = 0; looking.WaitingPages("PRAGMA wal_checkpoint(NOOP)") >= 1_000; turn++)
        {
            Assert.True(turn < 6_000, "the log was not copied");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal(Pages, database.Readers.Read(sql => sql.Number("SELECT count(*) FROM meta WHERE name LIKE 'page %'")));
    }

    /// <summary>The checkpointer's connection is closed before the writer's, whose close folds the log into the one file.</summary>
    [Fact]
    public async Task Leaves_one_file_behind()
    {
        using (var database = Database.Open(directory))
        {
            await database.Writer.Sync();
        }

        Assert.False(File.Exists(Path.Combine(directory, Database.FileName + "-wal")));
    }

    [Fact]
    public async Task What_cannot_be_synced_ends_all_writes()
    {
        using var database = Database.Open(directory);
        database.Writer.Distrust(new IOException("the sync failed"));
        Assert.True(database.Writer.NeedsRestart);
        var error = await Assert.ThrowsAsync<StorageException>(database.Writer.Sync);
        Assert.Contains("restart", error.Message, StringComparison.Ordinal);
    }
}
