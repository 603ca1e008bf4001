using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Operations.Warnings;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Operations.Warnings;

/// <summary>Warnings before credentials end: in the answer of an exchange, and by webhook.</summary>
public class ExpiryTests
{
    [Theory]
    [InlineData("30d", 22.9, false)]
    [InlineData("30d", 23.1, true)]
    [InlineData("24h", 0.1, false)]
    [InlineData("24h", 0.7, true)]
    [InlineData("5d", 3.2, false)]
    [InlineData("5d", 3.4, true)]
    public async Task An_exchange_says_that_the_end_is_near(string lifetime, double days, bool warned)
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (_, token, _) = await gateway.Machine(expiresIn: lifetime);
        gateway.Clock.Advance(TimeSpan.FromDays(days));
        var answer = await gateway.Bearer(token).Post("/v1/auth/exchange");
        Assert.Equal(200, answer.Status);
        var listed = (await gateway.Operator.Get("/v1/workspace/acme/tokens")).Json[0]!;
        Assert.Equal(warned ? DateTimeOffset.Parse((string)listed["expiresAt"]!, CultureInfo.InvariantCulture) : null, answer.Headers.TryGetValue(ExpiryHeader.Name, out var end) ? DateTimeOffset.Parse(end, CultureInfo.InvariantCulture) : (DateTimeOffset?)null);
    }

    [Fact]
    public async Task Rotation_ends_the_warning_and_0_days_switch_it_off()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (id, token, _) = await gateway.Machine(expiresIn: "5d");
        gateway.Clock.Advance(TimeSpan.FromDays(4));
        Assert.True((await gateway.Bearer(token).Post("/v1/auth/exchange")).Headers.ContainsKey(ExpiryHeader.Name));

        var rotated = await gateway.Operator.Post($"/v1/workspace/acme/tokens/{id}/rotate");
        var next = (string)rotated.Json["token"]!;
        Assert.False((await gateway.Bearer(next).Post("/v1/auth/exchange")).Headers.ContainsKey(ExpiryHeader.Name));

        gateway.Clock.Advance(TimeSpan.FromDays(4));
        Assert.True((await gateway.Bearer(next).Post("/v1/auth/exchange")).Headers.ContainsKey(ExpiryHeader.Name));
        await gateway.Restart(config => config with { Warnings = config.Warnings with { CredentialExpiry = TimeSpan.Zero } });
        Assert.False((await gateway.Bearer(next).Post("/v1/auth/exchange")).Headers.ContainsKey(ExpiryHeader.Name));
    }

    [Fact]
    public async Task The_webhook_tells_once_a_day_also_across_a_restart_and_is_signed()
    {
        using var receiver = new Receiver();
        using var folder = new ConfigFolder();
        var (gateway, _) = await TestGateway.StartWithAcme(("warnings.webhook_url", receiver.Url), ("warnings.webhook_secret", folder.Secret("secret", "shared secret")));
        await using var __ = gateway;

        // Due from four in the morning of the next day on, and not before: the clock passes many looks on its way.
        var (id, token, _) = await gateway.Machine(expiresIn: "24h");
        gateway.Clock.Advance(TimeSpan.FromHours(17));
        var (signature, body) = await receiver.Next();

        var json = JsonNode.Parse(body)!;
        Assert.Equal("credentials_expiring", (string)json["type"]!);
        Assert.Equal((id, "machine", "static"), ((string)json["credentials"]![0]!["id"]!, (string)json["credentials"]![0]!["name"]!, (string)json["credentials"]![0]!["type"]!));
        Assert.DoesNotContain(token, body, StringComparison.Ordinal);
        var seconds = signature.Split(',')[0]["t=".Length..];
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(long.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture)), gateway.Clock.GetUtcNow().AddHours(-1), gateway.Clock.GetUtcNow());
        Assert.Equal(
            "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("shared secret"), Encoding.UTF8.GetBytes($"{seconds}.{body}"))), signature.Split(',')[1]);

        // The rest of the day is quiet, and the day is known after a restart.
        await UntilTold(gateway);
        gateway.Clock.Advance(ExpiryWebhook.LookEvery);
        await gateway.Restart();
        gateway.Clock.Advance(ExpiryWebhook.LookEvery);
        await Task.Delay(200);
        Assert.Equal(1, receiver.Count);

        var rotated = await gateway.Machine(expiresIn: "24h");
        gateway.Clock.Advance(TimeSpan.FromHours(20));
        (_, body) = await receiver.Next();
        Assert.Contains(rotated.Id, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_and_not_for_ever()
    {
        using var receiver = new Receiver { Status = HttpStatusCode.InternalServerError };
        using var folder = new ConfigFolder();
        var (gateway, _) = await TestGateway.StartWithAcme(("warnings.webhook_url", receiver.Url), ("warnings.webhook_secret", folder.Secret("secret", "shared secret")));
        await using var __ = gateway;
        await gateway.Machine(expiresIn: "24h");

        // Due from four in the morning on, so that all tries are of one day.
        gateway.Clock.Advance(TimeSpan.FromHours(16.1));
        for (var i = 1; i <= ExpiryWebhook.TriesADay; i++)
        {
            await receiver.Next();
            var told = $"(try {i} of {ExpiryWebhook.TriesADay} today): it answered 500";
            await Until(() => gateway.Logs.Contains(told, StringComparison.Ordinal));

            gateway.Clock.Advance(ExpiryWebhook.LookEvery);
        }

        gateway.Clock.Advance(ExpiryWebhook.LookEvery);
        await Task.Delay(200);
        Assert.Equal(ExpiryWebhook.TriesADay, receiver.Count);
    }

    private static Task UntilTold(TestGateway gateway) => Until(() =>
    {
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        return sql.Any("SELECT 1 FROM meta WHERE name = 'expiry_webhook_told'");
    });

    private static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>The operator's service at the other end.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly HttpListener listener = new();
        private readonly System.Threading.Channels.Channel<(string, string)> messages = System.Threading.Channels.Channel.CreateUnbounded<(string, string)>();
        private int count;

        public Receiver()
        {
            using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            }

            listener.Prefixes.Add(Url);
            listener.Start();
            _ = Task.Run(async () =>
            {
                while (listener.IsListening)
                {
                    var context = await listener.GetContextAsync();
                    var body = await new StreamReader(context.Request.InputStream).ReadToEndAsync();
                    Interlocked.Increment(ref count);
                    context.Response.StatusCode = (int)Status;
                    context.Response.Close();
                    await messages.Writer.WriteAsync((context.Request.Headers["Enkryptify-Signature"] ?? "", body));
                }
            });
        }

        public HttpStatusCode Status { get; init; } = HttpStatusCode.NoContent;

        public string Url { get; }

        public int Count => Volatile.Read(ref count);

        public async Task<(string Signature, string Body)> Next()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            return await messages.Reader.ReadAsync(limit.Token);
        }

        public void Dispose() => listener.Close();
    }
}
