using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>What is handed to an operator: one file that needs nothing but the C library.</summary>
public class PublishTests
{
    [Fact]
    public void The_script_only_calls_the_publish_line()
    {
        var lines = File.ReadAllLines(Repository.PathOf("publish.ps1"));

        Assert.InRange(lines.Length, 1, 10);
        Assert.Single(lines, line => line.Contains("dotnet", StringComparison.Ordinal));
        Assert.Equal(["publish", "src/Enkryptify.Gateway", "-c", "Release"], PublishedBinary.PublishArguments()[..4]);
    }

    [Fact]
    public async Task Publishing_gives_one_file()
    {
        var binary = await PublishedBinary.GetAsync();

        var file = Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(binary)!));
        Assert.Equal(binary, file);
        Assert.True(File.GetUnixFileMode(binary).HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    public async Task It_is_linked_to_the_C_library_alone()
    {
        var (code, output, errors) = await ChildProcess.RunAsync("ldd", [await PublishedBinary.GetAsync()], Repository.Root);

        Assert.True(code == 0, errors);
        var libraries = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Path.GetFileName(line.Trim().Split(' ')[0])).Order().ToArray();
        Assert.Contains("libc.so.6", libraries);
        Assert.All(libraries, library => Assert.Matches(@"^(libc\.so\.6|libm\.so\.6|ld-linux-[a-z0-9-]+\.so\.[12]|linux-vdso\.so\.1)$", library));
    }

    [Fact]
    public async Task It_runs_alone_in_an_empty_directory_and_names_its_version()
    {
        using var directory = new TemporaryDirectory();
        var copy = directory.PathOf(PublishedBinary.Name);
        File.Copy(await PublishedBinary.GetAsync(), copy);

        var (code, output, errors) = await ChildProcess.RunAsync(copy, ["version"], directory.FullPath);

        Assert.True(code == 0, output + errors);
        Assert.Contains(DeclaredVersion(), output, StringComparison.Ordinal);
        Assert.Equal(copy, Assert.Single(Directory.GetFileSystemEntries(directory.FullPath)));
    }

    private static string DeclaredVersion()
    {
        var properties = System.Xml.Linq.XDocument.Load(Repository.PathOf("Directory.Build.props"));
        return properties.Descendants("Version").Single().Value;
    }
}
