using System.Security.Cryptography;
using System.Text.Json;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>What is handed to a site (<c>packaging/bundle</c>): complete, checkable, and the same bytes for the same input.</summary>
public class BundleTests
{
    [Fact]
    public async Task A_bundle_and_a_package_hold_all_and_come_out_the_same_again()
    {
        using var directory = new TemporaryDirectory();
        var binary = await PublishedBinary.GetAsync();
        var first = await Make(binary);
        var (bundle, package) = (first[0], first[1]);
        var digests = first.Select(Digest).ToArray();
        Assert.Equal(digests, (await Make(binary)).Select(Digest));

        await Run("tar", ["xzf", bundle, "-C", directory.FullPath], directory.FullPath);
        var folder = Assert.Single(Directory.GetDirectories(directory.FullPath));
        await Run("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], folder);
        Assert.Equal(
            Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length - 1, File.ReadLines(Path.Combine(folder, "SHA256SUMS")).Count());
        foreach (var file in (string[])["enkryptify-gateway.service", "enkryptify-gateway.socket", "sysusers.conf", "enkryptify.toml.example", "docs/operations.md", "README.md", "LICENSE", "THIRD-PARTY.md"])
        {
            Assert.True(File.Exists(Path.Combine(folder, file)), file);
        }

        var version = JsonElement.Parse((await Run(Path.Combine(folder, "enkryptify-gateway"), ["version", "--json"], folder)));
        Assert.Contains(version.GetProperty("version").GetString()!, Path.GetFileName(folder), StringComparison.Ordinal);

        using var sbom = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "sbom.cdx.json"), TestContext.Current.CancellationToken));
        Assert.Equal("CycloneDX", sbom.RootElement.GetProperty("bomFormat").GetString());
        Assert.Equal(Digest(binary), sbom.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("hashes")[0].GetProperty("content").GetString());
        var parts = sbom.RootElement.GetProperty("components").EnumerateArray().Select(part => part.GetProperty("name").GetString()!).ToList();
        var references = File.ReadLines(Repository.PathOf("src", "Enkryptify.Gateway", "Enkryptify.Gateway.csproj"))
            .Where(line => line.Contains("<PackageReference Include=", StringComparison.Ordinal)).Select(line => line.Split('"')[1]).ToList();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.Contains(reference, parts));

        var unpacked = directory.PathOf("deb");
        await Run("dpkg-deb", ["--extract", package, unpacked], directory.FullPath);
        Assert.Equal(Digest(binary), Digest(Path.Combine(unpacked, "usr", "bin", "enkryptify-gateway")));
        Assert.True(File.Exists(Path.Combine(unpacked, "usr", "lib", "systemd", "system", "enkryptify-gateway.service")));
        Assert.Contains("Architecture: amd64", await Run("dpkg-deb", ["--info", package], directory.FullPath), StringComparison.Ordinal);
    }

    private static async Task<string[]> Make(string binary) =>
        [.. (await Run(Repository.PathOf("packaging", "bundle"), [binary], Repository.PathOf("packaging"), new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = "1767225600" }))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(path => Repository.PathOf(path.Split('/')))];

    private static async Task<string> Run(string program, string[] arguments, string directory, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (code, output, errors) = await ChildProcess.RunAsync(program, arguments, directory, environment, limit: TimeSpan.FromMinutes(2));
        Assert.True(code == 0, $"{program}: {code}\n{output}{errors}");
        return output;
    }

    private static string Digest(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
