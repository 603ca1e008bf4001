using System.Text;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>Each hostile token is refused with the one answer; the audit log has the right reason, and <c>identity test</c> names the step.</summary>
public class HostileTokenTests(HostileTokenTests.World world) : IClassFixture<HostileTokenTests.World>
{
    public static TheoryData<string> Names => [.. HostileTokens.All.Select(row => row.Name)];

    [Fact]
    public void The_table_is_large_and_names_each_row_once()
    {
        Assert.True(HostileTokens.All.Count >= 60);
        Assert.Equal(HostileTokens.All.Count, HostileTokens.All.Select(row => row.Name).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Is_refused_with_its_reason(string name)
    {
        var gateway = world.Gateway;
        var row = HostileTokens.All.Single(row => row.Name == name);

        // Refusals of one kind share an entry for a minute: each row is to have its own.
        gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var now = gateway.Clock.GetUtcNow();
        var token = row.Make(world.Cluster, now);
        Assert.Equal(200, (await gateway.Oidc(world.Cluster.Token(now))).Status);
        var answer = await gateway.Oidc(token);
        Assert.Equal(world.OneAnswer, answer.Telling);
        var entry = AuditTail.Of(gateway, answer);
        Assert.Equal(("REFUSE", "denied", row.Reason), ((string)entry["action"]!, (string)entry["outcome"]!, (string)entry["reason"]!));
        Assert.Equal(world.Acme.Id("acme"), (string?)entry["workspace"] ?? (token.Length > 1 << 16 ? world.Acme.Id("acme") : null));
        Assert.NotEqual("", (string)entry["data"]!["expected"]!);
        Assert.True(entry.ToJsonString().Length < 4096, "what an entry quotes is bounded");
        Assert.DoesNotContain(".eyJ", entry.ToJsonString(), StringComparison.Ordinal);

        var test = await gateway.Operator.Post("/v1/workspace/acme/oidc/test", Json.Of(("token", token)));
        Assert.Equal((200, false, row.Reason), (test.Status, (bool)test.Json["accepted"]!, (string)test.Json["reason"]!));
        var failed = Assert.Single(test.Json["steps"]!.AsArray(), step => !(bool)step!["passed"]!)!;
        Assert.False(string.IsNullOrEmpty((string?)failed["expected"]));
        Assert.Equal((string)entry["data"]!["step"]!, (string)failed["step"]!);

        // The verb says the same to the operator: the step, and what was expected.
        var verb = await new Cli.Cli { Socket = gateway.Gateway.AdminSocketPath, Input = Encoding.UTF8.GetBytes(token + "\n") }.RunAsync("identity", "test", "--token-file", "-", "--workspace", "acme");
        Assert.Equal(4, verb.Code);
        Assert.Contains(row.Reason, verb.Error, StringComparison.Ordinal);
        var lines = verb.Output.Split('\n');
        var at = Array.FindIndex(lines, line => line.StartsWith($"FAILED {failed["step"]}", StringComparison.Ordinal));
        Assert.StartsWith("       expected: ", lines[at + 1], StringComparison.Ordinal);
        Assert.Equal(Printable.Of((string)failed["expected"]!), lines[at + 1]["       expected: ".Length..]);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("")]
    [InlineData("ACME")]
    [InlineData("acme ")]
    public async Task An_unknown_workspace_is_refused_alike(string workspace)
    {
        world.Gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var answer = await world.Gateway.Oidc(world.Cluster.Token(world.Gateway.Clock.GetUtcNow()), workspace);
        Assert.Equal(world.OneAnswer, answer.Telling);
        Assert.Equal("unknown_workspace", world.Gateway.Reason(answer));
    }

    [Fact]
    public async Task A_token_for_one_workspace_is_nothing_in_another()
    {
        world.Gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var answer = await world.Gateway.Oidc(world.Cluster.Token(world.Gateway.Clock.GetUtcNow()), "other");
        Assert.Equal(world.OneAnswer, answer.Telling);
        Assert.Equal("unknown_issuer", world.Gateway.Reason(answer));
    }

    public sealed class World : SharedAcme
    {
        internal Cluster Cluster { get; } = new();

        internal string OneAnswer { get; private set; } = "";

        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            using var elsewhere = new Cluster("https://elsewhere.test", "elsewhere");
            await Gateway.Registered(elsewhere.Registration(more: ("jwks", elsewhere.Jwks)));
            await Gateway.Registered(Cluster.Registration(more: ("jwks", Cluster.Jwks)));
            await Gateway.Registered(Cluster.Registration("system:serviceaccount:shop:pinned", more: ("serviceAccountUid", Cluster.Uid)));
            await Gateway.Registered(Cluster.Registration("system:serviceaccount:shop:ci", more: ("claims", Json.Of(("ref", "refs/heads/main")))));
            await Gateway.Registered(Cluster.Registration("system:serviceaccount:shop:elsewhere", more: ("audience", "another")));
            var gone = await Gateway.Registered(Cluster.Registration("system:serviceaccount:shop:gone"));
            Assert.Equal(200, (await Gateway.Operator.Delete($"/v1/workspace/acme/oidc/{gone}")).Status);
            var now = Gateway.Clock.GetUtcNow();
            Assert.Equal(200, (await Gateway.Oidc(Cluster.Token(now, subject: "system:serviceaccount:shop:pinned"))).Status);
            Assert.Equal(200, (await Gateway.Oidc(Cluster.Token(now, payload => payload["ref"] = "refs/heads/main", subject: "system:serviceaccount:shop:ci"))).Status);
            OneAnswer = (await Gateway.Oidc("nonsense")).Telling;
            Assert.StartsWith("401", OneAnswer, StringComparison.Ordinal);
            Assert.Contains("Invalid or expired token", OneAnswer, StringComparison.Ordinal);
        }
    }
}
