using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class SecretTests : IDisposable
{
    private const string Marker = "hunter2-marker";
    private const string ById = $"{FakeGateway.Secrets}/s1";
    private static readonly string[] Where = ["--project", "demo", "--environment", "production"];
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ek-secret-");

    private static string One(string value) => $$"""
        {"id":"s1","name":"KEY","note":"n","type":"runtime","dataType":"text","values":[{"environmentId":"{{FakeGateway.Production}}","value":"{{value}}","isPersonal":false}],"updatedAt":"2026-01-02T03:04:05Z"}
        """;

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("v", "v")]
    [InlineData("v\n", "v")]
    [InlineData("v\r\n", "v")]
    [InlineData("v\n\n", "v\n")]
    [InlineData("a\nb\n", "a\nb")]
    [InlineData("  ü€😀 \"\\", "  ü€😀 \"\\")]
    public async Task A_new_secret_is_posted_without_one_trailing_newline(string input, string value)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"POST {FakeGateway.Secrets}", 201, """{"success":true}""");

        CliRun run = await Piped(gateway, input).RunAsync(["secret", "set", "KEY", "-", .. Where]);

        Assert.Equal(new CliRun(ExitCode.Ok, "Created KEY in demo/production.\n", ""), run);
        Assert.Contains($"GET {FakeGateway.Secrets}/KEY?environmentId={FakeGateway.Production}", gateway.Requests.Select(r => r.ToString()));
        JsonElement body = JsonElement.Parse(gateway.Changes.Single().Body);
        Assert.Equal($"[\"{FakeGateway.Production}\"]", body.GetProperty("environments").GetRawText());
        JsonElement secret = body.GetProperty("secrets").EnumerateArray().Single();
        Assert.Equal(["key=KEY", $"value={value}", "type=runtime", "dataType=text"], secret.EnumerateObject().Select(p => $"{p.Name}={p.Value.GetString()}"));
    }

    [Fact]
    public async Task An_existing_secret_is_put_with_only_that_environments_shared_value()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Secrets}/KEY?environmentId={FakeGateway.Production}", 200, One("before"));
        gateway.Answer($"PUT {ById}", 200, """{"success":true}""");
        File.WriteAllText(Path.Combine(_directory.FullName, "v.txt"), "after\n");
        Cli cli = new() { Socket = gateway.SocketPath, WorkingDirectory = _directory.FullName };

        CliRun run = await cli.RunAsync(["secret", "set", "KEY", "--value-file", "v.txt", "--keep-newline", .. Where]);

        Assert.Equal(new CliRun(ExitCode.Ok, "Updated KEY in demo/production.\n", ""), run);
        Assert.Equal(
            $$"""{"name":"KEY","type":"runtime","dataType":"text","values":[{"environmentId":"{{FakeGateway.Production}}","value":"after\n","isPersonal":false}]}""",
            gateway.Changes.Single().Body);
    }

    [Theory]
    [InlineData("", "the value is empty")]
    [InlineData("\n", "the value is empty")]
    public async Task An_empty_value_is_refused_before_anything_is_sent(string input, string error)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();

        CliRun run = await Piped(gateway, input).RunAsync(["secret", "set", "KEY", "-", .. Where]);

        Assert.Equal(ExitCode.Error, run.Code);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.Empty(gateway.Requests);
    }

    [Fact]
    public async Task A_value_that_is_no_text_too_large_or_not_there_is_refused()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();

        CliRun binary = await new Cli { Socket = gateway.SocketPath, Input = [0x61, 0xff, 0xfe] }.RunAsync(["secret", "set", "KEY", "-", .. Where]);
        CliRun large = await Piped(gateway, new string('x', (64 * 1024) + 3)).RunAsync(["secret", "set", "KEY", "-", .. Where]);
        CliRun missing = await CliRun.OnAsync(gateway, ["secret", "set", "KEY", "--value-file", "/nowhere/at/all", .. Where]);
        CliRun directory = await CliRun.OnAsync(gateway, ["secret", "set", "KEY", "--value-file", _directory.FullName, .. Where]);

        Assert.StartsWith("error: standard input is not UTF-8 text\nhint: ", binary.Error, StringComparison.Ordinal);
        Assert.Equal("error: standard input is larger than 64 KiB\n", large.Error);
        Assert.Equal("error: there is no file /nowhere/at/all\n", missing.Error);
        Assert.Contains("or it is a directory", directory.Error, StringComparison.Ordinal);
        Assert.All([binary, large, missing, directory], run => Assert.Equal(ExitCode.Error, run.Code));
        Assert.Empty(gateway.Requests);
    }

    [Fact]
    public async Task A_refused_value_is_in_no_message()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"POST {FakeGateway.Secrets}", 400, """{"message":"secrets[0].value: refused"}""");

        CliRun run = await Piped(gateway, Marker).RunAsync(["secret", "set", "KEY", "-", .. Where]);

        Assert.Equal(new CliRun(ExitCode.Error, "", "error: secrets[0].value: refused\n"), run);
        Assert.DoesNotContain(gateway.Requests, request => request.Target.Contains(Marker, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, "a\\nb", "a\nb")]
    [InlineData(true, "a\\nb", "a\nb\n")]
    [InlineData(false, "\\u001b[1m€", "\u001b[1m€")]
    public async Task Get_writes_the_value_as_it_is_with_a_newline_only_on_a_terminal(bool terminal, string stored, string output)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Secrets}/KEY?environmentId={FakeGateway.Production}", 200, One(stored));

        CliRun run = await new Cli { Socket = gateway.SocketPath, Terminal = terminal }.RunAsync(["secret", "get", "KEY", .. Where]);

        Assert.Equal(new CliRun(ExitCode.Ok, output, ""), run);
    }

    [Fact]
    public async Task Get_resolves_when_asked_and_answers_json_when_asked()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Secrets}/KEY?environmentId={FakeGateway.Production}&resolve=true", 200, One("resolved"));

        Assert.Equal("resolved", (await CliRun.OnAsync(gateway, ["secret", "get", "KEY", "--resolve", .. Where])).Output);
        Assert.Equal(One("resolved") + "\n", (await CliRun.OnAsync(gateway, ["secret", "get", "KEY", "--resolve", "--json", .. Where])).Output);
    }

    [Fact]
    public async Task Get_of_what_is_not_there_is_exit_3()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Secrets}/KEY?environmentId={FakeGateway.Production}", 404, """{"message":"Secret not found"}""");

        Assert.Equal(new CliRun(ExitCode.NotFound, "", "error: Secret not found\n"), await CliRun.OnAsync(gateway, ["secret", "get", "KEY", .. Where]));
    }

    [Fact]
    public async Task A_list_holds_values_only_when_they_are_asked_for()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Secrets}?environmentId={FakeGateway.Production}", 200, $"[{One(Marker)}]");
        string[] list = ["secret", "list", .. Where];

        CliRun names = await CliRun.OnAsync(gateway, list);
        CliRun json = await CliRun.OnAsync(gateway, [.. list, "--json"]);
        CliRun values = await CliRun.OnAsync(gateway, [.. list, "--values"]);
        CliRun both = await CliRun.OnAsync(gateway, [.. list, "--values", "--json"]);

        Assert.Equal("NAME  TYPE     UPDATED            NOTE\nKEY   runtime  2026-01-02 03:04Z  n\n", names.Output);
        Assert.Equal(
            $"NAME  TYPE     UPDATED            NOTE  ENVIRONMENT  VALUE\nKEY   runtime  2026-01-02 03:04Z  n     production   {Marker}\n",
            values.Output);
        Assert.DoesNotContain(Marker, json.Output, StringComparison.Ordinal);
        Assert.Equal("KEY", JsonElement.Parse(json.Output)[0].GetProperty("name").GetString());
        Assert.Equal(["environmentId", "isPersonal"], JsonElement.Parse(json.Output)[0].GetProperty("values")[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal($"[{One(Marker)}]\n", both.Output);
    }

    [Fact]
    public async Task A_list_without_an_environment_asks_for_all()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer($"GET {FakeGateway.Secrets}", 200, "[]");

        Assert.Equal(
            new CliRun(ExitCode.Ok, "", "There is no secret in demo to show.\n"), await CliRun.OnAsync(gateway, "secret", "list", "--project", "demo"));
    }

    private static Cli Piped(FakeGateway gateway, string input) => new() { Socket = gateway.SocketPath, Input = Encoding.UTF8.GetBytes(input) };
}
