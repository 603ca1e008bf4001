using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>
/// kill -9 at random moments of each kind of key rotation, under load: after the next start every value that was acknowledged is readable, tokens exchange,
/// JWTs signed before are valid, the audit chain verifies, and the rotation comes to its end. 3 rounds of each kind, or as many as
/// <c>ENKRYPTIFY_ROTATION_KILL_ROUNDS</c> says.
/// </summary>
public class KeyRotationKillTests
{
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("ENKRYPTIFY_ROTATION_KILL_ROUNDS") ?? "3", CultureInfo.InvariantCulture);

    /// <summary>Then the next rounds begin with an empty directory, so that a long run does not spend its time on listing what it made.</summary>
    private const int RoundsPerDirectory = 25;

    /// <summary>Values that a rotation has to move: more than it moves in one step.</summary>
    private const int Bulk = 400;

    [Theory]
    [InlineData("kek")]
    [InlineData("environment")]
    [InlineData("digest")]
    [InlineData("signing")]
    [InlineData("audit")]
    [InlineData("master")]
    public async Task A_kill_during_a_rotation_costs_nothing(string kind)
    {
        var (acknowledged, midway) = (0, 0);
        for (var done = 0; done < Rounds; done += RoundsPerDirectory)
        {
            await using var gateway = await NativeGateway.StartAsync();
            var house = new House(gateway, kind);
            await house.FillAsync();
            for (var round = done + 1; round <= Math.Min(done + RoundsPerDirectory, Rounds); round++)
            {
                await house.RoundAsync(round);
            }

            (acknowledged, midway) = (acknowledged + house.Acknowledged, midway + house.Midway);
        }

        // Rounds without load prove nothing.
        Assert.True(acknowledged >= Rounds, $"{acknowledged} acknowledged writes in {Rounds} rounds");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{kind}: {Rounds} rounds, {acknowledged} acknowledged writes, all found; {midway} kills left a rotation that was begun and not finished");
    }

    /// <summary>One data directory, what its clients had acknowledged, and the two master keys that it changes between.</summary>
    private sealed class House(NativeGateway gateway, string kind)
    {
        private readonly ConcurrentDictionary<string, string> secrets = new();
        private string firstAuditKey = "";
        private int kills;
        private string otherMaster = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

        public int Acknowledged { get; private set; }

        public int Midway { get; private set; }

        private string MasterPath => Path.Combine(gateway.DataDirectory, "master.key");

        public async Task FillAsync()
        {
            using var client = new GatewayClient(gateway);
            var jwt = await client.SignInAsync();
            var bulk = new JsonArray();
            for (var i = 0; i < Bulk; i++)
            {
                var (name, value) = (string.Create(CultureInfo.InvariantCulture, $"BULK_{i}"), RandomNumberGenerator.GetHexString(64));
                bulk.Add((JsonNode)new JsonObject { ["key"] = name, ["value"] = value, ["type"] = "runtime", ["dataType"] = "text" });
                secrets[name] = value;
            }

            var body = new JsonObject { ["environments"] = new JsonArray(client.Environment), ["secrets"] = bulk };
            Assert.Equal(HttpStatusCode.Created, (await client.CreateSecretsAsync(jwt, body)).Status);
            firstAuditKey = (await client.KeysAsync()).Single(key => key.GetProperty("kind").GetString() == "audit").GetProperty("publicKey").GetString()!;
        }

        public async Task RoundAsync(int round)
        {
            if (kind == "master")
            {
                await MasterRoundAsync(round);
                return;
            }

            await KilledAsync(round, Body());
            await gateway.RestartAsync();
            await VerifyAsync();
            await FinishedAsync();
        }

        /// <summary>Two kills: while the new master key is added, and while the old one is dropped.</summary>
        private async Task MasterRoundAsync(int round)
        {
            var (old, made) = ((await File.ReadAllTextAsync(MasterPath)).Trim(), otherMaster);
            var path = Path.Combine(gateway.DataDirectory, "next.key");
            Write(path, made);
            var begin = new JsonObject { ["kind"] = "master", ["new"] = "file:" + path };
            await KilledAsync(round, begin);

            // Either key, unless the addition was not committed: then the old one.
            var begun = await StartsWithAsync(RandomNumberGenerator.GetInt32(2) == 0 ? made : old, otherwise: old);
            await VerifyAsync();
            if (begun == old)
            {
                using (var client = new GatewayClient(gateway))
                {
                    // Again, in case it was lost; in place of itself, in case it was not.
                    Assert.Equal(HttpStatusCode.OK, (await client.RotateKeyAsync(begin)).Status);
                }

                Assert.Equal(0, await gateway.StopAsync());
                Assert.Equal(made, await StartsWithAsync(made, otherwise: made));
            }

            await KilledAsync(round, new JsonObject { ["kind"] = "master", ["finish"] = true });

            // Either key, unless the end was committed: then the new one.
            if (await StartsWithAsync(RandomNumberGenerator.GetInt32(2) == 0 ? made : old, otherwise: made) == old)
            {
                Assert.Equal(0, await gateway.StopAsync());
                Assert.Equal(made, await StartsWithAsync(made, otherwise: made));
            }

            await VerifyAsync();
            using (var client = new GatewayClient(gateway))
            {
                var answer = await client.RotateKeyAsync(new JsonObject { ["kind"] = "master", ["finish"] = true });
                Assert.True(answer.Status == HttpStatusCode.OK || answer.Field("code") == "no_rotation", answer.ToString());
                Midway += answer.Status == HttpStatusCode.OK ? 1 : 0;
            }

            // The old one opens nothing from here on: it is the next round's new one under another value.
            otherMaster = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        }

        /// <summary>Load, a rotation, and at a random moment of it the kill.</summary>
        private async Task KilledAsync(int round, JsonObject rotation)
        {
            var work = new Load(++kills, secrets);
            using (var client = new GatewayClient(gateway))
            {
                var jwt = await client.SignInAsync();
                token = (await client.CreateTokenAsync(string.Create(CultureInfo.InvariantCulture, $"round {round}"))).Body!.Value;
                jwtFromBefore = jwt;
                Task[] workers = [work.WriteAsync(client, jwt, 0), work.WriteAsync(client, jwt, 1), work.ReadAsync(client, jwt), work.ExchangeAsync(client)];
                await work.StartedAsync(workers);
                var rotating = work.RotateAsync(client, rotation);
                await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(0, 120)));
                work.Killing = true;
                await gateway.KillAsync();
                await Task.WhenAll([.. workers, rotating]);
            }

            Assert.Empty(work.Failures);
            Acknowledged += work.Writes;
            var (code, output, errors) = await gateway.RunAsync("audit", "verify", "--data-dir", gateway.DataDirectory, "--key", firstAuditKey);
            Assert.True(code == 0, $"round {round}: audit verify exited {code}: {output}{errors}");
        }

        private JsonElement token;
        private string jwtFromBefore = "";

        private async Task VerifyAsync()
        {
            using var client = new GatewayClient(gateway);
            if (kind is "kek" or "environment")
            {
                Midway += (await client.KeysAsync()).Any(key => key.GetProperty("state").GetString() == "retiring") ? 1 : 0;
            }

            Assert.Equal(HttpStatusCode.OK, (await client.ListWorkspacesAsync(jwtFromBefore)).Status);
            var exchanged = await client.ExchangeAsync(token.GetProperty("token").GetString()!);
            Assert.True(exchanged.Status == HttpStatusCode.OK, exchanged.ToString());
            foreach (var jwt in new[] { jwtFromBefore, await client.SignInAsync() })
            {
                var found = await client.ListSecretsAsync(jwt);
                Assert.All(secrets, secret => Assert.Equal(secret.Value, found.GetValueOrDefault(secret.Key)));
            }
        }

        /// <summary>Nobody asks for it: the gateway takes up what the killed one left. An old digest key waits for its token, which ends here.</summary>
        private async Task FinishedAsync()
        {
            using var client = new GatewayClient(gateway);
            if (kind == "digest")
            {
                Assert.Equal(HttpStatusCode.OK, (await client.RevokeTokenAsync(token.GetProperty("id").GetString()!)).Status);
                return;
            }

            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while ((await client.KeysAsync()).Any(key => key.GetProperty("kind").GetString() == kind && key.GetProperty("state").GetString() == "retiring"))
            {
                await Task.Delay(10, limit.Token);
            }

            var found = await client.ListSecretsAsync(await client.SignInAsync());
            Assert.All(secrets, secret => Assert.Equal(secret.Value, found.GetValueOrDefault(secret.Key)));
        }

        private JsonObject Body()
        {
            var body = new JsonObject { ["kind"] = kind };
            if (kind == "environment")
            {
                body["all"] = true;
            }

            return body;
        }

        /// <summary>Starts with a master key; where that is refused by its id, with the other, which must do. Which one it was.</summary>
        private async Task<string> StartsWithAsync(string master, string otherwise)
        {
            Write(MasterPath, master);
            try
            {
                await gateway.RestartAsync();
                return master;
            }
            catch (InvalidOperationException refused) when (master != otherwise)
            {
                Assert.Contains("this database is sealed under the master key with id", refused.Message, StringComparison.Ordinal);
                return await StartsWithAsync(otherwise, otherwise);
            }
        }

        private static void Write(string path, string text)
        {
            File.WriteAllText(path, text);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>Clients of one round. A failure is any answer that is no success, and a connection that is lost before the kill.</summary>
    private sealed class Load(int kill, ConcurrentDictionary<string, string> secrets)
    {
        /// <summary>Few enough for the default rate limits.</summary>
        private const int Most = 300;

        private volatile bool killing;
        private int writes;
        private int exchanges;

        public ConcurrentBag<string> Failures { get; } = [];

        public int Writes => writes;

        public bool Killing
        {
            set => killing = value;
        }

        public async Task StartedAsync(Task[] workers)
        {
            while ((writes == 0 || exchanges == 0) && !workers.All(worker => worker.IsCompleted))
            {
                await Task.Delay(1);
            }
        }

        public Task WriteAsync(GatewayClient client, string jwt, int writer) => RepeatAsync(async attempt =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"K{kill}_{writer}_{attempt}");
            var value = RandomNumberGenerator.GetHexString(64);
            if (Succeeded(await client.CreateSecretAsync(jwt, name, value)))
            {
                secrets[name] = value;
                Interlocked.Increment(ref writes);
            }
        });

        public Task ReadAsync(GatewayClient client, string jwt) => RepeatAsync(async attempt =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"BULK_{attempt % Bulk}");
            var answer = await client.ReadSecretAsync(jwt, name);
            if (Succeeded(answer) && answer.Body is { } secret && GatewayClient.ValueOf(secret) != secrets[name])
            {
                Failures.Add($"{name} has another value");
            }
        });

        public Task ExchangeAsync(GatewayClient client) => RepeatAsync(async _ =>
        {
            Succeeded(await client.ExchangeAsync(client.Start.ApiToken));
            Interlocked.Increment(ref exchanges);
        });

        public async Task RotateAsync(GatewayClient client, JsonObject body)
        {
            try
            {
                Succeeded(await client.RotateKeyAsync(body));
            }
            catch (HttpRequestException) when (killing)
            {
                // Killed before it was answered: begun or not, as the database says.
            }
        }

        private async Task RepeatAsync(Func<int, Task> step)
        {
            try
            {
                for (var attempt = 0; attempt < Most && !killing; attempt++)
                {
                    await step(attempt);
                }
            }
            catch (HttpRequestException) when (killing)
            {
                // The kill, as meant: this one was not acknowledged.
            }
            catch (HttpRequestException error)
            {
                Failures.Add(error.Message);
            }
        }

        private bool Succeeded(Answer answer)
        {
            if (!answer.Acknowledged)
            {
                Failures.Add(answer.ToString());
            }

            return answer.Acknowledged;
        }
    }
}
