using System.Text;
using Enkryptify.Gateway.NativeTests.Harness;
using Enkryptify.Gateway.Tests.Exchange.Oidc;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>
/// The commands of docs/kubernetes.md, as they are written there, one after the other in a shell. <c>kubectl</c> is a script that prints what a cluster would;
/// the gateway's address and its paths are put in place of the examples'.
/// </summary>
public class KubernetesGuideTests
{
    private static readonly string Guide = Repository.PathOf("docs", "kubernetes.md");

    [Fact]
    public async Task Every_command_of_the_gateway_works_as_written()
    {
        await using var gateway = await NativeGateway.StartAsync();
        using var cluster = new Cluster();
        using var surroundings = new TemporaryDirectory();
        var (now, directory) = (TimeProvider.System.GetUtcNow(), gateway.WorkingDirectory);
        await File.WriteAllTextAsync(surroundings.PathOf("jwks"), cluster.Jwks.ToJsonString());
        await File.WriteAllTextAsync(surroundings.PathOf("token"), cluster.Token(now, payload => payload["aud"] = "https://gateway.example.com"));
        Script(surroundings.PathOf("kubectl"), $$"""
            case "$*" in
            "get --raw /openid/v1/jwks") cat {{surroundings.PathOf("jwks")}} ;;
            "create token web --namespace shop --audience https://gateway.example.com") cat {{surroundings.PathOf("token")}}; echo ;;
            "get serviceaccount web --namespace shop -o jsonpath={.metadata.uid}") printf %s {{Cluster.Uid}} ;;
            "get --raw /.well-known/openid-configuration" | "create serviceaccount web --namespace shop") ;;
            *) echo "a cluster would not understand: $*" >&2; exit 9 ;;
            esac
            """);
        File.CreateSymbolicLink(surroundings.PathOf("enkryptify-gateway"), await PublishedBinary.GetAsync());
        await using (var issuer = await IssuerServer.Start())
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), issuer.Ca);
        }

        await File.WriteAllTextAsync(Path.Combine(directory, "reader.token"), "reader\n");
        var blocks = Blocks();
        var fetched = Assert.Single(blocks, block => block.Contains("ISSUER-FROM-STEP-2", StringComparison.Ordinal));
        await Run(fetched);
        await Run("enkryptify-gateway identity remove web");
        var (ran, expected) = (0, 0);
        foreach (var block in blocks.Where(block => block != fetched))
        {
            expected += block.Contains("enkryptify-gateway", StringComparison.Ordinal) ? 1 : 0;
            if (block.StartsWith("--service-account-uid", StringComparison.Ordinal))
            {
                await Run($"enkryptify-gateway identity add --name pinned --issuer https://elsewhere.example.com --audience a --subject b --environment demo/production {block}");
            }
            else if (block.StartsWith("kubectl", StringComparison.Ordinal) || block.StartsWith("enkryptify-gateway", StringComparison.Ordinal) || block.StartsWith("curl", StringComparison.Ordinal))
            {
                var output = await Run(block);
                ran += block.Contains("enkryptify-gateway", StringComparison.Ordinal) ? 1 : 0;
                if (block.Contains("/oidc/exchange", StringComparison.Ordinal))
                {
                    Assert.StartsWith("{\"accessToken\":\"", output, StringComparison.Ordinal);
                }
            }
        }

        Assert.True(ran == expected && ran >= 6, $"{ran} of {expected} blocks ran");

        async Task<string> Run(string command)
        {
            var here = command
                .Replace("curl -s https://gateway.example.com", $"curl -s {gateway.Url.GetLeftPart(UriPartial.Authority)}", StringComparison.Ordinal)
                .Replace("/var/run/secrets/enkryptify/token", surroundings.PathOf("token"), StringComparison.Ordinal)
                .Replace("/var/lib/enkryptify-gateway", gateway.DataDirectory, StringComparison.Ordinal);
            var (code, output, errors) = await ChildProcess.RunAsync(
                "bash", ["-ec", "set -o pipefail\n" + here], directory, new Dictionary<string, string> { ["PATH"] = $"{surroundings.FullPath}:{Environment.GetEnvironmentVariable("PATH")}" });
            Assert.True(code == 0, $"{command}\n{output}{errors}");
            return output;
        }
    }

    /// <summary>What stands in fences without a language, in order.</summary>
    private static List<string> Blocks()
    {
        var blocks = new List<string>();
        StringBuilder? block = null;
        var other = false;
        foreach (var line in File.ReadLines(Guide).Select(line => line.Trim()))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                if (block is not null)
                {
                    blocks.Add(block.ToString().Trim());
                }

                (block, other) = block is null && !other && line == "```" ? (new StringBuilder(), false) : (null, block is null && !other);
            }
            else
            {
                block?.Append(line).Append('\n');
            }
        }

        return blocks;
    }

    private static void Script(string path, string body)
    {
        File.WriteAllText(path, "#!/bin/sh\n" + body);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
