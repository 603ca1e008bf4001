using Enkryptify.Gateway.Cli;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class TokenTests
{
    private const string Raw = "ek_live_marker000000000000000000000000000000000000000";
    private const string Id = "01900000-0000-7000-8000-0000000000aa";

    private const string Made = $$"""
        {"id":"{{Id}}","token":"{{Raw}}","name":"ci","prefix":"ek_live_mark","permission":"read","scope":{"all":true,"teams":[],"projects":[],"environments":[]},"expiresAt":"2026-12-01T10:20:30.000Z"}
        """;

    public static TheoryData<string, string, string, string> Scopes => new()
    {
        { "--all", "read", "30d", """{"all":true,"teams":[],"projects":[],"environments":[]}""" },
        { "--team platform --permission read-write --expires 24h", "read-write", "24h", Only("teams", FakeGateway.Platform) },
        { "--project demo --expires 6m", "read", "6m", Only("projects", FakeGateway.Demo) },
        { "--environment demo/production", "read", "30d", Only("environments", FakeGateway.Production) },
        { $"--environment {FakeGateway.Development}", "read", "30d", Only("environments", FakeGateway.Development) },
        {
            $"--team {FakeGateway.Platform} --project demo --project {FakeGateway.Demo} --environment demo/development --environment demo/production",
            "read",
            "30d",
            $$"""{"all":false,"teams":["{{FakeGateway.Platform}}"],"projects":["{{FakeGateway.Demo}}"],"environments":["{{FakeGateway.Development}}","{{FakeGateway.Production}}"]}"""
        },
    };

    [Theory]
    [MemberData(nameof(Scopes))]
    public async Task A_scope_of_names_is_sent_as_ids(string options, string permission, string expires, string scope)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"POST {FakeGateway.Tokens}", 201, Made);

        CliRun run = await CliRun.OnAsync(gateway, ["token", "create", "--name", "ci", .. options.Split(' ')]);

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Equal(
            $$"""{"name":"ci","permission":"{{permission}}","scope":{{scope}},"expiresIn":"{{expires}}"}""",
            gateway.Changes.Single().Body);
    }

    [Fact]
    public async Task The_token_is_alone_on_standard_output_and_nowhere_else()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"POST {FakeGateway.Tokens}", 201, Made);
        gateway.Answer($"POST {FakeGateway.Tokens}/{Id}/rotate", 200, Made);

        CliRun created = await CliRun.OnAsync(gateway, "token", "create", "--name", "ci", "--all");
        CliRun rotated = await CliRun.OnAsync(gateway, "token", "rotate", Id);

        Assert.Equal(Raw + "\n", created.Output);
        Assert.Equal($"Created token ci (id {Id}, read), valid until 2026-12-01 10:20Z. Keep it now: it is not shown again.\n", created.Error);
        Assert.Equal(Raw + "\n", rotated.Output);
        Assert.StartsWith("Rotated token ci", rotated.Error, StringComparison.Ordinal);
        Assert.Empty(gateway.Changes[^1].Body);
    }

    [Fact]
    public async Task As_json_a_created_token_is_the_apis_document()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"POST {FakeGateway.Tokens}", 201, Made);

        Assert.Equal(new CliRun(ExitCode.Ok, Made + "\n", ""), await CliRun.OnAsync(gateway, "token", "create", "--name", "ci", "--all", "--json"));
    }

    [Theory]
    [InlineData("production", 2)]
    [InlineData("demo/", 2)]
    [InlineData("demo/nope", 3)]
    [InlineData("nope/production", 3)]
    public async Task An_environment_that_is_not_clear_creates_nothing(string environment, int code)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();

        CliRun run = await CliRun.OnAsync(gateway, "token", "create", "--name", "ci", "--environment", environment);

        Assert.Equal(code, run.Code);
        Assert.Empty(gateway.Changes);
    }

    [Fact]
    public async Task A_list_tells_scope_and_state_in_words()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Tokens}", 200, $$"""
            [
              {"id":"1","name":"all","prefix":"ek_live_aaaa","permission":"read-write","scope":{"all":true,"teams":[],"projects":[],"environments":[]},"expiresAt":"2026-12-01T00:00:00Z","lastUsedAt":"2026-06-01T12:00:00Z","revokedAt":null},
              {"id":"2","name":"some","prefix":"ek_live_bbbb","permission":"read","scope":{"all":false,"teams":["{{FakeGateway.Platform}}"],"projects":["{{FakeGateway.Demo}}","gone"],"environments":["{{FakeGateway.Production}}"]},"expiresAt":"2026-06-01T00:00:00Z","lastUsedAt":null,"revokedAt":null},
              {"id":"3","name":"old","prefix":"ek_live_cccc","permission":"read","scope":{"all":false},"expiresAt":"2026-12-01T00:00:00Z","lastUsedAt":null,"revokedAt":"2026-05-01T00:00:00Z"}
            ]
            """);
        Cli cli = new() { Socket = gateway.SocketPath, Clock = new FakeTimeProvider(new DateTimeOffset(2026, 6, 2, 0, 0, 0, TimeSpan.Zero)) };

        CliRun run = await cli.RunAsync("token", "list");

        Assert.Equal("", run.Error);
        string[] lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(["NAME", "PREFIX", "PERMISSION", "SCOPE", "EXPIRES", "LAST USED", "STATE"], Cells(lines[0]));
        Assert.Equal(["all", "ek_live_aaaa", "read-write", "everything", "2026-12-01 00:00Z", "2026-06-01 12:00Z", "active"], Cells(lines[1]));
        Assert.Equal(
            ["some", "ek_live_bbbb", "read", "team platform; projects demo, gone; environment demo/production", "2026-06-01 00:00Z", "never", "expired"],
            Cells(lines[2]));
        Assert.Equal(["old", "ek_live_cccc", "read", "nothing", "2026-12-01 00:00Z", "never", "revoked"], Cells(lines[3]));
    }

    [Fact]
    public async Task A_name_means_the_one_token_of_that_name_that_is_not_revoked()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Tokens}", 200, """
            [{"id":"old","name":"ci","revokedAt":"2026-01-01T00:00:00Z"},{"id":"live","name":"ci","revokedAt":null},{"id":"x1","name":"two","revokedAt":null},{"id":"x2","name":"two","revokedAt":null}]
            """);
        gateway.Answer($"DELETE {FakeGateway.Tokens}/live", 200, """{"success":true}""");

        CliRun one = await CliRun.OnAsync(gateway, "token", "revoke", "ci");
        CliRun two = await CliRun.OnAsync(gateway, "token", "revoke", "two");

        Assert.Equal(new CliRun(ExitCode.Ok, "Revoked token ci (id live).\n", ""), one);
        Assert.Equal((ExitCode.Error, "error: 2 unrevoked tokens are named two\nhint: name one by its id: x1, x2\n"), (two.Code, two.Error));
        Assert.Equal($"DELETE {FakeGateway.Tokens}/live", Assert.Single(gateway.Changes).ToString());
    }

    private static string Only(string kind, string id) => new[] { "teams", "projects", "environments" }
        .Aggregate("""{"all":false""", (json, each) => json + $",\"{each}\":[{(each == kind ? $"\"{id}\"" : "")}]") + "}";

    private static string[] Cells(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
