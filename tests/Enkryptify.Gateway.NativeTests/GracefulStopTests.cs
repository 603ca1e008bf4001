using System.Net;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>SIGTERM: readiness fails first, what is in flight is finished, the exit code is 0. A second signal ends the wait.</summary>
public class GracefulStopTests
{
    [Fact]
    public async Task An_idle_gateway_stops_with_exit_code_0()
    {
        await using var gateway = await NativeGateway.StartAsync();

        Assert.True(await gateway.StopAsync() == 0, gateway.Process.ToString());
    }

    [Fact]
    public async Task A_request_in_flight_is_finished_and_readiness_fails_meanwhile()
    {
        await using var gateway = await NativeGateway.StartAsync();
        using var client = new GatewayClient(gateway);
        using var pending = await BeginAsync(gateway, client, "IN_FLIGHT");

        gateway.Send(Signal.Terminate);
        await gateway.UntilReadinessIsAsync(503);
        var answer = await pending.FinishAsync();

        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        Assert.True(await gateway.WaitAsync() == 0, gateway.Process.ToString());

        await gateway.RestartAsync();
        using var later = new GatewayClient(gateway);
        var secret = await later.ReadSecretAsync(await later.SignInAsync(), "IN_FLIGHT");
        Assert.Equal(HttpStatusCode.OK, secret.Status);
    }

    [Fact]
    public async Task A_second_signal_cuts_short_what_is_in_flight()
    {
        // Without the second signal, the stop would wait an hour for the request that is never finished.
        var patient = new Dictionary<string, string> { ["ENKRYPTIFY_SERVER_SHUTDOWN_TIMEOUT_SECONDS"] = "3600" };
        await using var gateway = await NativeGateway.StartAsync(new GatewayStart { Environment = patient });
        using var client = new GatewayClient(gateway);
        using var pending = await BeginAsync(gateway, client, "CUT_SHORT");

        gateway.Send(Signal.Terminate);
        await gateway.UntilReadinessIsAsync(503);
        gateway.Send(Signal.Terminate);

        await gateway.WaitAsync();

        await gateway.RestartAsync();
        using var later = new GatewayClient(gateway);
        var secret = await later.ReadSecretAsync(await later.SignInAsync(), "CUT_SHORT");
        Assert.Equal(HttpStatusCode.NotFound, secret.Status);
    }

    private static async Task<PendingRequest> BeginAsync(NativeGateway gateway, GatewayClient client, string name) => await PendingRequest.SendHeadAsync(
        gateway.Url, "POST", client.SecretPath(), await client.SignInAsync(), client.NewSecret(name, "value").ToJsonString());
}
