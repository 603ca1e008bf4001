using Enkryptify.Gateway.Secrets;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Cli;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class ImportTests
{
    private const string List = $"GET {FakeGateway.Secrets}?environmentId={FakeGateway.Production}";
    private const string Post = $"POST {FakeGateway.Secrets}";
    private static readonly string[] Import = ["secret", "import", "-", "--project", "demo", "--environment", "production"];

    [Fact]
    public async Task New_secrets_go_in_one_request()
    {
        await using FakeGateway gateway = await Holding();

        CliRun run = await Run(gateway, "\ufeffA=1\n# comment\nB=two words\n");

        Assert.Equal(new CliRun(ExitCode.Ok, "Imported 2 secrets into demo/production: 2 created, 0 updated, 0 unchanged.\n", ""), run);
        Assert.Equal(
            $$"""{"environments":["{{FakeGateway.Production}}"],"secrets":[{"key":"A","value":"1","type":"runtime","dataType":"text"},{"key":"B","value":"two words","type":"runtime","dataType":"text"}]}""",
            gateway.Changes.Single().Body);
    }

    [Fact]
    public async Task Every_problem_of_the_file_is_shown_with_its_line_and_nothing_is_sent()
    {
        await using FakeGateway gateway = await Holding();
        string text = $"A=marker\nnonsense marker\nB=\nbad.name=marker\nA=marker\nBIG={new string('x', (64 * 1024) + 1)}\nNUL=marker\0\n01900000-0000-7000-8000-000000000001=marker\n";

        CliRun run = await Run(gateway, text);

        Assert.Equal(ExitCode.Error, run.Code);
        string[] lines = run.Error.TrimEnd().Split('\n');
        Assert.Equal("error: nothing was written", lines[^1]);
        Assert.Equal([2, 3, 4, 5, 6, 7, 8], lines[..^1].Select(line => int.Parse(line.Split(':')[2], null)));
        Assert.All(lines[..^1], line => Assert.StartsWith("error: standard input:", line, StringComparison.Ordinal));
        Assert.Contains("the same name as on line 1", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("marker", run.Error, StringComparison.Ordinal);
        Assert.Empty(gateway.Requests);
    }

    [Fact]
    public async Task A_file_without_a_secret_is_an_error()
    {
        await using FakeGateway gateway = await Holding();

        Assert.Equal(new CliRun(ExitCode.Error, "", "error: standard input holds no secret\n"), await Run(gateway, "# nothing\n\n"));
    }

    [Fact]
    public async Task Names_that_exist_stop_the_import_before_anything_is_written()
    {
        await using FakeGateway gateway = await Holding(("A", "1"), ("C", "3"));

        CliRun run = await Run(gateway, "A=1\nB=2\nC=9\n");

        Assert.Equal(ExitCode.Error, run.Code);
        Assert.Equal(
            "error: A exists already in demo/production\nerror: C exists already in demo/production\nerror: nothing was written\nhint: add --overwrite to replace these values\n",
            run.Error);
        Assert.Empty(gateway.Changes);
    }

    [Fact]
    public async Task Overwrite_creates_the_new_replaces_the_changed_and_leaves_the_equal()
    {
        await using FakeGateway gateway = await Holding(("A", "1"), ("C", "3"));
        gateway.Answer($"PUT {FakeGateway.Secrets}/id-C", 200, """{"success":true}""");

        CliRun run = await Run(gateway, "A=1\nB=2\nC=9\n", "--overwrite", "--json");

        Assert.Equal(new CliRun(ExitCode.Ok, """{"success":true,"created":1,"updated":1,"unchanged":1}""" + "\n", ""), run);
        Assert.Equal([Post, $"PUT {FakeGateway.Secrets}/id-C"], gateway.Changes.Select(change => change.ToString()));
        Assert.Equal(
            $$"""{"name":"C","type":"runtime","dataType":"text","values":[{"environmentId":"{{FakeGateway.Production}}","value":"9","isPersonal":false}]}""",
            gateway.Changes[1].Body);
    }

    [Fact]
    public async Task A_large_import_goes_in_batches_below_the_body_limit_and_says_so()
    {
        await using FakeGateway gateway = await Holding();
        string[] names = [.. Enumerable.Range(0, 200).Select(n => $"S{n}")];

        CliRun run = await Run(gateway, string.Concat(names.Select(name => $"{name}={new string('x', 60_000)}\n")));

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Equal("200 new secrets need 3 requests; each is written whole or not at all, so a failure leaves the earlier ones written.\n", run.Error);
        Assert.Equal(3, gateway.Changes.Length);
        Assert.All(gateway.Changes, change => Assert.InRange(Encoding.UTF8.GetByteCount(change.Body), 1, 4 * 1024 * 1024));
        Assert.Equal(names, gateway.Changes.SelectMany(Keys));
    }

    [Fact]
    public async Task A_batch_that_fails_says_what_stands_and_how_to_go_on()
    {
        await using FakeGateway gateway = await Holding();
        int posts = 0;
        gateway.Answer(Post, context =>
        {
            context.Response.StatusCode = ++posts == 2 ? 503 : 201;
            return context.Response.WriteAsync("""{"message":"the disk is full"}""");
        });

        CliRun run = await Run(gateway, string.Concat(Enumerable.Range(0, 200).Select(n => $"S{n}={new string('x', 60_000)}\n")));

        int firstBatch = Keys(gateway.Changes[0]).Count();
        Assert.Equal(ExitCode.Error, run.Code);
        Assert.Empty(run.Output);
        Assert.EndsWith(
            $"error: the disk is full\nerror: {firstBatch} of 200 secrets were written before this\n"
            + "hint: the same import with --overwrite goes on from here: it leaves values that are equal alone\n",
            run.Error,
            StringComparison.Ordinal);
        Assert.Equal(2, gateway.Changes.Length);
    }

    [Theory]
    [InlineData(true, 500, true)]
    [InlineData(true, 499, false)]
    [InlineData(false, 500, false)]
    public async Task Progress_is_for_terminals_and_large_imports(bool terminal, int secrets, bool shown)
    {
        await using FakeGateway gateway = await Holding();

        CliRun run = await Run(gateway, string.Concat(Enumerable.Range(0, secrets).Select(n => $"S{n}=v\n")), terminal: terminal);

        Assert.Equal(shown ? "\rimporting: 0 of 500 secrets written\rimporting: 500 of 500 secrets written\n" : "", run.Error);
        Assert.StartsWith($"Imported {secrets} secrets", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_of_escapes_stays_below_the_limit_too()
    {
        // Each of these characters is six bytes in JSON.
        DotEnvEntry[] entries = [.. Enumerable.Range(0, 40).Select(n => new DotEnvEntry($"N{n}", new string('\u0001', 60_000), n))];

        List<ImportBatch> batches = ImportBatch.Of("env", entries);

        Assert.Equal(40, batches.Sum(batch => batch.Count));
        Assert.All(batches, batch => Assert.InRange(batch.Body.Length, 1, 4 * 1024 * 1024));
        Assert.All(batches, batch => Assert.Equal(batch.Count, JsonElement.Parse(batch.Body).GetProperty("secrets").GetArrayLength()));
    }

    [Fact]
    public void A_batch_holds_no_more_secrets_than_a_request_may()
    {
        DotEnvEntry[] entries = [.. Enumerable.Range(0, CreateSecrets.MaxValues + 1).Select(n => new DotEnvEntry($"N{n}", "v", n))];

        List<ImportBatch> batches = ImportBatch.Of("env", entries);

        Assert.Equal([CreateSecrets.MaxValues, 1], batches.Select(batch => batch.Count));
    }

    private static async Task<FakeGateway> Holding(params (string Name, string Value)[] secrets)
    {
        FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer(List, 200, $"[{string.Join(',', secrets.Select(secret => $$"""
            {"id":"id-{{secret.Name}}","name":"{{secret.Name}}","type":"runtime","dataType":"text","values":[{"environmentId":"{{FakeGateway.Production}}","value":"{{secret.Value}}","isPersonal":false}]}
            """))}]");
        gateway.Answer(Post, 201, """{"success":true}""");
        return gateway;
    }

    private static Task<CliRun> Run(FakeGateway gateway, string file, params string[] options) => Run(gateway, file, terminal: false, options);

    private static Task<CliRun> Run(FakeGateway gateway, string file, bool terminal, params string[] options) =>
        new Cli { Socket = gateway.SocketPath, Input = Encoding.UTF8.GetBytes(file), Terminal = terminal }.RunAsync([.. Import, .. options]);

    private static IEnumerable<string> Keys(SeenRequest request) =>
        JsonElement.Parse(request.Body).GetProperty("secrets").EnumerateArray().Select(secret => secret.GetProperty("key").GetString()!);
}
