using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>
/// kill -9 at random moments of a busy gateway: what was acknowledged is there after the next start, what was revoked stays revoked. 20 rounds, or
/// as many as <c>ENKRYPTIFY_KILL_ROUNDS</c> says.
/// </summary>
public class KillTests
{
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("ENKRYPTIFY_KILL_ROUNDS") ?? "20", CultureInfo.InvariantCulture);

    /// <summary>Then the next rounds begin with an empty directory, so that a run of 500 does not spend its time on listing what it made.</summary>
    private const int RoundsPerDirectory = 20;

    private int acknowledgedWrites;
    private int acknowledgedRevokes;

    [Fact]
    public async Task What_was_acknowledged_survives()
    {
        for (var done = 0; done < Rounds; done += RoundsPerDirectory)
        {
            await using var gateway = await NativeGateway.StartAsync();
            var secrets = new Dictionary<string, string>();
            for (var round = done + 1; round <= Math.Min(done + RoundsPerDirectory, Rounds); round++)
            {
                await RunAsync(gateway, round, secrets);
            }

            using var client = new GatewayClient(gateway);
            var found = await client.ListSecretsAsync(await client.SignInAsync());
            Assert.All(secrets, secret => Assert.Equal(secret.Value, found.GetValueOrDefault(secret.Key)));
        }

        // Rounds in which nothing was acknowledged prove nothing.
        Assert.True(acknowledgedWrites >= Rounds, $"{acknowledgedWrites} acknowledged writes in {Rounds} rounds");
        Assert.True(acknowledgedRevokes > 0, "no acknowledged revoke");
        TestContext.Current.TestOutputHelper?.WriteLine($"{Rounds} rounds, {acknowledgedWrites} acknowledged writes, {acknowledgedRevokes} acknowledged revokes: all found");
    }

    private async Task RunAsync(NativeGateway gateway, int round, Dictionary<string, string> secrets)
    {
        var work = new Work(round);
        string jwt;
        using (var client = new GatewayClient(gateway))
        {
            jwt = await client.SignInAsync();
            Task[] workers = [.. Enumerable.Range(0, 4).Select(writer => work.WriteAsync(client, jwt, writer)), work.RevokeAsync(client)];

            await Task.Delay(RandomNumberGenerator.GetInt32(10, 300));
            work.Killing = true;
            await gateway.KillAsync();
            await Task.WhenAll(workers);
        }

        Assert.Empty(work.Refusals);
        var (code, output, errors) = await gateway.RunAsync("audit", "verify", "--data-dir", gateway.DataDirectory);
        Assert.True(code == 0, $"round {round}: audit verify exited {code}: {output}{errors}");

        await gateway.RestartAsync();
        using (var client = new GatewayClient(gateway))
        {
            await VerifyAsync(client, work, jwt);
        }

        acknowledgedWrites += work.Secrets.Count;
        acknowledgedRevokes += work.Revoked.Count;
        foreach (var (name, value) in work.Secrets)
        {
            secrets.Add(name, value);
        }
    }

    private static async Task VerifyAsync(GatewayClient client, Work work, string jwtFromBefore)
    {
        // It must be the revocation that refuses a JWT, not a lost signing key: one that was not revoked still works.
        Assert.Equal(HttpStatusCode.OK, (await client.ListWorkspacesAsync(jwtFromBefore)).Status);

        foreach (var (name, value) in work.Secrets)
        {
            var answer = await client.ReadSecretAsync(jwtFromBefore, name);
            Assert.True(answer.Status == HttpStatusCode.OK, $"acknowledged secret {name}: {answer}");
            Assert.Equal(value, GatewayClient.ValueOf(answer.Body!.Value));
        }

        foreach (var (apiToken, jwt) in work.Revoked)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.ExchangeAsync(apiToken)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.ListWorkspacesAsync(jwt)).Status);
        }
    }

    /// <summary>What the clients of one round did and had acknowledged.</summary>
    private sealed class Work(int round)
    {
        /// <summary>Far more than a worker manages before the kill, and few enough for the default rate limits.</summary>
        private const int Most = 500;

        private volatile bool killing;

        public ConcurrentDictionary<string, string> Secrets { get; } = new();

        public ConcurrentBag<(string ApiToken, string Jwt)> Revoked { get; } = [];

        /// <summary>Answers that are no success, and connections lost before the kill.</summary>
        public ConcurrentBag<string> Refusals { get; } = [];

        public bool Killing
        {
            set => killing = value;
        }

        public Task WriteAsync(GatewayClient client, string jwt, int writer) => RepeatAsync(async attempt =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"K{round}_{writer}_{attempt}");
            var value = RandomNumberGenerator.GetHexString(64);
            if (Succeeded(await client.CreateSecretAsync(jwt, name, value)))
            {
                Secrets[name] = value;
            }
        });

        public Task RevokeAsync(GatewayClient client) => RepeatAsync(async attempt =>
        {
            var token = await client.CreateTokenAsync(string.Create(CultureInfo.InvariantCulture, $"kill {round} {attempt}"));
            if (!Succeeded(token) || token.Body is null)
            {
                return;
            }

            var apiToken = token.Field("token");
            var exchanged = await client.ExchangeAsync(apiToken);
            if (Succeeded(exchanged) && exchanged.Body is not null && Succeeded(await client.RevokeTokenAsync(token.Field("id"))))
            {
                Revoked.Add((apiToken, exchanged.Field("accessToken")));
            }
        });

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
                Refusals.Add(error.Message);
            }
        }

        private bool Succeeded(Answer answer)
        {
            if (!answer.Acknowledged)
            {
                Refusals.Add(answer.ToString());
            }

            return answer.Acknowledged;
        }
    }
}
