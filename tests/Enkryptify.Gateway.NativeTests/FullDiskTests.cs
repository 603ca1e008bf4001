using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>
/// A disk that fills up under a busy gateway, and empties again: no acknowledged write is lost, nothing crashes, refusals can be read, and no restart is
/// needed. On a small file system made for the test.
/// </summary>
public class FullDiskTests
{
    private const long Mib = 1 << 20;
    private const int DiskMib = 48;

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["ENKRYPTIFY_STORAGE_MIN_FREE_MIB"] = "8",
        ["ENKRYPTIFY_STORAGE_RESERVE_MIB"] = "4",
        ["ENKRYPTIFY_RATE_LIMITS_REQUESTS_PER_MINUTE_PER_ADDRESS"] = "0",
        ["ENKRYPTIFY_RATE_LIMITS_EXCHANGES_PER_MINUTE_PER_CREDENTIAL"] = "0",
    };

    [Fact]
    public async Task A_disk_that_fills_under_load_loses_no_acknowledged_write_and_needs_no_restart()
    {
        await using var disk = await SmallDisk.MountAsync(DiskMib);
        await using var gateway = await NativeGateway.StartAsync(new GatewayStart { Directory = disk.FullPath, Environment = Settings });
        using var client = new GatewayClient(gateway);
        var jwt = await client.SignInAsync();
        var work = new Work(client, jwt);
        for (var round = 0; round < 3; round++)
        {
            var before = work.Acknowledged.Count;
            var writers = Enumerable.Range(0, 3).Select(writer => work.WriteAsync($"R{round}_{writer}")).ToArray();
            await UntilAsync(() => work.Acknowledged.Count > before + 20, "writes before the disk was full");

            // To the last block, at once: the writes under way find no room.
            var refused = work.Refusals.Count;
            disk.Leave(0);
            await UntilAsync(() => work.Refusals.Count > refused + 5, "refusals on the full disk");
            Assert.False(gateway.Process.HasExited, gateway.Process.ToString());
            Assert.Equal(503, await gateway.ReadinessAsync());

            disk.Clear();
            await gateway.UntilReadinessIsAsync(200);
            var after = work.Acknowledged.Count;
            await UntilAsync(() => work.Acknowledged.Count > after + 20, "writes after there was room again");
            work.Stop();
            await Task.WhenAll(writers);
            work.Go();
        }

        Assert.All(work.Refusals, refusal => Assert.True(refusal.Contains("\"disk_full\"", StringComparison.Ordinal) && refusal.StartsWith("503 ", StringComparison.Ordinal), refusal));
        await AllIsThereAsync(gateway, client, jwt, work);

        await gateway.KillAsync();
        await gateway.RestartAsync();
        await AllIsThereAsync(gateway, client, jwt, work);
        Assert.DoesNotContain("   at ", gateway.Process.Errors, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine($"{work.Acknowledged.Count} acknowledged writes, all found; {work.Refusals.Count} refused with disk_full");
    }

    [Fact]
    public async Task First_changes_are_refused_then_reads_and_revocations_last()
    {
        await using var disk = await SmallDisk.MountAsync(DiskMib);
        await using var gateway = await NativeGateway.StartAsync(new GatewayStart { Directory = disk.FullPath, Environment = Settings });
        using var client = new GatewayClient(gateway);
        var jwt = await client.SignInAsync();
        Assert.True((await client.CreateSecretAsync(jwt, "KEPT", "value")).Acknowledged);
        var (one, other) = (await client.CreateTokenAsync("one"), await client.CreateTokenAsync("other"));

        disk.Leave(6 * Mib);
        await gateway.UntilReadinessIsAsync(503);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.CreateSecretAsync(jwt, "MORE", "value")).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.ReadSecretAsync(jwt, "KEPT")).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.ExchangeAsync(one.Field("token"))).Status);
        Assert.True((await client.RevokeTokenAsync(one.Field("id"))).Acknowledged);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.ExchangeAsync(one.Field("token"))).Status);

        // All but full: the reserve is given up, then eaten too, down to what is kept for revocations.
        disk.Leave(0);
        await UntilAsync(() => disk.Free > 2 * Mib, "the reserve to be given up");
        Assert.Equal(HttpStatusCode.OK, (await client.ReadSecretAsync(jwt, "KEPT")).Status);
        disk.Leave(3 * Mib / 2);
        await UntilAsync(async () => (await client.ReadSecretAsync(jwt, "KEPT")).Status == HttpStatusCode.ServiceUnavailable, "reads to be refused");
        Assert.True((await client.RevokeTokenAsync(other.Field("id"))).Acknowledged);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.ExchangeAsync(client.Start.ApiToken)).Status);

        disk.Clear();
        await gateway.UntilReadinessIsAsync(200);
        Assert.Equal(HttpStatusCode.OK, (await client.ReadSecretAsync(jwt, "KEPT")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.ExchangeAsync(other.Field("token"))).Status);
        Assert.True((await client.CreateSecretAsync(jwt, "MORE", "value")).Acknowledged);
        Assert.Equal(4 * Mib, new FileInfo(Path.Combine(gateway.DataDirectory, "reserve")).Length);
        Assert.Equal(0, await gateway.StopAsync());
        await VerifyAsync(gateway);
    }

    [Fact]
    public async Task A_start_on_a_full_disk_serves_from_the_reserve_and_without_one_says_what_is_wrong()
    {
        await using var disk = await SmallDisk.MountAsync(DiskMib);
        await using var gateway = await NativeGateway.StartAsync(new GatewayStart { Directory = disk.FullPath, Environment = Settings });
        using (var client = new GatewayClient(gateway))
        {
            Assert.True((await client.CreateSecretAsync(await client.SignInAsync(), "KEPT", "value")).Acknowledged);
        }

        Assert.Equal(0, await gateway.StopAsync());
        disk.Leave(0);
        string[] arguments = ["serve", "--dev", "--listen", gateway.Url.GetLeftPart(UriPartial.Authority)];
        await using (var process = ChildProcess.Start(await PublishedBinary.GetAsync(), arguments, disk.FullPath, Settings))
        {
            await UntilAsync(async () => await gateway.ReadinessAsync() == 503 || process.HasExited, "the gateway to answer");
            Assert.False(process.HasExited, process.ToString());
            using var client = new GatewayClient(gateway);
            Assert.Equal(HttpStatusCode.OK, (await client.ReadSecretAsync(await client.SignInAsync(), "KEPT")).Status);
            Signals.Send(process.Id, Signal.Terminate);
            Assert.Equal(0, await process.WaitAsync());
        }

        disk.Leave(0);
        var (code, output, errors) = await ChildProcess.RunAsync(await PublishedBinary.GetAsync(), arguments, disk.FullPath, Settings);
        Assert.True(code == 1, $"exit code {code}: {output}{errors}");
        Assert.Contains("full disk", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);

        disk.Clear();
        await gateway.RestartAsync();
        using var again = new GatewayClient(gateway);
        Assert.Equal(HttpStatusCode.OK, (await again.ReadSecretAsync(await again.SignInAsync(), "KEPT")).Status);
        await VerifyAsync(gateway);
    }

    private static async Task AllIsThereAsync(NativeGateway gateway, GatewayClient client, string jwt, Work work)
    {
        var found = await client.ListSecretsAsync(jwt);
        Assert.All(work.Acknowledged, secret => Assert.Equal(secret.Value, found.GetValueOrDefault(secret.Key)));
        await VerifyAsync(gateway);
    }

    private static async Task VerifyAsync(NativeGateway gateway)
    {
        var (code, output, errors) = await gateway.RunAsync("audit", "verify", "--data-dir", gateway.DataDirectory);
        Assert.True(code == 0, $"audit verify exited {code}: {output}{errors}");
    }

    private static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, $"waited in vain for {what}");
            await Task.Delay(20);
        }
    }

    /// <summary>What writers did, and what was acknowledged.</summary>
    private sealed class Work(GatewayClient client, string jwt)
    {
        private volatile bool stopping;

        public ConcurrentDictionary<string, string> Acknowledged { get; } = new();

        public ConcurrentBag<string> Refusals { get; } = [];

        public void Stop() => stopping = true;

        public void Go() => stopping = false;

        public async Task WriteAsync(string prefix)
        {
            for (var i = 0; !stopping; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}_{i}");
                var value = RandomNumberGenerator.GetHexString(512);
                var answer = await client.CreateSecretAsync(jwt, name, value);
                if (answer.Acknowledged)
                {
                    Acknowledged[name] = value;
                    await Task.Delay(3);
                }
                else
                {
                    Refusals.Add(answer.ToString());
                    await Task.Delay(20);
                }
            }
        }
    }
}
