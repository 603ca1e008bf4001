using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class AdminSocketTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ek-socket-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("data", null, "/env.sock", "{cwd}/data/admin.sock")]
    [InlineData("/abs", null, "/env.sock", "/abs/admin.sock")]
    [InlineData(null, "x.sock", "/env.sock", "{cwd}/x.sock")]
    [InlineData(null, null, "/env.sock", "/env.sock")]
    [InlineData(null, null, "", "/var/lib/enkryptify-gateway/admin.sock")]
    [InlineData(null, null, null, "/var/lib/enkryptify-gateway/admin.sock")]
    public void A_flag_beats_the_environment_which_beats_the_default(string? dataDirectory, string? socket, string? variable, string expected) =>
        Assert.Equal(expected.Replace("{cwd}", _directory.FullName, StringComparison.Ordinal), Locate(dataDirectory, socket, variable));

    [Fact]
    public void The_quick_starts_socket_in_the_working_directory_is_found()
    {
        string development = _directory.CreateSubdirectory(".enkryptify-dev").FullName;
        File.WriteAllText(Path.Combine(development, "admin.sock"), "");

        Assert.Equal($"{development}/admin.sock", Locate(null, null, null));
        Assert.Equal("/env.sock", Locate(null, null, "/env.sock"));
    }

    private string Locate(string? dataDirectory, string? socket, string? variable) => AdminSocket.Locate(
        new Surroundings
        {
            Input = Stream.Null,
            Output = TextWriter.Null,
            Error = TextWriter.Null,
            Variable = name => name == "ENKRYPTIFY_SOCKET" ? variable : null,
            WorkingDirectory = _directory.FullName,
        },
        dataDirectory,
        socket);
}
