using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Audit;

namespace Enkryptify.Gateway.Tests.Audit;

public class ChainVerifierTests
{
    [Fact]
    public async Task An_untouched_log_is_whole_and_anchored()
    {
        using var log = await SealedLog.Make();
        var report = log.Verify();
        Assert.Empty(report.Problems);
        Assert.Equal(SealedLog.Entries, report.Entries);
        Assert.Equal(SealedLog.Entries, report.Anchored);
        Assert.Equal(0, report.NotYetAnchored);
        Assert.Equal([5, 1, 4, 2], log.Read().Select(frame => frame.Count));
    }

    /// <summary>The hand that rebuilds makes the same bytes when it changes nothing: so what the tests below find is what they changed.</summary>
    [Fact]
    public async Task A_log_rebuilt_without_a_change_is_the_same()
    {
        using var log = await SealedLog.Make();
        var before = log.Verify();
        log.Rebuild(log.Read());
        Assert.Equivalent(before, log.Verify());
    }

    [Fact]
    public async Task Any_byte_that_was_altered_is_found()
    {
        using var log = await SealedLog.Make();
        foreach (var first in new long[] { 1, 6, 11 })
        {
            var whole = log.Frame(first);
            for (var at = 0; at < whole.Length - 1; at += 7)
            {
                var altered = whole.ToArray();
                altered[at] ^= 1;
                log.Overwrite(first, altered);
                Assert.NotEmpty(log.Problems);
            }

            log.Overwrite(first, whole);
        }

        Assert.Empty(log.Problems);
    }

    [Fact]
    public async Task An_entry_removed_from_the_middle_of_a_frame_is_found()
    {
        using var log = await SealedLog.Make();
        var lines = log.Read()[0];
        log.Overwrite(1, Text([.. lines[..2], .. lines[3..]]));
        Assert.Contains("entry 4 stands where entry 3 belongs", log.Problems);
    }

    [Fact]
    public async Task Two_swapped_entries_are_found()
    {
        using var log = await SealedLog.Make();
        var lines = log.Read()[0];
        (lines[1], lines[2]) = (lines[2], lines[1]);
        log.Overwrite(1, Text(lines));
        Assert.Contains("entry 3 stands where entry 2 belongs", log.Problems);
    }

    [Fact]
    public async Task A_frame_removed_from_the_middle_is_found()
    {
        using var log = await SealedLog.Make();
        log.Run("DELETE FROM audit_frame WHERE first_seq = 7");
        Assert.Contains("entries 7 to 10 are missing", log.Problems);
    }

    [Fact]
    public async Task An_entry_slipped_in_is_found()
    {
        using var log = await SealedLog.Make();
        var lines = log.Read()[0];
        log.Overwrite(1, Text([.. lines[..2], lines[1], .. lines[2..]]));
        Assert.NotEmpty(log.Problems);
    }

    [Fact]
    public async Task A_frames_head_that_was_altered_is_found()
    {
        using var log = await SealedLog.Make();
        log.Run("UPDATE audit_frame SET head = randomblob(32) WHERE first_seq = 11");
        Assert.Equal(["the frame of entries 11 to 12 does not end in the digest stored with it"], log.Problems);
    }

    [Theory]
    [InlineData("a whole frame", 10)]
    [InlineData("an entry of the last frame", 11)]
    public async Task A_tail_that_was_cut_off_is_found_by_the_checkpoints(string what, int left)
    {
        using var log = await SealedLog.Make();
        var frames = log.Read();
        if (what == "a whole frame")
        {
            frames.RemoveAt(3);
        }
        else
        {
            frames[3].RemoveAt(1);
        }

        log.Rebuild(frames);
        Assert.Equal(
            [$"the log ends at entry {left}, but a signed checkpoint vouches for entry 12: the tail was cut off, or the database replaced by an older copy"], log.Problems);
    }

    [Fact]
    public async Task A_log_rewritten_with_fitting_digests_is_found_by_the_checkpoints()
    {
        using var log = await SealedLog.Make();
        var frames = log.Read();
        frames[2][1] = frames[2][1].Replace("entry 8", "entry 8, as I would have it", StringComparison.Ordinal);
        log.Rebuild(frames);
        Assert.Equal(
            [
                "entry 10 is not the one that the signed checkpoint vouches for",
                "entry 12 is not the one that the signed checkpoint vouches for",
            ],
            log.Problems);
    }

    [Fact]
    public async Task A_log_rewritten_without_one_entry_and_grown_again_is_found_by_the_checkpoints()
    {
        using var log = await SealedLog.Make();
        var frames = log.Read();
        frames[1].Clear();
        frames[3].Add(frames[3][1]);
        log.Rebuild(frames);
        Assert.Equal(12, log.Verify().Entries);
        Assert.NotEmpty(log.Problems);
    }

    [Theory]
    [InlineData("another digest")]
    [InlineData("another number")]
    [InlineData("another time")]
    [InlineData("another signature")]
    [InlineData("signed by a key of theirs under our key's id")]
    [InlineData("signed by a key of theirs under its own id")]
    public async Task A_forged_checkpoint_is_found(string forgery)
    {
        using var log = await SealedLog.Make();
        using var theirs = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var lines = File.ReadAllLines(log.AnchorPath);
        var real = Checkpoint.Parse(lines[1])!;
        var digest = SHA256.HashData("theirs"u8);
        var forged = forgery switch
        {
            "another digest" => real with { Digest = Convert.ToBase64String(digest) },
            "another number" => real with { Sequence = 5 },
            "another time" => real with { Time = "2026-06-01T12:00:01.000Z" },
            "another signature" => real with { Signature = [.. real.Signature.Reverse()] },
            "signed by a key of theirs under our key's id" => Checkpoint.Sign(new ChainHead(6, digest), DateTimeOffset.UnixEpoch, real.KeyId, theirs),
            _ => Checkpoint.Sign(new ChainHead(6, digest), DateTimeOffset.UnixEpoch, "theirs", theirs),
        };
        lines[1] = forged.ToLine();
        File.WriteAllLines(log.AnchorPath, lines);
        Assert.Equal(["audit.anchor line 2 is not signed by the audit key of this database"], log.Problems);
    }

    [Fact]
    public async Task A_line_that_is_torn_at_the_end_is_a_power_cut_and_in_the_middle_a_problem()
    {
        using var log = await SealedLog.Make();
        var lines = File.ReadAllLines(log.AnchorPath);
        File.WriteAllText(log.AnchorPath, string.Join('\n', lines) + "\n" + lines[3][..40]);
        Assert.Empty(log.Problems);
        File.WriteAllText(log.AnchorPath, lines[0][..40] + "\n" + string.Join('\n', lines[1..]) + "\n");
        Assert.Equal(["audit.anchor line 1 is not a checkpoint"], log.Problems);
    }

    /// <summary>Whoever can also delete the checkpoints is not found out, but it shows that nothing is vouched for. A copy kept elsewhere would.</summary>
    [Fact]
    public async Task Without_its_checkpoints_nothing_is_anchored()
    {
        using var log = await SealedLog.Make();
        File.Delete(log.AnchorPath);
        var report = log.Verify();
        Assert.Empty(report.Problems);
        Assert.Equal(0, report.Anchored);
        Assert.Equal(SealedLog.Entries, report.NotYetAnchored);
    }

    [Fact]
    public async Task A_log_in_ruins_gives_a_bounded_report()
    {
        using var log = await SealedLog.Make();
        log.Overwrite(1, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{}\n", 10_000))));
        Assert.Equal(20, log.Problems.Count);
    }

    private static byte[] Text(IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
}
