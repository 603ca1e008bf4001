using System.Text;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Operations.Install;

namespace Enkryptify.Gateway.Tests.Cli;

/// <summary><c>install</c> and <c>uninstall</c> in a root of the test's own.</summary>
public sealed class InstallTests : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("ekgw-root-");

    private Installation Place => new(root.FullName);

    [Fact]
    public async Task It_lays_out_a_service_that_is_sound()
    {
        var key = Path.Combine(root.FullName, "kept.key");
        Secret(key, MasterKey.NewText());
        var run = await CliRun.OfAsync("install", "--root", root.FullName, "--key-file", key);
        Assert.True(run.Code == 0, run.Error);

        Assert.True(File.GetUnixFileMode(Place.Executable).HasFlag(UnixFileMode.OtherExecute));
        Assert.Contains("ExecStart=/usr/local/bin/enkryptify-gateway serve --config /etc/enkryptify-gateway/enkryptify.toml\n", File.ReadAllText(Place.Unit), StringComparison.Ordinal);
        Assert.Contains("u enkryptify-gateway ", File.ReadAllText(Place.Users), StringComparison.Ordinal);
        var config = ConfigLoader.Load(new ConfigSources { FilePath = Place.Configuration });
        Assert.True(config.IsValid);
        Assert.Equal("credential:master.key", config.Config.Encryption.MasterKey.ToString());
        Assert.Equal(File.ReadAllText(key).Trim(), File.ReadAllText(Place.PlainKey).Trim());
        Assert.Equal(Steps.Secret, File.GetUnixFileMode(Place.PlainKey));
        Assert.Contains("LoadCredential=master.key:/etc/enkryptify-gateway/master.key", File.ReadAllText(Place.PlainKeyDropIn), StringComparison.Ordinal);
        Assert.DoesNotContain(File.ReadAllText(key).Trim(), run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_one_keeps_key_and_configuration()
    {
        var escrow = Path.Combine(root.FullName, "escrow");
        Assert.Equal(0, (await CliRun.OfAsync("install", "--root", root.FullName, "--escrow-file", escrow)).Code);
        var key = File.ReadAllText(Place.PlainKey);
        Assert.Equal((key, Steps.Secret), (File.ReadAllText(escrow), File.GetUnixFileMode(escrow)));
        File.AppendAllText(Place.Configuration, "# mine\n");
        File.Delete(Place.Unit);

        Assert.Equal(0, (await CliRun.OfAsync("install", "--root", root.FullName)).Code);
        Assert.Equal(key, File.ReadAllText(Place.PlainKey));
        Assert.EndsWith("# mine\n", File.ReadAllText(Place.Configuration), StringComparison.Ordinal);
        Assert.True(File.Exists(Place.Unit));
    }

    [Fact]
    public async Task Without_a_place_for_the_copy_of_the_key_nothing_is_done()
    {
        var run = await CliRun.OfAsync("install", "--root", root.FullName);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("--escrow-file", run.Error, StringComparison.Ordinal);
        Assert.Empty(root.GetFileSystemInfos());
    }

    [Fact]
    public async Task Data_without_its_key_gets_no_new_one()
    {
        Directory.CreateDirectory(Place.Data);
        File.WriteAllText(Path.Combine(Place.Data, "gateway.db"), "data");
        var run = await CliRun.OfAsync("install", "--root", root.FullName, "--escrow-file", Path.Combine(root.FullName, "escrow"));
        Assert.Equal(ExitCode.Error, run.Code);
        Assert.Contains("a new one could not open it", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Place.Unit) || File.Exists(Path.Combine(root.FullName, "escrow")));
    }

    [Fact]
    public async Task A_dry_run_tells_and_does_nothing()
    {
        var run = await CliRun.OfAsync("install", "--root", root.FullName, "--dry-run");
        Assert.Equal(0, run.Code);
        Assert.Contains($"would write {Place.Unit}", run.Error, StringComparison.Ordinal);
        Assert.Empty(root.GetFileSystemInfos());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task At_a_terminal_the_copy_has_to_be_confirmed(bool right)
    {
        var error = new StringWriter();
        using var input = new Typist(() =>
        {
            var shown = error.ToString().Split('\n').First(line => line.StartsWith("    ", StringComparison.Ordinal)).Trim();
            return (right ? shown.TrimEnd('=')[^6..] : "wrong!") + "\n";
        });
        var code = await CommandLine.RunAsync(["install", "--root", root.FullName], new Surroundings
        {
            Input = input, Output = new StringWriter(), Error = error, InputIsTerminal = true, ErrorIsTerminal = true, Variable = _ => null, WorkingDirectory = "/",
        });
        Assert.Equal(right ? 0 : 1, code);
        Assert.Equal(right, File.Exists(Place.PlainKey));
        Assert.True(right ? error.ToString().Contains(File.ReadAllText(Place.PlainKey).Trim(), StringComparison.Ordinal) : root.GetFileSystemInfos().Length == 0);
    }

    [Fact]
    public async Task Uninstalling_removes_the_service_and_nothing_of_value()
    {
        Assert.Equal(0, (await CliRun.OfAsync("install", "--root", root.FullName, "--escrow-file", Path.Combine(root.FullName, "escrow"))).Code);
        Directory.CreateDirectory(Place.Data);
        var data = Path.Combine(Place.Data, "gateway.db");
        File.WriteAllText(data, "data");

        var run = await CliRun.OfAsync("uninstall", "--root", root.FullName);
        Assert.Equal(0, run.Code);
        Assert.Contains($"kept: {Place.Data}", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Place.Unit) || File.Exists(Place.Executable) || File.Exists(Place.PlainKeyDropIn));
        Assert.True(File.Exists(data) && File.Exists(Place.PlainKey) && File.Exists(Place.Configuration));

        // What was kept is taken up again.
        Assert.Equal(0, (await CliRun.OfAsync("install", "--root", root.FullName)).Code);
    }

    [Fact]
    public async Task The_host_itself_is_for_root()
    {
        var run = await new Cli { UserId = 1000 }.RunAsync("install");
        Assert.Equal(ExitCode.Denied, run.Code);
        Assert.Equal(ExitCode.Denied, (await new Cli { UserId = 1000 }.RunAsync("uninstall")).Code);
    }

    public void Dispose() => root.Delete(recursive: true);

    private static void Secret(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Types a line each time one is asked for.</summary>
    private sealed class Typist(Func<string> line) : MemoryStream
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => Encoding.UTF8.GetBytes(line(), buffer);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
