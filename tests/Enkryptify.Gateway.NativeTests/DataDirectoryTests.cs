using System.Text.RegularExpressions;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>A data directory belongs to one gateway at a time, and its database to one master key.</summary>
public class DataDirectoryTests
{
    private const string Database = "gateway.db";

    [Fact]
    public async Task A_second_gateway_is_refused_and_the_first_goes_on()
    {
        await using var gateway = await NativeGateway.StartAsync();

        var (code, output, errors) = await StartInAsync(gateway.WorkingDirectory);

        Assert.True(code == 1, $"exit code {code}: {output}{errors}");
        Assert.Contains("in use by another gateway", errors, StringComparison.Ordinal);
        Assert.Contains(".enkryptify-dev", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Equal(200, await gateway.ReadinessAsync());
    }

    [Fact]
    public async Task A_copied_database_without_the_master_key_is_refused()
    {
        using var copy = new TemporaryDirectory();
        await using var gateway = await WithASecretAsync();
        Copy(gateway.DataDirectory, copy, IsDatabase);

        await AssertRefusedByKeyAsync(copy);
        await AssertOpensWithItsOwnKeyAsync(gateway, copy);
    }

    [Fact]
    public async Task A_copied_database_with_another_master_key_is_refused()
    {
        using var copy = new TemporaryDirectory();
        await using (var other = await NativeGateway.StartAsync())
        {
            Assert.Equal(0, await other.StopAsync());
            Copy(other.DataDirectory, copy, file => !IsDatabase(file));
        }

        await using var gateway = await WithASecretAsync();
        Copy(gateway.DataDirectory, copy, IsDatabase);

        await AssertRefusedByKeyAsync(copy);
        await AssertOpensWithItsOwnKeyAsync(gateway, copy);
    }

    /// <summary>A stopped gateway with something in it.</summary>
    private static async Task<NativeGateway> WithASecretAsync()
    {
        var gateway = await NativeGateway.StartAsync();
        using var client = new GatewayClient(gateway);
        var answer = await client.CreateSecretAsync(await client.SignInAsync(), "COPIED", "value");
        Assert.True(answer.Acknowledged, answer.ToString());
        Assert.Equal(0, await gateway.StopAsync());
        return gateway;
    }

    /// <summary>At start, in words about the master key, naming the id of the one it is sealed under and of the one it was given.</summary>
    private static async Task AssertRefusedByKeyAsync(TemporaryDirectory copy)
    {
        var (code, output, errors) = await StartInAsync(copy.FullPath);

        Assert.True(code == 78, $"exit code {code}: {output}{errors}");
        Assert.Contains("master key", errors, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Matches(errors, @"\b[0-9a-f]{16}\b").Select(id => id.Value).Distinct().Count());
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    /// <summary>So it was the key that was missing, not a whole copy; and the refused start has spoilt nothing.</summary>
    private static async Task AssertOpensWithItsOwnKeyAsync(NativeGateway original, TemporaryDirectory copy)
    {
        Copy(original.DataDirectory, copy, file => !IsDatabase(file));
        await using var gateway = await NativeGateway.StartAsync(new GatewayStart { Directory = copy.FullPath });
        using var client = new GatewayClient(gateway);
        var answer = await client.ReadSecretAsync(await client.SignInAsync(), "COPIED");
        Assert.True(answer.Acknowledged, answer.ToString());
    }

    private static async Task<(int ExitCode, string Output, string Errors)> StartInAsync(string directory) => await ChildProcess.RunAsync(
        await PublishedBinary.GetAsync(), ["serve", "--dev", "--listen", Ports.FreeUrl().GetLeftPart(UriPartial.Authority)], directory);

    /// <summary>The database and its log.</summary>
    private static bool IsDatabase(string name) => name.StartsWith(Database, StringComparison.Ordinal);

    private static void Copy(string from, TemporaryDirectory to, Func<string, bool> chosen)
    {
        var data = Directory.CreateDirectory(to.PathOf(".enkryptify-dev"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in new DirectoryInfo(from).EnumerateFiles().Where(file => chosen(file.Name) && file.Extension != ".sock"))
        {
            file.CopyTo(Path.Combine(data.FullName, file.Name), overwrite: true);
        }
    }
}
