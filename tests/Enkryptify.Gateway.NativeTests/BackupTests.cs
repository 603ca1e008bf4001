using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>Backups of the published executable, under load, killed, and restored in another place.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TemporaryDirectory place = new();

    public void Dispose() => place.Dispose();

    /// <summary>Each request writes two secrets with one value. All that was acknowledged before the verb was called is there afterwards, and of nothing half.</summary>
    [Fact]
    public async Task A_backup_under_write_load_is_restored_elsewhere_with_all_that_was_acknowledged_before()
    {
        await using var gateway = await NativeGateway.StartAsync();
        var acknowledged = new ConcurrentQueue<string>();
        var (file, stop) = (place.PathOf("load.ekbackup"), false);
        using (var client = new GatewayClient(gateway))
        {
            var jwt = await client.SignInAsync();
            var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
            {
                // Few enough for the default rate limits.
                for (var i = 0; i < 1_000 && !Volatile.Read(ref stop); i++)
                {
                    var value = string.Create(CultureInfo.InvariantCulture, $"W{writer}_{i}");
                    JsonObject Secret(string half) => new() { ["key"] = half + value, ["value"] = value, ["type"] = "runtime", ["dataType"] = "text" };
                    var answer = await client.CreateSecretsAsync(jwt, new JsonObject { ["environments"] = new JsonArray(client.Environment), ["secrets"] = new JsonArray(Secret("A_"), Secret("B_")) });
                    Assert.True(answer.Acknowledged, answer.ToString());
                    acknowledged.Enqueue(value);
                }
            })).ToArray();
            while (acknowledged.Count < 100)
            {
                await Task.Delay(5);
            }

            string[] before = [.. acknowledged];
            var (code, output, errors) = await gateway.RunAsync("backup", "--to", file);
            Assert.True(code == 0, output + errors);
            var during = acknowledged.Count - before.Length;
            Volatile.Write(ref stop, true);
            await Task.WhenAll(writers);
            Assert.True(during > 0, "writers went on while the backup was made");

            await RestoredAsync(gateway, file, async (restored, values) =>
            {
                Assert.All(before, value => Assert.Equal((value, value), (values["A_" + value], values["B_" + value])));
                foreach (var (name, value) in values.Where(one => one.Key[1] == '_'))
                {
                    Assert.Equal(value, values[(name[0] == 'A' ? "B_" : "A_") + value]);
                }

                TestContext.Current.TestOutputHelper?.WriteLine($"{before.Length} acknowledged before, {during} more while it was made, {values.Count(one => one.Key.StartsWith("A_", StringComparison.Ordinal))} in it");
                await Task.CompletedTask;
            });
        }

        Assert.Equal(0, await gateway.StopAsync());
    }

    [Fact]
    public async Task Damage_and_a_wrong_key_are_said_and_restore_nothing()
    {
        await using var gateway = await NativeGateway.StartAsync();
        var (file, key) = (place.PathOf("b.ekbackup"), Path.Combine(gateway.DataDirectory, "master.key"));
        Assert.Equal(0, (await gateway.RunAsync("backup", "--to", file)).ExitCode);
        Assert.Equal("600", Convert.ToString((int)File.GetUnixFileMode(file), 8));
        Assert.Equal(0, (await gateway.RunAsync("restore", "--check", file, "--master-key", key)).ExitCode);

        var bytes = await File.ReadAllBytesAsync(file);
        for (var i = 0; i < 20; i++)
        {
            var harmed = (byte[])bytes.Clone();
            harmed[RandomNumberGenerator.GetInt32(bytes.Length)] ^= 1;
            await File.WriteAllBytesAsync(place.PathOf("harmed"), harmed);
            var (code, output, errors) = await gateway.RunAsync("restore", place.PathOf("harmed"), "--to", place.PathOf("to"), "--master-key", key);
            Assert.True(code == 1 && errors.Contains("error: ", StringComparison.Ordinal), output + errors);
            Assert.False(Path.Exists(place.PathOf("to")) || Path.Exists(place.PathOf("to.restoring")));
        }

        await File.WriteAllBytesAsync(place.PathOf("wrong.key"), new byte[32]);
        File.SetUnixFileMode(place.PathOf("wrong.key"), UnixFileMode.UserRead);
        var wrong = await gateway.RunAsync("restore", "--check", file, "--master-key", place.PathOf("wrong.key"));
        Assert.Equal(78, wrong.ExitCode);
        Assert.Matches("sealed under the master key with id [0-9a-f]{16}, but the one given has id [0-9a-f]{16}", wrong.Errors);
    }

    /// <summary>Ten kills while one is being made. What then has a backup's name is whole; the next backup clears away what is left.</summary>
    [Fact]
    public async Task A_kill_leaves_nothing_that_looks_like_a_backup_and_is_none()
    {
        await using var gateway = await NativeGateway.StartAsync();
        var (key, directory) = (Path.Combine(gateway.DataDirectory, "master.key"), Path.Combine(gateway.DataDirectory, "backups"));
        using (var client = new GatewayClient(gateway))
        {
            var jwt = await client.SignInAsync();
            for (var i = 0; i < 40; i++)
            {
                var secrets = new JsonArray([.. Enumerable.Range(0, 10).Select(n => (JsonNode)new JsonObject
                {
                    ["key"] = string.Create(CultureInfo.InvariantCulture, $"BULK_{i}_{n}"), ["value"] = RandomNumberGenerator.GetHexString(60_000), ["type"] = "runtime", ["dataType"] = "text",
                })]);
                Assert.True((await client.CreateSecretsAsync(jwt, new JsonObject { ["environments"] = new JsonArray(client.Environment), ["secrets"] = secrets })).Acknowledged);
            }
        }

        var interrupted = 0;
        for (var round = 0; round < 10; round++)
        {
            var running = gateway.RunAsync("backup");
            await Task.Delay(RandomNumberGenerator.GetInt32(20, 400));
            await gateway.KillAsync();
            interrupted += (await running).ExitCode == 0 ? 0 : 1;
            foreach (var made in Directory.Exists(directory) ? Directory.GetFiles(directory, "*.ekbackup") : [])
            {
                var (code, output, errors) = await gateway.RunAsync("restore", "--check", made, "--master-key", key);
                Assert.True(code == 0, output + errors);
                File.Delete(made);
            }

            await gateway.RestartAsync();
        }

        Assert.True(interrupted > 0, "no backup was interrupted");
        var (last, said, complaints) = await gateway.RunAsync("backup");
        Assert.True(last == 0, said + complaints);
        Assert.Equal([said.Trim()], Directory.GetFileSystemEntries(directory));
        Assert.False(Directory.Exists(Path.Combine(gateway.DataDirectory, "backup-work")));
        TestContext.Current.TestOutputHelper?.WriteLine($"{interrupted} of 10 backups were interrupted");
    }

    private async Task RestoredAsync(NativeGateway from, string file, Func<NativeGateway, IReadOnlyDictionary<string, string>, Task> look)
    {
        var root = Directory.CreateDirectory(place.PathOf("elsewhere")).FullName;
        var data = Path.Combine(root, ".enkryptify-dev");
        var (code, output, errors) = await from.RunAsync("restore", file, "--to", data, "--master-key", Path.Combine(from.DataDirectory, "master.key"));
        Assert.True(code == 0, output + errors);
        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(data), 8));
        foreach (var name in (string[])["master.key", "dev.json"])
        {
            File.Copy(Path.Combine(from.DataDirectory, name), Path.Combine(data, name));
        }

        var verify = await from.RunAsync("audit", "verify", "--data-dir", data);
        Assert.True(verify.ExitCode == 0, verify.Output + verify.Errors);
        await using var restored = await NativeGateway.StartAsync(new GatewayStart { Directory = root });
        using var client = new GatewayClient(restored);
        await look(restored, await client.ListSecretsAsync(await client.SignInAsync()));
    }
}
