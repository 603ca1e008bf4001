using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests.Systemd;

/// <summary>The program of <c>tests/fixtures/launch.c</c>, which gives the gateway the surroundings that systemd would.</summary>
internal static class Launcher
{
    /// <summary>What stands before the executable's own command line.</summary>
    public static async Task<IReadOnlyList<string>> CompileAsync(TemporaryDirectory directory, params string[] arguments)
    {
        var program = directory.PathOf("launch");
        var (code, output, errors) = await ChildProcess.RunAsync(
            "gcc", ["-Wall", "-Werror", "-o", program, Repository.PathOf("tests", "fixtures", "launch.c")], directory.FullPath);
        Assert.True(code == 0, output + errors);
        return [program, .. arguments, "--"];
    }
}
