using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Tests.Cli;

namespace Enkryptify.Gateway.Tests.Audit;

/// <summary><c>audit export</c> and <c>audit verify FILE</c>: the file alone, with a key that was kept, shows what was done to it.</summary>
public class AuditExportTests
{
    [Fact]
    public async Task An_export_of_segments_and_database_verifies_anywhere_with_the_key()
    {
        using var log = await SegmentedLog.Make(4);
        await log.Retention(2).Turn();
        await log.Anchor();
        var file = Path.Combine(log.Store.Directory, "log.jsonl");
        var made = await CliRun.OfAsync("audit", "export", "--data-dir", log.Store.Directory, "--out", file);
        Assert.Equal((0, ""), (made.Code, made.Output));
        Assert.Contains("exported entries 1 to 61; signed checkpoints vouch for them up to 61", made.Error, StringComparison.Ordinal);
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(file));

        using var elsewhere = Enkryptify.Gateway.Tests.Storage.TestStore.Empty();
        var copy = Path.Combine(elsewhere.Directory, "log.jsonl");
        File.Copy(file, copy);
        var key = Convert.ToBase64String(log.Keys.Signing.Audit.PublicKey);
        var verified = await CliRun.OfAsync("audit", "verify", copy, "--key", key, "--json");
        Assert.Equal(0, verified.Code);
        var json = JsonNode.Parse(verified.Output)!;
        Assert.Equal((1, 61, 61), ((int)json["first"]!, (int)json["entries"]!, (int)json["anchored"]!));

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(1, (await CliRun.OfAsync("audit", "verify", copy, "--key", Convert.ToBase64String(other.ExportSubjectPublicKeyInfo()))).Code);
        Assert.Equal(1, (await CliRun.OfAsync("audit", "export", "--data-dir", log.Store.Directory, "--out", file)).Code);
    }

    /// <summary>What a person can check without this program.</summary>
    [Fact]
    public async Task Each_line_is_numbered_and_its_hash_is_the_next_ones_prev()
    {
        using var log = await SegmentedLog.Make(2);
        var entries = log.Entries();
        Assert.Equal(30, entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = JsonNode.Parse(entries[i])!;
            Assert.Equal(i + 1, (int)entry["seq"]!);
            Assert.Equal(Convert.ToBase64String(i == 0 ? new byte[32] : SHA256.HashData(Encoding.UTF8.GetBytes(entries[i - 1]))), (string)entry["prev"]!);
        }
    }

    [Fact]
    public async Task A_span_is_a_run_without_holes_on_to_the_next_checkpoint()
    {
        using var log = await SegmentedLog.Make(4);
        var anchor = Path.Combine(log.Store.Directory, AnchorFile.FileName);
        File.WriteAllLines(anchor, File.ReadAllLines(anchor).Where(line => !line.StartsWith("{\"seq\":45,", StringComparison.Ordinal)));
        await log.Retention(2).Turn();
        var day = new DateTimeOffset(2026, 6, 2, 0, 0, 0, TimeSpan.Zero);
        var made = await CliRun.OfAsync("audit", "export", "--data-dir", log.Store.Directory, "--from", "2026-06-02", "--to", day.AddDays(2).ToString("O"));
        Assert.Equal(0, made.Code);
        var entries = made.Output.Split('\n').Where(line => line.StartsWith("{\"seq\":", StringComparison.Ordinal)).Select(line => (int)JsonNode.Parse(line)!["seq"]!).ToList();
        Assert.Equal(Enumerable.Range(16, 35), entries);
        var file = Path.Combine(log.Store.Directory, "span.jsonl");
        File.WriteAllText(file, made.Output);
        var report = ChainVerifier.VerifyFile(file, [log.Keys.Signing.Audit.PublicKey]);
        Assert.Empty(report.Problems);
        Assert.Equal((16, 50, 50), (report.First, report.Entries, report.Anchored));

        Assert.Equal(3, (await CliRun.OfAsync("audit", "export", "--data-dir", log.Store.Directory, "--from", "2030-01-01")).Code);
        Assert.Equal(2, (await CliRun.OfAsync("audit", "export", "--data-dir", log.Store.Directory, "--from", "yesterday")).Code);
    }

    [Fact]
    public async Task Any_byte_of_an_export_that_was_altered_and_any_line_that_is_gone_is_found()
    {
        using var log = await SegmentedLog.Make(1);
        var file = Path.Combine(log.Store.Directory, "log.jsonl");
        await CliRun.OfAsync("audit", "export", "--data-dir", log.Store.Directory, "--out", file);
        var whole = File.ReadAllBytes(file);
        Assert.Empty(ChainVerifier.VerifyFile(file).Problems);
        for (var at = 0; at < whole.Length; at += 11)
        {
            var altered = whole.ToArray();
            altered[at] ^= 1;
            File.WriteAllBytes(file, altered);
            Assert.True(ChainVerifier.VerifyFile(file).Problems.Count > 0, $"byte {at} of {whole.Length}");
        }

        var lines = Encoding.UTF8.GetString(whole).TrimEnd('\n').Split('\n');
        for (var gone = 0; gone < lines.Length; gone++)
        {
            File.WriteAllText(file, string.Join('\n', lines.Where((_, i) => i != gone)) + "\n");
            Assert.True(ChainVerifier.VerifyFile(file).Problems.Count > 0, $"line {gone + 1} of {lines.Length}");
        }
    }

    [Fact]
    public async Task A_file_and_a_directory_are_not_both_given()
    {
        var run = await CliRun.OfAsync("audit", "verify", "log.jsonl", "--data-dir", "data");
        Assert.Equal(2, run.Code);
    }
}
