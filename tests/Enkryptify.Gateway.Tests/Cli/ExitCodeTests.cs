using System.Net.Sockets;
using Enkryptify.Gateway.Cli;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData(400, 1)]
    [InlineData(401, 4)]
    [InlineData(403, 4)]
    [InlineData(404, 3)]
    [InlineData(409, 1)]
    [InlineData(429, 1)]
    [InlineData(500, 1)]
    public async Task The_apis_message_is_one_line_on_standard_error(int status, int code)
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", status, """{"message":"what the API says","code":"x","requestId":"r"}""");

        CliRun run = await CliRun.OnAsync(gateway, "workspace", "list");

        Assert.Equal(code, run.Code);
        Assert.Empty(run.Output);
        Assert.Equal("error: what the API says", run.Error.Split('\n')[0]);
        Assert.Equal(code == ExitCode.Denied, run.Error.Contains("hint: the admin socket serves root", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_error_without_a_message_still_says_its_status()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", 502, "<html>");

        CliRun run = await CliRun.OnAsync(gateway, "workspace", "list");

        Assert.Equal((ExitCode.Error, "error: the gateway answered 502\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task An_answer_that_is_not_json_is_an_error()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", 200, "<html>");

        CliRun run = await CliRun.OnAsync(gateway, "workspace", "list");

        Assert.Equal(ExitCode.Error, run.Code);
        Assert.StartsWith("error: the gateway's answer is not JSON\nhint: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Escape_sequences_of_a_message_do_not_reach_the_terminal()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", 400, """{"message":"red \u001b[31m\nnext"}""");

        CliRun run = await CliRun.OnAsync(gateway, "workspace", "list");

        Assert.Equal("error: red \\u001b[31m\\nnext\n", run.Error);
    }

    [Fact]
    public async Task A_missing_socket_names_the_path_and_asks_whether_the_gateway_runs()
    {
        CliRun run = await CliRun.OfAsync("workspace", "list", "--data-dir", "/nowhere/at/all");

        Assert.Equal(ExitCode.Unreachable, run.Code);
        Assert.StartsWith("error: there is no socket /nowhere/at/all/admin.sock\nhint: is the gateway running?", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_nobody_listens_on_is_unreachable()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("ek-stale-");
        string path = Path.Combine(directory.FullName, "admin.sock");
        // Bound and never listened on: connecting is refused, as for what a killed gateway leaves behind.
        using (Socket bound = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            bound.Bind(new UnixDomainSocketEndPoint(path));
            CliRun run = await CliRun.OfAsync("workspace", "list", "--socket", path);

            Assert.Equal(ExitCode.Unreachable, run.Code);
            Assert.StartsWith($"error: nothing listens on {path}\nhint: is the gateway running?", run.Error, StringComparison.Ordinal);
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public void A_socket_that_may_not_be_opened_is_denied()
    {
        CommandFailure failure = AdminFailures.Unreachable("/d/admin.sock", new HttpRequestException("", new SocketException((int)SocketError.AccessDenied)));

        Assert.Equal((ExitCode.Denied, "no permission to open /d/admin.sock"), (failure.ExitCode, failure.Message));
        Assert.Contains("run this as one of them", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_closed_without_an_answer_is_unreachable()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        gateway.Answer("GET /v1/workspace", context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        CliRun run = await CliRun.OnAsync(gateway, "workspace", "list");

        Assert.Equal(ExitCode.Unreachable, run.Code);
        Assert.Contains("did not give a complete answer\nhint: the admin socket serves root", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_answer_within_the_time_limit_is_unreachable()
    {
        await using FakeGateway gateway = await FakeGateway.StartAsync();
        FakeTimeProvider clock = new();
        TaskCompletionSource asked = new();
        TaskCompletionSource never = new();
        gateway.Answer("GET /v1/workspace", async context =>
        {
            asked.SetResult();
            await never.Task.WaitAsync(context.RequestAborted);
        });

        Task<CliRun> running = new Cli { Socket = gateway.SocketPath, Clock = clock }.RunAsync("workspace", "list");
        await asked.Task;
        clock.Advance(TimeSpan.FromSeconds(30));
        CliRun run = await running;

        Assert.Equal(ExitCode.Unreachable, run.Code);
        Assert.StartsWith($"error: no answer from the gateway at {gateway.SocketPath} within 30 s\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_too_long_for_a_socket_is_a_usage_error()
    {
        CliRun run = await CliRun.OfAsync("workspace", "list", "--socket", "/" + new string('x', 120));

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("107 bytes", run.Error, StringComparison.Ordinal);
    }
}
