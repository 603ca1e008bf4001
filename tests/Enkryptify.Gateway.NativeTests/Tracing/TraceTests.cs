using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests.Tracing;

/// <summary>The tracer and the preloaded library on a program that is known to write and to sync: dd.</summary>
public class TraceTests
{
    [Fact]
    public async Task Writes_and_the_sync_after_them_are_seen()
    {
        using var directory = new TemporaryDirectory();
        var events = await TraceAsync(directory, new Dictionary<string, string>());

        var path = directory.PathOf("out-wal");
        var write = Assert.Single(events.OfType<FileWrite>(), write => write.Path == path);
        var sync = Assert.Single(events.OfType<FileSync>(), sync => sync.Path == path);
        Assert.Equal(512, write.Data.Length);
        Assert.True(sync.Begin > write.End);
    }

    [Fact]
    public async Task With_the_library_preloaded_no_sync_reaches_the_kernel()
    {
        using var directory = new TemporaryDirectory();
        var events = await TraceAsync(directory, await NoSync.CompileAsync(directory));

        Assert.Contains(events.OfType<FileWrite>(), write => write.Path == directory.PathOf("out-wal"));
        Assert.Empty(events.OfType<FileSync>());
    }

    private static async Task<IReadOnlyList<TraceEvent>> TraceAsync(TemporaryDirectory directory, IReadOnlyDictionary<string, string> environment)
    {
        var trace = new Trace(directory.PathOf("strace.log"));
        await using var process = trace.Start("dd", ["if=/dev/zero", "of=out-wal", "bs=512", "count=1", "conv=fdatasync"], directory.FullPath, environment);
        Assert.True(await process.WaitAsync() == 0, process.ToString());
        return trace.Events();
    }
}
