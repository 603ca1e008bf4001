using System.Text;
using Enkryptify.Gateway.Tests.Exchange.Oidc;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Cli;

/// <summary><c>identity</c> and <c>issuer</c> against a real gateway.</summary>
public class IdentityTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task Keys_from_standard_input_a_test_and_a_removal()
    {
        using var cluster = new Cluster("https://cli.test");
        var added = await Run(
            cluster.Jwks.ToJsonString(), "identity", "add", "--name", "web-cli", "--issuer", cluster.Url, "--audience", Cluster.Audience, "--subject", Cluster.Subject, "--claim", "ref=a=b",
            "--service-account-uid", Cluster.Uid, "--environment", "shop/dev", "--jwks", "-", "--workspace", "acme");
        Assert.Equal(("", 0), (added.Error, added.Code));
        Assert.Contains("Added identity web-cli", added.Output, StringComparison.Ordinal);
        var token = cluster.Token(gateway.Clock.GetUtcNow(), payload => payload["ref"] = "a=b");
        Assert.Equal(200, (await gateway.Oidc(token)).Status);

        var accepted = await Run(token + "\n", "identity", "test", "--token-file", "-", "--workspace", "acme");
        Assert.Equal((0, ""), (accepted.Code, accepted.Error));
        Assert.Contains("ok     signature", accepted.Output, StringComparison.Ordinal);
        var refused = await Run(cluster.Token(gateway.Clock.GetUtcNow(), payload => payload["aud"] = "other\u001b[31m"), "identity", "test", "--token-file", "-", "--workspace", "acme");
        Assert.Equal(4, refused.Code);
        Assert.Contains("FAILED audience: other\\u001b[31m", refused.Output, StringComparison.Ordinal);
        Assert.Contains($"expected: {Cluster.Audience}", refused.Output, StringComparison.Ordinal);
        Assert.Contains("wrong_audience", refused.Error, StringComparison.Ordinal);

        var listed = await Run("", "identity", "list", "--workspace", "acme");
        Assert.Contains(Cluster.Subject, listed.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Run("", "identity", "remove", "web-cli", "--workspace", "acme")).Code);
        Assert.Equal(401, (await gateway.Oidc(token)).Status);
        Assert.Equal(3, (await Run("", "identity", "remove", "web-cli", "--workspace", "acme")).Code);
    }

    [Fact]
    public async Task Issuers_are_made_rolled_over_and_removed()
    {
        using var cluster = new Cluster("https://cli-issuer.test");
        Assert.Equal(0, (await Run(cluster.Jwks.ToJsonString(), "issuer", "create", "--name", "prod-cli", "--url", cluster.Url, "--jwks", "-", "--workspace", "acme")).Code);
        cluster.RollOver("cli-next");
        var uploaded = await Run(cluster.Jwks.ToJsonString(), "issuer", "keys", "prod-cli", "--jwks", "-", "--workspace", "acme");
        Assert.Contains("2 uploaded", uploaded.Output, StringComparison.Ordinal);
        Assert.Contains("cli-next", (await Run("", "issuer", "list", "--workspace", "acme")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await Run("no json", "issuer", "keys", "prod-cli", "--jwks", "-", "--workspace", "acme")).Code);
        Assert.Equal(0, (await Run("", "issuer", "remove", "prod-cli", "--workspace", "acme")).Code);
    }

    private Task<CliRun> Run(string input, params string[] args) =>
        new Cli { Socket = gateway.Gateway.AdminSocketPath, Input = Encoding.UTF8.GetBytes(input) }.RunAsync(args);
}
