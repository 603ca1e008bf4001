using System.Globalization;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests.Systemd;

/// <summary>The unit files, as systemd's own checker sees them.</summary>
public partial class UnitFileTests
{
    /// <summary>systemd's scale goes from 0 (safe) to 10. What is left is what a server cannot do without: the network.</summary>
    private const double MostExposed = 1.5;

    [Fact]
    public async Task The_service_is_exposed_little()
    {
        using var directory = new TemporaryDirectory();
        var (code, output, errors) = await Analyze(directory, "security", "--offline=true");
        var level = ExposureLevel().Match(output);
        Assert.True(code == 0 && level.Success, output + errors);
        var score = double.Parse(level.Groups[1].Value, CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"systemd-analyze security: {score}");
        Assert.InRange(score, 0, MostExposed);
    }

    [Fact]
    public async Task Both_units_verify()
    {
        using var directory = new TemporaryDirectory();
        var (code, output, errors) = await Analyze(directory, "verify");
        Assert.True(code == 0, output + errors);
        Assert.Equal("", errors.Trim());
    }

    [Fact]
    public async Task A_unit_with_a_mistake_does_not_verify()
    {
        using var directory = new TemporaryDirectory();
        var (_, output, errors) = await Analyze(directory, "verify", change: unit => unit.Replace("PrivateTmp=yes", "PrivateTemp=yes", StringComparison.Ordinal));
        Assert.Contains("PrivateTemp", output + errors, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> Analyze(
        TemporaryDirectory directory, string verb, string? option = null, Func<string, string>? change = null)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "there is no systemd-analyze: apt-get install systemd");
        foreach (var name in (string[])["enkryptify-gateway.service", "enkryptify-gateway.socket"])
        {
            // The executable is not installed on this host: another one stands in for its path, and nothing else is changed.
            var unit = File.ReadAllText(Repository.PathOf("packaging", name)).Replace("ExecStart=/usr/bin/enkryptify-gateway", "ExecStart=/bin/true", StringComparison.Ordinal);
            File.WriteAllText(directory.PathOf(name), change?.Invoke(unit) ?? unit);
        }

        string[] units = verb == "verify" ? ["./enkryptify-gateway.service", "./enkryptify-gateway.socket"] : ["./enkryptify-gateway.service"];
        return await ChildProcess.RunAsync("systemd-analyze", option is null ? [verb, "--man=no", .. units] : [verb, option, .. units], directory.FullPath);
    }

    [GeneratedRegex(@"Overall exposure level for \S+: ([0-9.]+)")]
    private static partial Regex ExposureLevel();
}
