using System.Net;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.LoadTests.Store;

namespace Enkryptify.Gateway.LoadTests.Soak;

/// <summary>
/// One piece of each kind of work, checked by what it answers: a value that was written is read back, a token that was rotated opens nothing. The credentials whose
/// tokens are rotated are others than those that read.
/// </summary>
internal sealed class SoakLoad : IDisposable
{
    private const int Rotated = 20;
    private static readonly string[] RotatedKeys = ["kek", "environment", "signing", "audit"];

    private readonly GatewayUnderTest gateway;
    private readonly SoakCounts counts;
    private readonly Random random;
    private readonly string[] jwts;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = SoakRun.MostUnderWay });
    private readonly List<(string Id, string Token)> rotating = [];
    private int written;
    private int turn;

    public SoakLoad(GatewayUnderTest gateway, SoakCounts counts, int seed)
    {
        (this.gateway, this.counts, random) = (gateway, counts, new Random(seed));
        http.BaseAddress = gateway.Server.Url;
        http.Timeout = TimeSpan.FromSeconds(30);
        jwts = new string[Math.Min(100, gateway.Store.Tokens.Length)];
    }

    public async Task Prepare()
    {
        for (var i = 0; i < jwts.Length; i++)
        {
            await Exchange(i);
        }

        for (var i = 0; i < Rotated; i++)
        {
            var made = await gateway.Admin.Post("/v1/workspace/load/tokens", $$$"""{"name":"rotated {{{i}}}","permission":"read","scope":{"all":true},"expiresIn":"6m"}""");
            rotating.Add((made.GetProperty("id").GetString()!, made.GetProperty("token").GetString()!));
        }

        // As in a gateway that has run for long: what was read lately is in its memory, and would otherwise come in over the first half hour.
        await Parallel.ForAsync(0, gateway.Store.Secrets, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
        {
            var (place, secret) = gateway.Store.At(number);
            await Value(place, secret, jwts[number % jwts.Length]);
        });
    }

    /// <summary>Of a hundred: 70 single reads, 15 lists, 10 exchanges, 5 writes, each read back. Each credential exchanges again long before its JWT ends.</summary>
    public Task Next()
    {
        var (place, secret) = gateway.Store.Draw(random);
        var jwt = jwts[random.Next(jwts.Length)];
        return random.Next(100) switch
        {
            < 70 => Checked("read", async () => (await Value(place, secret, jwt)).Length > 0 ? null : "an empty value"),
            < 85 => Checked("list", async () => (await Send(HttpMethod.Get, $"{place.Path}?environmentId={place.Environment}", jwt)).GetArrayLength() == SeededStore.UsualSecretsOfPlace ? null : "not 50 secrets"),
            < 95 => Checked("exchange", () => Exchange(turn++ % jwts.Length)),
            _ => Checked("write", () => WriteAndRead(jwt)),
        };
    }

    public Task RotateToken() => Checked("token-rotation", async () =>
    {
        var (id, token) = rotating[0];
        rotating.RemoveAt(0);
        var made = (await gateway.Admin.Post($"/v1/workspace/load/tokens/{id}/rotate", "{}")).GetProperty("token").GetString()!;
        rotating.Add((id, made));
        await Send(HttpMethod.Post, "/v1/auth/exchange", made);
        using var old = await Ask(HttpMethod.Post, "/v1/auth/exchange", token, null);
        return old.StatusCode == HttpStatusCode.Unauthorized ? null : $"the token of before was answered {(int)old.StatusCode}";
    });

    /// <summary>The master key is left out: it needs a restart. Digest keys are few at once, so they come seldom.</summary>
    public Task RotateKey(int number) => Checked("key-rotation", async () =>
    {
        var kind = number % 20 == 19 ? "digest" : RotatedKeys[number % RotatedKeys.Length];
        await gateway.Admin.Post("/v1/key/rotate", kind == "environment" ? """{"kind":"environment","all":true}""" : $$"""{"kind":"{{kind}}"}""");
        return null;
    });

    public void Dispose() => http.Dispose();

    private async Task<string?> Exchange(int credential)
    {
        var token = Encoding.ASCII.GetString(gateway.Store.Tokens[credential]);
        jwts[credential] = (await Send(HttpMethod.Post, "/v1/auth/exchange", token)).GetProperty("accessToken").GetString()!;
        return null;
    }

    /// <summary>Secrets in turn, so that no other write of this program meets this one.</summary>
    private async Task<string?> WriteAndRead(string jwt)
    {
        var number = Interlocked.Increment(ref written);
        var (place, secret) = (gateway.Store.Places[number % gateway.Store.Places.Count], number / gateway.Store.Places.Count % SeededStore.UsualSecretsOfPlace);
        var value = $"written {number}";
        await Send(HttpMethod.Put, $"{place.Path}/{place.NameOf(secret)}", jwt, $$"""{"values":[{"environmentId":"{{place.Environment}}","value":"{{value}}","isPersonal":false}]}""");
        return await Value(place, secret, jwt) == value ? null : "what was written is not what is read";
    }

    private async Task<string> Value(SecretsPlace place, int secret, string jwt) =>
        (await Send(HttpMethod.Get, $"{place.Path}/{place.NameOf(secret)}?environmentId={place.Environment}", jwt)).GetProperty("values")[0].GetProperty("value").GetString()!;

    private async Task<JsonElement> Send(HttpMethod method, string path, string bearer, string? body = null)
    {
        using var answer = await Ask(method, path, bearer, body);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonElement.Parse(text) : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {text}");
    }

    private async Task<HttpResponseMessage> Ask(HttpMethod method, string path, string bearer, string? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", bearer);
        return await http.SendAsync(request);
    }

    /// <summary>Anything but success is an error of the run, and is told.</summary>
    private async Task Checked(string kind, Func<Task<string?>> work)
    {
        try
        {
            if (await work() is { } wrong)
            {
                counts.Failed(kind, wrong);
            }
            else
            {
                counts.Done(kind);
            }
        }
        catch (Exception error) when (error is HttpRequestException or InvalidOperationException or OperationCanceledException or IOException or JsonException or KeyNotFoundException)
        {
            counts.Failed(kind, error.Message);
        }
    }
}
