using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Operations;

public class GracefulStopTests
{
    [Fact]
    public async Task Readiness_fails_first_while_requests_are_still_served()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (_, _, machine) = await gateway.Machine();
        Assert.Equal(200, (await gateway.Anonymous.Get("/readyz")).Status);
        var stopping = gateway.Gateway.StopAsync(TimeSpan.FromSeconds(10), CancellationToken.None);

        var ready = await gateway.Anonymous.Get("/readyz");
        Assert.Equal(503, ready.Status);
        Assert.Equal("unavailable", (string)ready.Json["status"]!);
        Assert.Equal("stopping", (string)ready.Json["checks"]!["serving"]!);
        Assert.Equal(200, (await gateway.Anonymous.Get("/healthz")).Status);
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        Assert.False(stopping.IsCompleted);

        gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => gateway.Anonymous.Get("/healthz"));
    }

    [Fact]
    public async Task A_request_under_way_is_finished_and_what_it_wrote_is_kept()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (_, _, machine) = await gateway.Machine();
        var url = gateway.Gateway.Urls[0];
        var body = Encoding.UTF8.GetBytes(Json.Secret("LATE", "in time", [acme.ShopDev]).ToJsonString());
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/workspace/acme/project/shop/secret HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {machine.Token}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nExpect: 100-continue\r\n\r\n"));
        var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync());

        var stopping = gateway.Gateway.StopAsync(TimeSpan.Zero, CancellationToken.None);
        await RefusesConnections(url);
        Assert.False(stopping.IsCompleted);
        await stream.WriteAsync(body);
        Assert.Equal("", await reader.ReadLineAsync());
        Assert.Equal("HTTP/1.1 201 Created", await reader.ReadLineAsync());
        await stopping;

        await gateway.Restart();
        var read = await gateway.Bearer(machine.Token!).Get("/v1/workspace/acme/project/shop/secret/LATE?environmentId=dev");
        Assert.Equal("in time", (string)read.Json["values"]![0]!["value"]!);
    }

    [Fact]
    public async Task A_stop_in_a_hurry_cuts_short_and_loses_nothing_that_was_acknowledged()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var url = gateway.Gateway.Urls[0];
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port);
        await client.GetStream().WriteAsync("POST /v1/auth/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"u8.ToArray());
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret("KEPT", "x", [acme.ShopDev]))).Status);
        using var hurry = new CancellationTokenSource();
        var stopping = gateway.Gateway.StopAsync(TimeSpan.FromHours(1), hurry.Token);
        await hurry.CancelAsync();
        await stopping;
        await gateway.Restart();
        Assert.Equal(200, (await gateway.Operator.Get("/v1/workspace/acme/project/shop/secret/KEPT")).Status);
    }

    [Fact]
    public async Task A_start_and_a_stop_are_in_the_audit_log_and_the_whole_of_it_is_anchored()
    {
        await using var gateway = await TestGateway.Start();
        await gateway.Anonymous.Get("/v1/workspace");
        await gateway.Anonymous.Get("/v1/workspace");
        await gateway.Close();
        Assert.False(File.Exists(Path.Combine(gateway.DataDirectory, Database.FileName + "-wal")));
        var entries = AuditTail.Entries(gateway);
        Assert.Equal(("gateway", "START"), ((string)entries[0]["actor"]!["kind"]!, (string)entries[0]["action"]!));
        Assert.Equal(("gateway", "STOP"), ((string)entries[^1]["actor"]!["kind"]!, (string)entries[^1]["action"]!));

        // The second refusal of the minute was only counted so far: the stop writes it down.
        Assert.Equal([1, 1], entries.Where(entry => (string)entry["action"]! == "REFUSE").Select(entry => (int)entry["data"]!["count"]!));
        var report = ChainVerifier.Verify(gateway.DataDirectory);
        Assert.Empty(report.Problems);
        Assert.Equal((entries.Count, 0), (report.Entries, report.NotYetAnchored));
        await gateway.Open();
        Assert.Equal("START", (string)AuditTail.Entries(gateway)[^1]["action"]!);
    }

    private static async Task RefusesConnections(Uri url)
    {
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(url.Host, url.Port);
                await Task.Yield();
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}
