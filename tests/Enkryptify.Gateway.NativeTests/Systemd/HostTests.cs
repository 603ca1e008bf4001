using System.Globalization;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests.Systemd;

/// <summary>
/// A host with systemd as process 1, in namespaces on an overlay of this one's files (<c>tests/fixtures/systemd</c>): install, start, ready, reload,
/// watchdog, backup, a new master key, stop, a wrong key, uninstall, under the unit's whole hardening, and with no network but loopback.
/// </summary>
public class HostTests
{
    private const int NotHere = 77;

    [Fact]
    public async Task The_service_lives_its_life_under_systemd()
    {
        using var directory = new TemporaryDirectory();
        var boot = Repository.PathOf("tests", "fixtures", "systemd", "boot");
        var (code, output, errors) = await ChildProcess.RunAsync(
            "unshare", ["--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--net", "--kill-child", boot, directory.FullPath, await PublishedBinary.GetAsync()],
            directory.FullPath, limit: TimeSpan.FromMinutes(5));
        var log = directory.PathOf("service.log");
        Assert.SkipWhen(code == NotHere || !File.Exists(log), $"systemd cannot be process 1 here: {errors}{(File.Exists(directory.PathOf("refused")) ? await File.ReadAllTextAsync(directory.PathOf("refused")) : "")}");

        var text = await File.ReadAllTextAsync(log);
        var said = text.Split('\n').Where(line => line.Contains(": ", StringComparison.Ordinal)).GroupBy(line => line[..line.IndexOf(':', StringComparison.Ordinal)])
            .ToDictionary(group => group.Key, group => group.Last()[(group.Key.Length + 2)..]);
        Assert.True(said.GetValueOrDefault("end") == "reached", text + output + errors);
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        string[] expected =
        [
            "install=0", "init=0", "start=0", "active=active", "status=serving on http://127.0.0.1:8480", "readyz=200", "capabilities=0000000000000000", "seccomp=2", "privileges=1", "core=0",
            "read=a value", "reload=0", "watchdog=alive", "restarts=0", "backup=0", "rotate=0", "finish=0", "read-again=a value", "check=0", "stop=success/0", "wrong-key=failed/78/0", "uninstall=0", "kept=2", "gone=0",
        ];
        Assert.Equal(expected, expected.Select(line => line[..line.IndexOf('=', StringComparison.Ordinal)]).Select(name => $"{name}={said.GetValueOrDefault(name)}"));
        Assert.InRange(double.Parse(said["exposure"], CultureInfo.InvariantCulture), 0, 1.5);
        Assert.DoesNotContain("PROBLEM", text, StringComparison.Ordinal);
    }
}
