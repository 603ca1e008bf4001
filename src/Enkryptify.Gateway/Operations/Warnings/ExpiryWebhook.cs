using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Operations.Warnings;

/// <summary>
/// Tells an operator's own service once a day (UTC) which credentials are about to end. The day is kept in the database, so that a restart does not tell it
/// again. What is sent holds ids, names and times, and is signed as <see cref="Sign"/> says; there is no redirect, no proxy of the environment, and ten
/// seconds for a try; after one that fails comes another in a quarter of an hour, at most <see cref="TriesADay"/> a day.
/// </summary>
internal sealed class ExpiryWebhook : IDisposable
{
    public const int TriesADay = 8;
    public static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private const string Told = "expiry_webhook_told";

    private readonly WarningsConfig config;
    private readonly ExpiringCredentials expiring;
    private readonly Database database;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly byte[] key;
    private readonly HttpClient http;
    private (string Day, int Count) tries = ("", 0);

    /// <exception cref="UnusableSettingException">The secret cannot be read.</exception>
    public ExpiryWebhook(WarningsConfig config, ExpiringCredentials expiring, Database database, TimeProvider time, ILogger<ExpiryWebhook> log)
    {
        (this.config, this.expiring, this.database, this.time, this.log) = (config, expiring, database, time, log);
        key = Encoding.UTF8.GetBytes(ReferencedSecret.Text(config.WebhookSecret!, "webhook secret").Reveal());
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ConnectTimeout = Limit }) { Timeout = Limit };
    }

    /// <summary><c>t=UNIX SECONDS,v1=HEX</c>: HMAC-SHA-256 over the seconds, a full stop and the body. The receiver refuses old seconds, so that nobody can repeat a message.</summary>
    public static string Sign(byte[] key, DateTimeOffset now, byte[] body)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes(seconds + "."), .. body];
        return $"t={seconds},v1={Convert.ToHexStringLower(HMACSHA256.HashData(key, signed))}";
    }

    public async Task RunAsync(CancellationToken stop)
    {
        using var tick = new PeriodicTimer(LookEvery, time);
        try
        {
            do
            {
                await TellIfDueAsync(stop);
            }
            while (await tick.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    public void Dispose() => http.Dispose();

    private async Task TellIfDueAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var day = now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        tries = tries.Day == day ? tries : (day, 0);
        try
        {
            if (tries.Count >= TriesADay || database.Readers.Read(sql => sql.Any("SELECT 1 FROM meta WHERE name = ?1 AND value = ?2", Told, day))
                || expiring.Due(config.CredentialExpiry) is not { Count: > 0 } due)
            {
                return;
            }

            tries.Count++;
            await SendAsync(now, due, stop);
            _ = await database.Writer.Relaxed<Done>(transaction =>
            {
                transaction.Sql.Execute("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", Told, day);
                return Done.Value;
            });
        }
        catch (Exception error) when (!stop.IsCancellationRequested && error is HttpRequestException or OperationCanceledException or StorageException or Microsoft.Data.Sqlite.SqliteException)
        {
            log.LogWarning("warnings: the webhook could not be told of credentials that end (try {Try} of {Most} today): {Problem}", tries.Count, TriesADay, error.Message);
        }
    }

    private async Task SendAsync(DateTimeOffset now, IReadOnlyList<ExpiringCredential> due, CancellationToken stop)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new ExpiryMessage("credentials_expiring", now.UtcDateTime, [.. due.Select(one => new ExpiringBody(one.Id, one.WorkspaceId, one.Name, one.Type.Wire(), one.ExpiresAt.UtcDateTime))]),
            WarningsJson.Default.ExpiryMessage);
        using var request = new HttpRequestMessage(HttpMethod.Post, config.WebhookUrl)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        request.Headers.Add("Enkryptify-Signature", Sign(key, now, body));
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"it answered {(int)answer.StatusCode}");
        }
    }
}

internal sealed record ExpiryMessage(string Type, DateTime SentAt, IReadOnlyList<ExpiringBody> Credentials);

internal sealed record ExpiringBody(Guid Id, Guid WorkspaceId, string Name, string Type, DateTime ExpiresAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ExpiryMessage))]
internal sealed partial class WarningsJson : JsonSerializerContext;
