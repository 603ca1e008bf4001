using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Enkryptify.Gateway.Tests.Audit;

/// <summary>A log of several days, some of which retention moved into segments; and the hand of someone who can write all files but has no key.</summary>
internal sealed class SegmentedLog : IDisposable
{
    public const int ADay = 15;
    private readonly AnchorLoop anchors;

    private SegmentedLog(TestStore store)
    {
        Store = store;
        var keyPath = Path.Combine(store.Directory, "master.key");
        File.WriteAllText(keyPath, MasterKey.NewText());
        File.SetUnixFileMode(keyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Keys = Keys.Open(store.Database, new EncryptionConfig(new SecretReference(SecretReferenceKind.File, keyPath)), store.Clock);
        anchors = new AnchorLoop(
            store.Writer, store.Database.Chain, new AnchorFile(store.Directory), Keys.Signing, store.Clock, NullLogger<AnchorLoop>.Instance);
    }

    public TestStore Store { get; }

    public Keys Keys { get; }

    public string Folder => new SegmentFolder(Store.Directory).FullPath;

    /// <summary>Paths of the segments, oldest first.</summary>
    public IReadOnlyList<string> Files => [.. new SegmentFolder(Store.Directory).Files().OrderBy(file => file.First).Select(file => file.Path)];

    public IReadOnlyList<string> Problems => ChainVerifier.Verify(Store.Directory, [Keys.Signing.Audit.PublicKey]).Problems;

    /// <summary>Days 1 to <paramref name="days"/> with <see cref="ADay"/> entries each; it is noon of the day after.</summary>
    public static async Task<SegmentedLog> Make(int days)
    {
        var log = new SegmentedLog(TestStore.Open());
        for (var day = 0; day < days; day++)
        {
            await log.Day();
        }

        return log;
    }

    /// <summary>A day of entries in frames of five, anchored after each; then it is the next day.</summary>
    public async Task Day()
    {
        for (var frame = 0; frame < ADay / 5; frame++)
        {
            var held = Store.Hold();
            var notes = Enumerable.Range(0, 5).Select(i => Store.Writer.Append(TestStore.Entry($"entry {i} of frame {frame}") with { Time = Store.Clock.GetUtcNow() })).ToList();
            await held.Release();
            await Task.WhenAll(notes);
            await anchors.AnchorNowAsync();
        }

        Store.Clock.Advance(TimeSpan.FromDays(1));
    }

    public Task RotateKey() => Store.Writer.Change<(string, string)>(transaction =>
    {
        transaction.Audit(TestStore.Entry("rotated") with { Time = Store.Clock.GetUtcNow() });
        return new Enkryptify.Gateway.Encryption.Rotation.KeyBegin(Keys.Ring, Keys.Digests, Keys.Signing, Store.Database.Chain, Store.Clock).Audit(transaction);
    });

    public Task Anchor() => anchors.AnchorNowAsync();

    public SegmentRetention Retention(int retainDays, int? deleteAfterDays = null, long mostBytes = SegmentRetention.MostBytes) => new(
        Store.Database, Store.Directory, new AuditConfig(TimeSpan.FromDays(retainDays), deleteAfterDays is { } days ? TimeSpan.FromDays(days) : null), Keys.Signing, Store.Clock,
        NullLogger<SegmentRetention>.Instance, mostBytes);

    public long Number(string query) => Store.Database.Readers.Read(sql => sql.Number(query))!.Value;

    /// <summary>Every entry that there is, as an export has it.</summary>
    public List<string> Entries()
    {
        using var export = new AuditExport(Store.Directory);
        using var output = new MemoryStream();
        export.Write(output, null, null);
        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n').Where(line => line.StartsWith("{\"seq\":", StringComparison.Ordinal))];
    }

    /// <summary>Makes a segment's digests, end and row fit what was done to its entries; all but the signatures.</summary>
    /// <returns>Where it is now: its name is of its entries.</returns>
    public string Reseal(string path, IEnumerable<string> entries)
    {
        var lines = File.ReadAllLines(path);
        var seal = SegmentStatement.Parse(lines[^1][7..^1])!;
        var text = new StringBuilder().Append(lines[0]).Append('\n');
        var (last, digest) = (seal.First - 1, Convert.FromBase64String(seal.Previous));
        foreach (var line in entries)
        {
            var json = System.Text.Json.Nodes.JsonNode.Parse(line)!.AsObject();
            (json["seq"], json["prev"]) = (++last, Convert.ToBase64String(digest));
            var made = json.ToJsonString(SealedLog.Relaxed);
            digest = SHA256.HashData(Encoding.UTF8.GetBytes(made));
            text.Append(made).Append('\n');
        }

        var whole = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
        var end = seal with { Last = last, Head = Convert.ToBase64String(digest), Digest = whole };
        File.WriteAllText(path, text.Append("{\"end\":").Append(end.ToJson()).Append("}\n").ToString());
        Store.Tamper("UPDATE audit_segment SET last_seq = $l, head = $h, digest = $d WHERE first_seq = $f",
            ("$l", last), ("$h", digest), ("$d", Convert.FromBase64String(whole)), ("$f", seal.First));
        var fitting = Path.Combine(Folder, SegmentFolder.NameOf(seal.First, last));
        File.Move(path, fitting, overwrite: true);
        return fitting;
    }

    public void Dispose() => Store.Dispose();
}
