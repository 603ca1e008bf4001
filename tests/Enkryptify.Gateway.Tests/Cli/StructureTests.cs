using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class StructureTests
{
    private const string Team = $"/v1/workspace/{FakeGateway.Acme}/team";
    private const string Project = $"/v1/workspace/{FakeGateway.Acme}/project";
    private const string Environment = $"{Project}/{FakeGateway.Demo}/environment";

    public static TheoryData<string, string, string, string> Creates => new()
    {
        { "workspace create --name Acme --slug acme", "/v1/workspace", """{"name":"Acme","slug":"acme"}""", "Created workspace s (n), id i.\n" },
        { "team create platform --workspace acme", Team, """{"name":"platform"}""", "Created team n in acme, id i.\n" },
        {
            "project create --workspace acme --team platform --name Web --slug web",
            Project,
            $$"""{"name":"Web","slug":"web","teamId":"{{FakeGateway.Platform}}"}""",
            "Created project s (n) in team platform, id i.\n"
        },
        { "environment create staging --project demo", Environment, """{"name":"staging","hasPersonalOverrides":false}""", "Created environment n in demo, id i.\n" },
        {
            "environment create staging --project demo --personal-overrides",
            Environment,
            """{"name":"staging","hasPersonalOverrides":true}""",
            "Created environment n in demo, id i.\n"
        },
    };

    [Theory]
    [MemberData(nameof(Creates))]
    public async Task A_create_sends_the_contracts_body_and_says_what_it_made(string line, string path, string body, string sentence)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"POST {path}", 201, """{"id":"i","name":"n","slug":"s","more":1}""");

        CliRun people = await CliRun.OnAsync(gateway, line.Split(' '));
        CliRun json = await CliRun.OnAsync(gateway, [.. line.Split(' '), "--json"]);

        Assert.Equal(new CliRun(ExitCode.Ok, sentence, ""), people);
        Assert.Equal(new CliRun(ExitCode.Ok, """{"id":"i","name":"n","slug":"s","more":1}""" + "\n", ""), json);
        Assert.All(gateway.Changes, request =>
        {
            Assert.Equal(($"POST {path}", body, "application/json"), (request.ToString(), request.Body, request.ContentType));
            Assert.Empty(request.Authorization);
        });
        Assert.Equal(2, gateway.Changes.Length);
    }

    [Theory]
    [InlineData("workspace list", $"SLUG  NAME      ID\nacme  Acme Inc  {FakeGateway.Acme}\n")]
    [InlineData("team list", $"NAME      PROJECTS  CREATED            ID\nplatform  1         2026-01-02 03:04Z  {FakeGateway.Platform}\n")]
    [InlineData("project list", $"SLUG  NAME      TEAM      UPDATED            ID\ndemo  Demo App  platform  2026-02-03 04:05Z  {FakeGateway.Demo}\n")]
    [InlineData(
        "environment list --project demo",
        $"NAME         PERSONAL VALUES  ID\ndevelopment  on               {FakeGateway.Development}\nproduction   off              {FakeGateway.Production}\n")]
    public async Task A_list_is_an_aligned_table(string line, string expected)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();

        Assert.Equal(new CliRun(ExitCode.Ok, expected, ""), await CliRun.OnAsync(gateway, line.Split(' ')));
    }

    [Theory]
    [InlineData("workspace list", "/v1/workspace", 1)]
    [InlineData("team list --workspace acme", Team, 2)]
    [InlineData("project list --workspace acme", Project, 2)]
    public async Task A_list_as_json_is_the_apis_own_document(string line, string path, int requests)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        string answer = $$"""[{"id":"{{FakeGateway.Acme}}","slug":"acme","unknownToUs":[1,2]}]""";
        gateway.Answer($"GET {path}", 200, answer);

        Assert.Equal(new CliRun(ExitCode.Ok, answer + "\n", ""), await CliRun.OnAsync(gateway, [.. line.Split(' '), "--json"]));
        Assert.Equal(requests, gateway.Requests.Count);
    }

    [Fact]
    public async Task An_empty_list_leaves_standard_output_empty()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {Team}", 200, "[]");

        Assert.Equal(new CliRun(ExitCode.Ok, "", "There is no team in acme yet.\n"), await CliRun.OnAsync(gateway, "team", "list"));
    }

    [Fact]
    public async Task Control_characters_do_not_reach_the_terminal()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", 200, """[{"id":"i","name":"a\u001b]0;x\u0007\u202eb","slug":"s"}]""");

        CliRun run = await CliRun.OnAsync(gateway, "workspace", "list");

        Assert.Contains("a\\u001b]0;x\\u0007\\u202eb", run.Output, StringComparison.Ordinal);
    }
}
