using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests.Tracing;

/// <summary>The preloaded library of <c>tests/fixtures/nosync.c</c>, under which no sync reaches the kernel.</summary>
internal static class NoSync
{
    /// <summary>Compiles it into <paramref name="directory"/> and returns the environment that loads it.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> CompileAsync(TemporaryDirectory directory)
    {
        var library = directory.PathOf("nosync.so");
        var (code, output, errors) = await ChildProcess.RunAsync(
            "gcc", ["-shared", "-fPIC", "-Wall", "-Werror", "-o", library, Repository.PathOf("tests", "fixtures", "nosync.c")], directory.FullPath);
        Assert.True(code == 0, output + errors);
        return new Dictionary<string, string> { ["LD_PRELOAD"] = library };
    }
}
