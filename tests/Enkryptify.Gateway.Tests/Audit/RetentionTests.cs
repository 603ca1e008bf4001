using System.Text;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Tests.Audit;

/// <summary>Retention loses and doubles nothing, wherever it is interrupted, and seals nothing that is not whole.</summary>
public class RetentionTests
{
    [Fact]
    public async Task What_is_not_old_enough_stays()
    {
        using var log = await SegmentedLog.Make(3);
        await log.Retention(4).Turn();
        Assert.Empty(log.Files);
        Assert.Equal(45, log.Number("SELECT max(last_seq) FROM audit_frame"));
        await log.Retention(3).Turn();
        Assert.Empty(log.Files);
        await log.Retention(2).Turn();
        Assert.Equal(["1-15.jsonl"], log.Files.Select(Path.GetFileName));
        await log.Retention(2).Turn();
        Assert.Single(log.Files);
    }

    [Fact]
    public async Task Each_step_is_an_entry_of_the_log()
    {
        using var log = await SegmentedLog.Make(2);
        await log.Retention(1).Turn();
        log.Store.Clock.Advance(TimeSpan.FromDays(3));
        await log.Retention(1, deleteAfterDays: 2).Turn();
        var told = log.Entries().Where(line => line.Contains("\"audit_segment\"", StringComparison.Ordinal)).ToList();
        Assert.Contains(told, line => line.Contains("\"action\":\"SEAL\"", StringComparison.Ordinal) && line.Contains("\"name\":\"16-31.jsonl\"", StringComparison.Ordinal));
        Assert.Contains(told, line => line.Contains("\"action\":\"DELETE\"", StringComparison.Ordinal) && line.Contains("\"name\":\"1-15.jsonl\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_segment_is_closed_at_its_size_and_the_next_one_follows()
    {
        using var log = await SegmentedLog.Make(4);
        var before = log.Entries();
        await log.Retention(1, mostBytes: 1).Turn();
        Assert.Equal(9, log.Files.Count);
        Assert.Empty(log.Problems);
        Assert.Equal(before, log.Entries().Take(before.Count));
    }

    /// <summary>The file is there, the transaction never came.</summary>
    [Fact]
    public async Task A_crash_before_the_transaction_doubles_nothing()
    {
        using var log = await SegmentedLog.Make(3);
        var before = log.Entries();
        var made = new SegmentWriter(log.Store.Database, new SegmentFolder(log.Store.Directory), log.Store.Directory, log.Keys.Signing, log.Store.Clock, 3_000)
            .Write(log.Store.Clock.GetUtcNow() - TimeSpan.FromDays(1));
        Assert.NotNull(made);
        File.WriteAllText(Path.Combine(log.Folder, "31-31.jsonl.new"), "half a file");
        log.Store.Reopen();
        Assert.Equal(before, log.Entries());
        Assert.Empty(log.Problems);
        await log.Retention(1).Turn();
        Assert.Equal(["1-30.jsonl"], Directory.GetFiles(log.Folder).Select(Path.GetFileName));
        Assert.Equal(before, log.Entries().Take(before.Count));
        Assert.Empty(log.Problems);
    }

    /// <summary>As after a crash between: the deletion is recorded, the file still there.</summary>
    [Fact]
    public async Task A_deleted_segments_file_stays_for_a_backup_under_way_and_goes_at_the_next_turn()
    {
        using var log = await SegmentedLog.Make(3);
        await log.Retention(1).Turn();
        var path = log.Files[0];
        log.Store.Clock.Advance(TimeSpan.FromDays(9));
        await log.Retention(9, deleteAfterDays: 9).Turn();
        Assert.Equal(2, log.Number("SELECT count(*) FROM audit_segment WHERE deletion IS NOT NULL"));

        // A backup that copied the database before may still want it.
        await log.Retention(9, deleteAfterDays: 9).Turn();
        Assert.True(File.Exists(path));
        Assert.Empty(log.Problems);
        log.Store.Clock.Advance(TimeSpan.FromHours(1));
        await log.Retention(9, deleteAfterDays: 9).Turn();
        Assert.False(File.Exists(path));
        Assert.Empty(log.Problems);
    }

    /// <summary>A file of another timeline is evidence, and is not removed.</summary>
    [Fact]
    public async Task A_file_that_says_otherwise_than_the_database_is_left()
    {
        using var log = await SegmentedLog.Make(3);
        using var other = await SegmentedLog.Make(3);
        await other.Store.Writer.Append(Enkryptify.Gateway.Tests.Storage.TestStore.Entry("of another life"));
        await other.Retention(1).Turn();
        Directory.CreateDirectory(log.Folder);
        var path = Path.Combine(log.Folder, Path.GetFileName(other.Files[0]));
        File.WriteAllText(path, File.ReadAllText(other.Files[0]).Replace("\"head\":\"", "\"head\":\"A", StringComparison.Ordinal));
        await log.Retention(30).Turn();
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_log_that_was_tampered_with_is_not_sealed()
    {
        using var log = await SegmentedLog.Make(3);
        var entries = log.Store.Database.Readers.Read(sql => ChainPieces.Frames(sql, 5)[0].Entries);
        log.Store.Tamper(
            "UPDATE audit_frame SET entries = $e WHERE first_seq = 6",
            ("$e", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entries).Replace("entry 1", "entry 7", StringComparison.Ordinal))));
        await Assert.ThrowsAsync<StorageException>(() => log.Retention(1).Turn());
        Assert.Empty(log.Files);
        Assert.Equal(9, log.Store.Frames);
    }

    /// <summary>Rewritten to its end with digests that fit: the checkpoints that go into the segment show it.</summary>
    [Fact]
    public async Task A_log_that_was_rewritten_is_not_sealed()
    {
        using var log = await SegmentedLog.Make(3);
        var frames = log.Store.Database.Readers.Read(sql => ChainPieces.Frames(sql, 0));
        var (sequence, digest) = (0L, new byte[32]);
        foreach (var frame in frames)
        {
            var text = new StringBuilder();
            foreach (var line in frame.Lines())
            {
                var json = System.Text.Json.Nodes.JsonNode.Parse(line.Span)!.AsObject();
                json["prev"] = Convert.ToBase64String(digest);
                if (++sequence == 3)
                {
                    json["action"] = "VIEW";
                }

                var made = json.ToJsonString(SealedLog.Relaxed);
                digest = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(made));
                text.Append(made).Append('\n');
            }

            log.Store.Tamper("UPDATE audit_frame SET entries = $e, head = $h WHERE first_seq = $f", ("$e", Encoding.UTF8.GetBytes(text.ToString())), ("$h", digest), ("$f", frame.First));
        }

        var error = await Assert.ThrowsAsync<StorageException>(() => log.Retention(1).Turn());
        Assert.Contains("is not the one that the signed checkpoint vouches for", error.Message, StringComparison.Ordinal);
        Assert.Empty(log.Files);
    }

    [Fact]
    public async Task A_segment_that_is_missing_is_not_passed_off_as_deleted()
    {
        using var log = await SegmentedLog.Make(3);
        await log.Retention(1).Turn();
        File.Delete(log.Files[0]);
        log.Store.Clock.Advance(TimeSpan.FromDays(9));
        await Assert.ThrowsAsync<StorageException>(() => log.Retention(9, deleteAfterDays: 9).Turn());
        Assert.Contains(log.Problems, problem => problem.Contains("retention did not delete it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_chain_goes_on_when_all_frames_are_gone()
    {
        using var log = await SegmentedLog.Make(2);
        await log.Retention(1).Turn();
        log.Store.Close();
        log.Store.Tamper("DELETE FROM audit_frame");
        log.Store.Reopen();
        Assert.Equal(15, log.Store.Database.Chain.Head.Sequence);
    }
}
