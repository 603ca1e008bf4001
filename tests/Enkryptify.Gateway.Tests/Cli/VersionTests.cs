using System.Text.Json;
using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class VersionTests
{
    [Theory]
    [InlineData("0.1.0+abc123", "0.1.0", "abc123")]
    [InlineData("0.1.0-rc.1+abc", "0.1.0-rc.1", "abc")]
    [InlineData("1.2.3", "1.2.3", null)]
    [InlineData("1.2.3+", "1.2.3", null)]
    public void The_informational_version_comes_apart(string informational, string version, string? commit) =>
        Assert.Equal(new ProductVersion(version, commit), ProductVersion.Parse(informational));

    [Fact]
    public async Task For_people_it_is_one_line()
    {
        CliRun run = await CliRun.OfAsync("version");

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Matches(@"^enkryptify-gateway \d+\.\d+\.\d+\S* \(commit \w+\), \.NET 10\.\S+, linux-\w+\n$", run.Output);
    }

    [Fact]
    public async Task As_json_it_is_one_document()
    {
        CliRun run = await CliRun.OfAsync("version", "--json");

        JsonElement version = JsonElement.Parse(run.Output);
        Assert.Equal("enkryptify-gateway", version.GetProperty("name").GetString());
        Assert.Equal(ProductVersion.Current.Version, version.GetProperty("version").GetString());
        Assert.Equal(ProductVersion.Current.Commit, version.GetProperty("commit").GetString());
        Assert.Equal(ProductVersion.Date, version.TryGetProperty("date", out JsonElement date) ? date.GetDateTimeOffset() : null);
        Assert.Equal(ProductVersion.Current.Commit is null, ProductVersion.Date is null);
        Assert.StartsWith(".NET 10.", version.GetProperty("runtime").GetString(), StringComparison.Ordinal);
    }
}
