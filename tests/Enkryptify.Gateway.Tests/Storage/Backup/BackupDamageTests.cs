using System.Security.Cryptography;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage.Backup;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Storage.Backup;

/// <summary>One backup of a real store, and everything that may happen to its bytes.</summary>
public sealed class BackupDamageTests(BackupDamageTests.Sample sample) : IClassFixture<BackupDamageTests.Sample>
{
    private const int Step = BackupChunk.Size + BackupChunk.TagSize;

    /// <summary>Where chunks end, the last one included.</summary>
    private IEnumerable<int> Edges
    {
        get
        {
            for (var edge = BackupHeader.Length; edge < sample.Bytes.Length; edge += Step)
            {
                yield return edge;
            }

            yield return sample.Bytes.Length;
        }
    }

    [Fact]
    public void Unharmed_it_is_read_to_its_end()
    {
        Assert.True(Edges.Count() >= 4, "several chunks are there to be harmed");
        Assert.Equal(sample.Manifest.Audit, Backing.Read(sample.Bytes, sample.Master).Audit);
    }

    [Fact]
    public void Each_flipped_bit_of_the_header_is_found_and_is_no_wrong_key()
    {
        for (var bit = 0; bit < BackupHeader.Length * 8; bit++)
        {
            var error = Assert.Throws<BackupException>(() => Flipped(bit / 8, (byte)(1 << (bit % 8))));
            Assert.True(error.Reason is "backup_damaged" or "not_a_backup", $"bit {bit}: {error.Message}");
        }
    }

    [Fact]
    public void Flipped_bytes_anywhere_are_found()
    {
        // The ends of each chunk, each byte of each tag, and 4,000 places that are the same in each run.
        var places = Edges.SelectMany(edge => Enumerable.Range(edge - BackupChunk.TagSize - 1, BackupChunk.TagSize + 2)).Where(place => place >= BackupHeader.Length && place < sample.Bytes.Length).ToHashSet();
        for (var i = 0; i < 4_000; i++)
        {
            var drawn = SHA256.HashData(BitConverter.GetBytes(i));
            places.Add(BackupHeader.Length + (int)(BitConverter.ToUInt32(drawn) % (uint)(sample.Bytes.Length - BackupHeader.Length)));
        }

        Assert.True(places.Count > 3_500);
        foreach (var place in places)
        {
            var error = Assert.Throws<BackupException>(() => Flipped(place, (byte)(1 << (place % 8))));
            Assert.Equal("backup_damaged", error.Reason);
            Assert.Contains($"in chunk {(place - BackupHeader.Length) / Step} ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Wherever_it_is_cut_off_that_is_found()
    {
        foreach (var edge in Edges.SkipLast(1))
        {
            var error = Assert.Throws<BackupException>(() => Backing.Read(sample.Bytes[..edge], sample.Master));
            Assert.Equal($"the backup is cut off after {(edge - BackupHeader.Length) / Step} whole chunks.", error.Message);
        }

        foreach (var length in Edges.SelectMany(edge => Enumerable.Range(edge - 20, 40)).Concat(Enumerable.Range(0, BackupHeader.Length)).Where(length => length >= 0 && length < sample.Bytes.Length))
        {
            Assert.Throws<BackupException>(() => Backing.Read(sample.Bytes[..length], sample.Master));
        }
    }

    [Fact]
    public void What_is_added_moved_doubled_or_left_out_is_found()
    {
        var (head, chunks) = (sample.Bytes[..BackupHeader.Length], sample.Bytes[BackupHeader.Length..].Chunk(Step).ToArray());
        byte[] Of(params IEnumerable<byte[]> parts) => [.. head, .. parts.SelectMany(part => part)];
        Assert.Equal(sample.Bytes, Of(chunks));
        (string What, byte[] Bytes)[] cases =
        [
            ("a byte behind the end", [.. sample.Bytes, 0]), ("zeros behind the end", [.. sample.Bytes, .. new byte[Step]]), ("another one behind the end", [.. sample.Bytes, .. sample.Bytes]),
            ("two chunks exchanged", Of([chunks[1], chunks[0], .. chunks[2..]])), ("the first left out", Of(chunks[1..])), ("one in the middle left out", Of([chunks[0], .. chunks[2..]])),
            ("one doubled", Of([chunks[0], .. chunks])), ("the last one doubled", Of([.. chunks, chunks[^1]])), ("the last one in front", Of([chunks[^1], .. chunks[..^1]])),
        ];
        foreach (var (what, bytes) in cases)
        {
            // By the chunks themselves: the digests in the manifest would find some of these too.
            Assert.True(Record.Exception(() => Backing.Read(bytes, sample.Master)) is BackupException { Message: var message } && message.Contains("chunk", StringComparison.Ordinal), what);
        }
    }

    /// <summary>Two backups of one store under one key: what is in one must not pass in the other.</summary>
    [Fact]
    public void Chunks_of_another_backup_and_another_ones_header_are_found()
    {
        Assert.NotEqual(sample.Bytes[..BackupHeader.Length], sample.Other[..BackupHeader.Length]);
        Assert.Throws<BackupException>(() => Backing.Read([.. sample.Bytes[..BackupHeader.Length], .. sample.Other[BackupHeader.Length..]], sample.Master));
        Assert.Throws<BackupException>(() => Backing.Read([.. sample.Bytes[..(BackupHeader.Length + Step)], .. sample.Other[(BackupHeader.Length + Step)..]], sample.Master));
    }

    /// <summary>Somebody who alters the header and mends its checksum still lacks the key that it is bound by.</summary>
    [Fact]
    public void A_header_that_was_altered_and_mended_does_not_open()
    {
        for (var place = 9; place < 119; place++)
        {
            var bytes = (byte[])sample.Bytes.Clone();
            bytes[place] ^= place == 9 ? (byte)3 : (byte)1;
            SHA256.HashData(bytes.AsSpan(..119), bytes.AsSpan(119));
            var error = Assert.Throws<BackupException>(() => Backing.Read(bytes, sample.Master));
            Assert.Equal(place is >= 10 and < 18 ? "wrong_master_key" : "backup_damaged", error.Reason);
        }
    }

    [Fact]
    public void A_wrong_key_is_told_by_both_ids_and_no_plain_part_tells_more_than_the_ids()
    {
        var wrong = MasterKey.Of(RandomNumberGenerator.GetBytes(32), "test");
        var error = Assert.Throws<BackupException>(() => Backing.Read(sample.Bytes, wrong));
        Assert.Equal(
            $"this backup is sealed under the master key with id {sample.Master.Id}, but the one given has id {wrong.Id}. Give the key of the time when it was made.", error.Message);
    }

    [Theory]
    [InlineData("", "not a backup")]
    [InlineData("SQLite format 3", "not a backup")]
    [InlineData("EKGWBACK", "cut off in its header")]
    public void Another_file_is_no_backup(string content, string message) =>
        Assert.Contains(message, Assert.Throws<BackupException>(() => Backing.Read(System.Text.Encoding.ASCII.GetBytes(content), sample.Master)).Message, StringComparison.Ordinal);

    private BackupManifest Flipped(int place, byte mask)
    {
        var bytes = (byte[])sample.Bytes.Clone();
        bytes[place] ^= mask;
        return Backing.Read(bytes, sample.Master);
    }

    /// <summary>A store with a few chunks in it, backed up twice.</summary>
    public sealed class Sample : IAsyncLifetime
    {
        internal byte[] Bytes { get; private set; } = [];

        internal byte[] Other { get; private set; } = [];

        internal MasterKey Master { get; private set; } = null!;

        internal BackupManifest Manifest { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var (gateway, _) = await TestGateway.StartWithAcme();
            await using var stopping = gateway;
            using var backing = new Backing();
            Bytes = await backing.Made(gateway);
            File.Delete(backing.File);
            Other = await backing.Made(gateway);
            Master = Backing.Master(gateway);
            Manifest = Backing.Read(Bytes, Master);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
