using System.Globalization;
using Enkryptify.Gateway.NativeTests.Harness;
using Enkryptify.Gateway.NativeTests.Tracing;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>
/// kill -9 keeps the kernel's page cache, a power cut does not. So the system calls are traced: before each reply to a change, the file that the
/// change went to was synced. The same test with syncs made ineffective has to find every change wanting.
/// </summary>
public class DurabilityTests
{
    [Fact]
    public async Task Every_change_is_synced_before_it_is_acknowledged()
    {
        var verdicts = await JudgeAsync(_ => Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>()));

        Assert.All(verdicts, verdict => Assert.True(verdict.Durability == Durability.SyncedBeforeReply, $"{verdict.Change.Name}: {verdict.Durability}"));
    }

    [Fact]
    public async Task With_syncs_made_ineffective_no_change_passes()
    {
        var verdicts = await JudgeAsync(NoSync.CompileAsync);

        Assert.All(verdicts, verdict => Assert.True(verdict.Durability == Durability.NeverSynced, $"{verdict.Change.Name}: {verdict.Durability}"));
    }

    private static async Task<IReadOnlyList<Verdict>> JudgeAsync(Func<TemporaryDirectory, Task<IReadOnlyDictionary<string, string>>> environment)
    {
        using var directory = new TemporaryDirectory();
        var trace = new Trace(directory.PathOf("strace.log"));
        var changes = new List<AcknowledgedChange>();
        await using (var gateway = await NativeGateway.StartAsync(new GatewayStart { Trace = trace, Environment = await environment(directory) }))
        {
            using (var client = new GatewayClient(gateway))
            {
                var jwt = await client.SignInAsync();
                var writers = Enumerable.Range(0, 4).Select(writer => WriteAsync(client, jwt, writer)).ToArray();
                changes.AddRange((await Task.WhenAll(writers)).SelectMany(written => written));
                for (var i = 0; i < 10; i++)
                {
                    changes.AddRange(await TokenLifeAsync(client, i));
                    changes.AddRange(await SecretLifeAsync(client, jwt, $"DURABLE_0_{i}_END"));
                }
            }

            Assert.Equal(0, await gateway.StopAsync());
            var database = Path.Combine(gateway.DataDirectory, "gateway.db");
            return DurabilityCheck.Judge(trace.Events(), changes, path => path == database || path == database + "-wal");
        }
    }

    /// <summary>Writers at the same time, so that the check is made on commits that several changes share.</summary>
    private static async Task<List<AcknowledgedChange>> WriteAsync(GatewayClient client, string jwt, int writer)
    {
        var changes = new List<AcknowledgedChange>();
        for (var i = 0; i < 10; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"DURABLE_{writer}_{i}_END");
            var answer = await client.CreateSecretAsync(jwt, name, "value");
            Assert.True(answer.Acknowledged, answer.ToString());
            changes.Add(new AcknowledgedChange("create secret " + name, $"\"{name}\"", name));
        }

        return changes;
    }

    /// <summary>These one at a time, because the row is in the file already: nothing else may write its page meanwhile.</summary>
    private static async Task<List<AcknowledgedChange>> TokenLifeAsync(GatewayClient client, int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"durable {number} end");
        var token = await client.CreateTokenAsync(name);
        Assert.True(token.Acknowledged, token.ToString());
        var id = token.Field("id");
        var rotated = await client.RotateTokenAsync(id);
        Assert.True(rotated.Acknowledged, rotated.ToString());
        var revoked = await client.RevokeTokenAsync(id);
        Assert.True(revoked.Acknowledged, revoked.ToString());
        return
        [
            new AcknowledgedChange("create token " + name, $"\"{name}\"", name),
            new AcknowledgedChange("rotate token " + name, $"POST {client.TokenPath(id)}/rotate ", id),
            new AcknowledgedChange("revoke token " + name, $"DELETE {client.TokenPath(id)} ", id),
        ];
    }

    private static async Task<List<AcknowledgedChange>> SecretLifeAsync(GatewayClient client, string jwt, string name)
    {
        var id = (await client.ReadSecretAsync(jwt, name)).Field("id");
        var updated = await client.UpdateSecretAsync(jwt, id, name, "another value");
        Assert.True(updated.Acknowledged, updated.ToString());
        var deleted = await client.DeleteSecretAsync(jwt, id);
        Assert.True(deleted.Acknowledged, deleted.ToString());
        return
        [
            new AcknowledgedChange("update secret " + name, $"PUT {client.SecretPath()}/{id} ", id),
            new AcknowledgedChange("delete secret " + name, $"DELETE {client.SecretPath()}/{id} ", id),
        ];
    }
}
