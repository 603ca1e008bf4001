using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Storage;

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
        Assert.Equal(expected.Replace("{cwd}", _directory.FullName, StringComparison.Ordinal), Locate(dataDirectory, socket, variable).Path);

    [Fact]
    public void The_quick_starts_socket_in_the_working_directory_is_found()
    {
        string development = _directory.CreateSubdirectory(".enkryptify-dev").FullName;
        File.WriteAllText(Path.Combine(development, "admin.sock"), "");

        Assert.Equal($"{development}/admin.sock", Locate(null, null, null).Path);
        Assert.Equal("/env.sock", Locate(null, null, "/env.sock").Path);
        Assert.Equal((true, false), (Locate(null, null, null).Guessed, Locate(".enkryptify-dev", null, null).Guessed));
    }

    /// <summary>Threat: a directory that others can write, in which somebody laid out a socket of their own for whoever runs a verb there.</summary>
    [Fact]
    public async Task What_lies_in_the_working_directory_is_used_only_if_the_same_user_runs_it()
    {
        await using var gateway = await FakeGateway.StartAsync();
        string development = Path.Combine(_directory.FullName, ".enkryptify-dev");
        Directory.CreateSymbolicLink(development, gateway.DataDirectory);

        CliRun refused = await new Cli { WorkingDirectory = _directory.FullName, UserId = FileOwner.Self + 1 }.RunAsync("workspace", "list");
        Assert.Equal(ExitCode.Denied, refused.Code);
        Assert.Contains("another user runs it", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--data-dir", refused.Error, StringComparison.Ordinal);
        Assert.Empty(gateway.Requests);

        Assert.Equal(ExitCode.Ok, (await new Cli { WorkingDirectory = _directory.FullName }.RunAsync("workspace", "list")).Code);
        Assert.Equal(ExitCode.Ok, (await new Cli { UserId = FileOwner.Self + 1 }.RunAsync("workspace", "list", "--data-dir", development)).Code);
    }

    private SocketPlace Locate(string? dataDirectory, string? socket, string? variable) => AdminSocket.Locate(
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
