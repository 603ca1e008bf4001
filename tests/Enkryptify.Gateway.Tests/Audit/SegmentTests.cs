using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Audit.Segments;

namespace Enkryptify.Gateway.Tests.Audit;

/// <summary>What was moved into segments is found wanting as if it were still in the database (acceptance: altered, removed, swapped, cut off, missing).</summary>
public class SegmentTests
{
    [Fact]
    public async Task Segments_and_database_are_one_chain()
    {
        using var log = await SegmentedLog.Make(4);
        var before = log.Entries();
        await log.Retention(2).Turn();
        await log.Anchor();
        Assert.Equal(["1-30.jsonl"], log.Files.Select(Path.GetFileName));
        Assert.Equal(30, log.Number("SELECT min(first_seq) FROM audit_frame") - 1);
        Assert.Equal(before, log.Entries().Take(before.Count));

        var report = ChainVerifier.Verify(log.Store.Directory);
        Assert.Empty(report.Problems);
        Assert.Equal((1, 1, 61, 61), (report.First, report.Segments, report.Entries, report.Anchored));
        Assert.Empty(ChainVerifier.VerifyFile(log.Files[0], [log.Keys.Signing.Audit.PublicKey]).Problems);
    }

    [Fact]
    public async Task Any_byte_of_a_segment_that_was_altered_is_found()
    {
        using var log = await SegmentedLog.Make(3);
        await log.Retention(1).Turn();
        var whole = File.ReadAllBytes(log.Files[0]);
        for (var at = 0; at < whole.Length; at += 13)
        {
            var altered = whole.ToArray();
            altered[at] ^= 1;
            File.WriteAllBytes(log.Files[0], altered);
            Assert.True(log.Problems.Count > 0, $"byte {at} of {whole.Length}");
            Assert.True(ChainVerifier.VerifyFile(log.Files[0]).Problems.Count > 0, $"byte {at} of {whole.Length}, by itself");
        }

        File.WriteAllBytes(log.Files[0], whole);
        Assert.Empty(log.Problems);
    }

    public static TheoryData<string> Forgeries => ["one removed in the middle", "two swapped", "the last ten cut off", "one made up", "one rewritten"];

    /// <summary>First as a clumsy hand does it, then with all numbers, digests, the row and the end made to fit: only signatures cannot be made.</summary>
    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task Entries_of_a_segment_that_were_tampered_with_are_found(string forgery)
    {
        using var log = await SegmentedLog.Make(3);
        await log.Retention(1).Turn();
        var path = log.Files[0];
        var lines = File.ReadAllLines(path).ToList();
        var entries = lines.Where(line => line.StartsWith("{\"seq\":", StringComparison.Ordinal)).ToList();
        var others = lines.Except(entries).ToList();
        switch (forgery)
        {
            case "one removed in the middle":
                entries.RemoveAt(12);
                break;
            case "two swapped":
                (entries[11], entries[12]) = (entries[12], entries[11]);
                break;
            case "the last ten cut off":
                entries.RemoveRange(entries.Count - 10, 10);
                break;
            case "one made up":
                entries.Insert(12, entries[11]);
                break;
            default:
                entries[12] = entries[12].Replace("entry 2", "entry 9", StringComparison.Ordinal);
                break;
        }

        File.WriteAllText(path, string.Join('\n', [others[0], .. entries, others[^1]]) + "\n");
        Assert.NotEmpty(log.Problems);
        Assert.NotEmpty(ChainVerifier.VerifyFile(path).Problems);

        path = log.Reseal(path, entries);
        Assert.Contains($"the seal of segment {Path.GetFileName(path)} is not signed by the audit key of this database", log.Problems);
        Assert.NotEmpty(ChainVerifier.VerifyFile(path).Problems);
    }

    [Fact]
    public async Task A_segment_that_is_missing_is_found()
    {
        using var log = await SegmentedLog.Make(3);
        await log.Retention(1, mostBytes: 1_500).Turn();
        Assert.True(log.Files.Count > 2, $"{log.Files.Count} segments");
        var (middle, name) = (log.Files[1], Path.GetFileName(log.Files[1]));
        File.Move(middle, middle + ".away");
        Assert.Contains(log.Problems, problem => problem.StartsWith($"segment {name} with entries", StringComparison.Ordinal));
        File.Move(middle + ".away", middle);
        Assert.Empty(log.Problems);

        // With its row, too: then the chain has a hole.
        var first = long.Parse(name!.Split('-')[0], System.Globalization.CultureInfo.InvariantCulture);
        File.Delete(middle);
        log.Store.Tamper("DELETE FROM audit_segment WHERE first_seq = $f", ("$f", first));
        Assert.Contains(log.Problems, problem => problem.EndsWith("are missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_segments_with_their_rows_gone_are_found()
    {
        using var log = await SegmentedLog.Make(3);
        await log.Retention(1).Turn();
        Directory.Delete(log.Folder, recursive: true);
        log.Store.Tamper("DELETE FROM audit_segment");
        Assert.Contains("entries 1 to 30 are missing", log.Problems);
    }

    [Fact]
    public async Task Segments_that_changed_places_are_found()
    {
        using var log = await SegmentedLog.Make(3);
        await log.Retention(1, mostBytes: 1_500).Turn();
        var (one, other) = (File.ReadAllBytes(log.Files[0]), File.ReadAllBytes(log.Files[1]));
        File.WriteAllBytes(log.Files[0], other);
        File.WriteAllBytes(log.Files[1], one);
        Assert.NotEmpty(log.Problems);
    }

    [Fact]
    public async Task What_retention_deleted_is_not_missed()
    {
        using var log = await SegmentedLog.Make(5);
        await log.Retention(1).Turn();
        log.Store.Clock.Advance(TimeSpan.FromDays(1));
        await log.Retention(1, deleteAfterDays: 3).Turn();
        Assert.Equal(["61-75.jsonl"], log.Files.Select(Path.GetFileName).TakeLast(1));
        await log.Retention(1, deleteAfterDays: 2).Turn();
        log.Store.Clock.Advance(TimeSpan.FromHours(1));
        await log.Retention(1).Turn();
        Assert.Equal(["61-75.jsonl"], log.Files.Select(Path.GetFileName));
        await log.Anchor();
        var report = ChainVerifier.Verify(log.Store.Directory, [log.Keys.Signing.Audit.PublicKey]);
        Assert.Empty(report.Problems);
        Assert.Equal(61, report.First);
        Assert.Equal(61, long.Parse(log.Entries()[0].Split(':', ',')[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    public static TheoryData<string> FalseDeletions => ["not signed", "of another segment", "by a key of theirs", "before the segment was sealed", "by an old key", "by an old key, backdated", "by the key, but no entry tells of it"];

    /// <summary>Whoever can write the files cannot make a deletion up; nor can one who stole a key that was replaced.</summary>
    [Theory]
    [MemberData(nameof(FalseDeletions))]
    public async Task A_deletion_that_the_gateway_did_not_make_is_found(string how)
    {
        using var log = await SegmentedLog.Make(3);
        var old = log.Keys.Signing.Audit;
        using var theirs = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var forger = new Enkryptify.Gateway.Encryption.SigningKey(old.Id, theirs.ExportSubjectPublicKeyInfo(), theirs.ExportPkcs8PrivateKey());
        await log.Retention(1).Turn();
        await log.RotateKey();
        await log.Anchor();
        Assert.Empty(log.Problems);
        var end = log.Store.Database.Chain.Head.Sequence;
        await log.Day();
        var row = log.Store.Database.Readers.Read(SegmentRow.OldestKept)!;
        var at = log.Store.Database.Chain.Head.Sequence;
        SegmentStatement Sign(Enkryptify.Gateway.Encryption.SigningKey key, long first, long signedAt) => SegmentStatement.Sign(
            SegmentStatement.Deleted, first, new ChainHead(row.Last, row.Head), row.Previous, row.Digest, signedAt, log.Store.Clock.GetUtcNow(), key);
        var forged = how switch
        {
            "not signed" => Sign(log.Keys.Signing.Audit, row.First, at) with { Signature = [] },
            "of another segment" => Sign(log.Keys.Signing.Audit, row.First + 1, at),
            "by a key of theirs" => Sign(forger, row.First, at),
            "before the segment was sealed" => Sign(log.Keys.Signing.Audit, row.First, row.First),
            "by an old key" => Sign(old, row.First, at),
            "by an old key, backdated" => Sign(old, row.First, row.Last + 1),
            _ => Sign(log.Keys.Signing.Audit, row.First, at),
        };
        Assert.True(row.Last + 1 < end && end < at, "what is backdated must be before the old key's end, and now behind it");
        log.Store.Tamper("UPDATE audit_segment SET deletion = $d, deleted_at = 1", ("$d", forged.ToJson()));
        Directory.Delete(log.Folder, recursive: true);
        Assert.Contains(log.Problems, problem => problem.StartsWith("segment 1-30.jsonl is ", StringComparison.Ordinal));
    }
}
