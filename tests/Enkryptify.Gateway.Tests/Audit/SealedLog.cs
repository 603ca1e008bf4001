using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Enkryptify.Gateway.Tests.Audit;

/// <summary>
/// A closed data directory with an audit log of 12 entries in frames of 5, 1, 4 and 2, with a checkpoint after each frame; and the hand of someone who can
/// write its files but has no key.
/// </summary>
internal sealed class SealedLog : IDisposable
{
    public const int Entries = 12;
    private static readonly int[] FrameSizes = [5, 1, 4, 2];
    private readonly TestStore store;

    private SealedLog(TestStore store) => this.store = store;

    public string AnchorPath => Path.Combine(store.Directory, AnchorFile.FileName);

    public static async Task<SealedLog> Make()
    {
        var store = TestStore.Open();
        var keyPath = Path.Combine(store.Directory, "master.key");
        File.WriteAllText(keyPath, MasterKey.NewText());
        File.SetUnixFileMode(keyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var keys = Keys.Open(store.Database, new EncryptionConfig(new SecretReference(SecretReferenceKind.File, keyPath)), store.Clock);
        var anchors = new AnchorLoop(
            store.Writer, store.Database.Chain, new AnchorFile(store.Directory), keys.Signing, store.Clock,
            NullLogger<AnchorLoop>.Instance);
        var number = 0;
        foreach (var size in FrameSizes)
        {
            var held = store.Hold();
            var notes = Enumerable.Range(0, size).Select(_ => store.Writer.Append(TestStore.Entry($"entry {++number}"))).ToList();
            await held.Release();
            await Task.WhenAll(notes);
            await anchors.AnchorNowAsync();
        }

        Assert.Equal(FrameSizes.Length, store.Frames);
        store.Close();
        return new SealedLog(store);
    }

    public ChainReport Verify() => ChainVerifier.Verify(store.Directory);

    public IReadOnlyList<string> Problems => Verify().Problems;

    /// <summary>The lines of all frames, in order.</summary>
    public List<List<string>> Read()
    {
        using var sql = Database.OpenReader(store.FilePath);
        return sql.Query("SELECT entries FROM audit_frame ORDER BY first_seq", row => Encoding.UTF8.GetString(row.Bytes(0)).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList());
    }

    /// <summary>Replaces the bytes of the frame that begins with this entry and touches nothing else.</summary>
    public void Overwrite(long first, byte[] entries) => store.Tamper("UPDATE audit_frame SET entries = $e WHERE first_seq = $f", ("$e", entries), ("$f", first));

    public byte[] Frame(long first)
    {
        using var sql = Database.OpenReader(store.FilePath);
        return sql.First("SELECT entries FROM audit_frame WHERE first_seq = ?1", row => row.Bytes(0), first)!;
    }

    public void Run(string sql) => store.Tamper(sql);

    /// <summary>
    /// Rewrites the log as a careful forger would: numbers, digests and heads are made to fit. What the chain alone can show is then right.
    /// </summary>
    public void Rebuild(List<List<string>> frames)
    {
        store.Tamper("DELETE FROM audit_frame");
        var (sequence, digest) = (0L, new byte[32]);
        foreach (var frame in frames.Where(frame => frame.Count > 0))
        {
            var first = sequence + 1;
            var text = new StringBuilder();
            foreach (var line in frame)
            {
                var json = System.Text.Json.Nodes.JsonNode.Parse(line)!.AsObject();
                json["seq"] = ++sequence;
                json["prev"] = Convert.ToBase64String(digest);
                var bytes = Encoding.UTF8.GetBytes(json.ToJsonString(Relaxed));
                digest = SHA256.HashData(bytes);
                text.Append(Encoding.UTF8.GetString(bytes)).Append('\n');
            }

            store.Tamper(
                "INSERT INTO audit_frame (first_seq, last_seq, head, entries) VALUES ($f, $l, $h, $e)",
                ("$f", first), ("$l", sequence), ("$h", digest), ("$e", Encoding.UTF8.GetBytes(text.ToString())));
        }
    }

    public void Dispose() => store.Dispose();

    internal static readonly System.Text.Json.JsonSerializerOptions Relaxed = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = System.Text.Json.Serialization.Metadata.JsonTypeInfoResolver.Combine(),
    };
}
