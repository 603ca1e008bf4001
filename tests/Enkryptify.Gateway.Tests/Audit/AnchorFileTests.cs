using System.Security.Cryptography;
using Enkryptify.Gateway.Audit;

namespace Enkryptify.Gateway.Tests.Audit;

public sealed class AnchorFileTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 30, TimeSpan.Zero);
    private readonly string directory = Directory.CreateTempSubdirectory("ekaf-").FullName;
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private string FilePath => Path.Combine(directory, AnchorFile.FileName);

    [Fact]
    public void A_checkpoint_is_read_as_it_was_written()
    {
        var file = new AnchorFile(directory);
        Assert.Null(file.Last);
        file.Append(At(1));
        file.Append(At(2));
        Assert.Equal(2, file.Lines.Count);
        Assert.Equal(2, file.Last!.Sequence);
        Assert.True(file.Last.Verifies(key));
    }

    [Fact]
    public void After_a_torn_line_the_last_whole_one_counts()
    {
        var file = new AnchorFile(directory);
        file.Append(At(1));
        File.AppendAllText(FilePath, At(2).ToLine()[..50]);
        Assert.Equal(1, file.Last!.Sequence);
    }

    /// <summary>5,000 checkpoints, one a minute: of the older ones the first of each hour stays, and the newest 256 whole.</summary>
    [Fact]
    public void A_file_that_outgrows_its_limit_keeps_one_an_hour_and_the_newest()
    {
        File.WriteAllLines(FilePath, Enumerable.Range(1, 4999).Select(minute => At(minute).ToLine()));
        Assert.True(new FileInfo(FilePath).Length > 1 << 20);
        var file = new AnchorFile(directory);
        file.Append(At(5000));
        var kept = file.Lines.Select(line => Checkpoint.Parse(line)!).ToList();
        Assert.All(kept, checkpoint => Assert.True(checkpoint.Verifies(key)));
        Assert.Equal(Enumerable.Range(4745, 256).Select(minute => (long)minute), kept.TakeLast(256).Select(checkpoint => checkpoint.Sequence));
        Assert.Equal(Enumerable.Range(0, 80).Select(hour => hour == 0 ? 1L : hour * 60L), kept.SkipLast(256).Select(checkpoint => checkpoint.Sequence));
        Assert.Equal(FilePath, Assert.Single(Directory.GetFiles(directory)));
    }

    /// <summary>After half a year one line an hour is more than the limit: the file is not written anew each second from then on.</summary>
    [Fact]
    public void A_file_that_stays_large_is_thinned_again_only_when_it_has_doubled()
    {
        File.WriteAllLines(FilePath, Enumerable.Range(1, 5500).Select(hour => At(hour * 60).ToLine()));
        var file = new AnchorFile(directory);
        file.Append(At(5501 * 60));
        Assert.True(new FileInfo(FilePath).Length > 1 << 20);
        using var open = new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Append(At(5502 * 60));
        file.Append(At(5503 * 60));
        Assert.True(open.Length == new FileInfo(FilePath).Length, "the file was replaced by a new one");
        Assert.Equal(5503, file.Lines.Count);
    }

    public void Dispose()
    {
        key.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private Checkpoint At(int minute) => Checkpoint.Sign(new ChainHead(minute, SHA256.HashData(BitConverter.GetBytes(minute))), Start.AddMinutes(minute), "key", key);
}
