using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>An answer as far as the tests look at it; <see cref="Body"/> is null when the answer has none or was cut off in it.</summary>
internal sealed record Answer(HttpStatusCode Status, JsonElement? Body)
{
    public bool Acknowledged => (int)Status is >= 200 and < 300;

    public string Field(string name) => Body!.Value.GetProperty(name).GetString()!;

    public override string ToString() => $"{(int)Status} {Body}";
}

/// <summary>
/// The wire contract from a client's side, against a gateway of the quick start: secrets with a JWT over TCP, tokens over the admin socket.
/// What the process' death interrupts is an exception (<see cref="HttpRequestException"/>).
/// </summary>
internal sealed class GatewayClient : IDisposable
{
    private readonly HttpClient http;
    private readonly HttpClient admin;

    public GatewayClient(NativeGateway gateway)
    {
        Start = QuickStart.Read(gateway);
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = gateway.Url };
        var socketPath = Path.Combine(gateway.DataDirectory, "admin.sock");
        admin = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectCallback = (_, cancel) => ConnectAsync(socketPath, cancel) })
        {
            BaseAddress = new Uri("http://localhost"),
        };
    }

    public QuickStart Start { get; }

    public string Environment => Start.Environments["development"];

    public Task<Answer> ExchangeAsync(string apiToken) => SendAsync(http, HttpMethod.Post, "/v1/auth/exchange", apiToken);

    /// <summary>The JWT of the quick start's API token.</summary>
    public async Task<string> SignInAsync()
    {
        var answer = await ExchangeAsync(Start.ApiToken);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return answer.Field("accessToken");
    }

    /// <summary>A call that every valid JWT may make.</summary>
    public Task<Answer> ListWorkspacesAsync(string jwt) => SendAsync(http, HttpMethod.Get, "/v1/workspace", jwt);

    public Task<Answer> CreateSecretAsync(string jwt, string name, string value) =>
        SendAsync(http, HttpMethod.Post, SecretPath(), jwt, NewSecret(name, value));

    public Task<Answer> CreateSecretsAsync(string jwt, JsonObject body) => SendAsync(http, HttpMethod.Post, SecretPath(), jwt, body);

    public Task<Answer> ReadSecretAsync(string jwt, string name) => SendAsync(http, HttpMethod.Get, $"{SecretPath()}/{name}?environmentId={Environment}", jwt);

    public Task<Answer> UpdateSecretAsync(string jwt, string id, string name, string value) => SendAsync(http, HttpMethod.Put, $"{SecretPath()}/{id}", jwt, new JsonObject
    {
        ["name"] = name,
        ["type"] = "runtime",
        ["dataType"] = "text",
        ["values"] = new JsonArray(new JsonObject { ["environmentId"] = Environment, ["value"] = value, ["isPersonal"] = false }),
    });

    public Task<Answer> DeleteSecretAsync(string jwt, string id) => SendAsync(http, HttpMethod.Delete, $"{SecretPath()}/{id}", jwt);

    /// <summary>Every secret of the environment, by name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ListSecretsAsync(string jwt)
    {
        var answer = await SendAsync(http, HttpMethod.Get, $"{SecretPath()}?environmentId={Environment}", jwt);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return answer.Body!.Value.EnumerateArray().ToDictionary(secret => secret.GetProperty("name").GetString()!, ValueOf);
    }

    public Task<Answer> CreateTokenAsync(string name) => SendAsync(admin, HttpMethod.Post, TokenPath(), body: new JsonObject
    {
        ["name"] = name,
        ["permission"] = "read",
        ["scope"] = new JsonObject { ["all"] = true },
        ["expiresIn"] = "24h",
    });

    public Task<Answer> RotateTokenAsync(string id) => SendAsync(admin, HttpMethod.Post, TokenPath(id) + "/rotate");

    public Task<Answer> RevokeTokenAsync(string id) => SendAsync(admin, HttpMethod.Delete, TokenPath(id));

    public Task<Answer> RotateKeyAsync(JsonObject body) => SendAsync(admin, HttpMethod.Post, "/v1/key/rotate", body: body);

    /// <summary>The keys that still have a use, as the local operator sees them.</summary>
    public async Task<IReadOnlyList<JsonElement>> KeysAsync()
    {
        var answer = await SendAsync(admin, HttpMethod.Get, "/v1/key");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return [.. answer.Body!.Value.GetProperty("keys").EnumerateArray()];
    }

    public string TokenPath(string? id = null) => $"/v1/workspace/{Start.Workspace}/tokens{(id is null ? "" : "/" + id)}";

    public string SecretPath() => $"/v1/workspace/{Start.Workspace}/project/{Start.Project}/secret";

    public JsonObject NewSecret(string name, string value) => new()
    {
        ["environments"] = new JsonArray(Environment),
        ["secrets"] = new JsonArray(new JsonObject { ["key"] = name, ["value"] = value, ["type"] = "runtime", ["dataType"] = "text" }),
    };

    /// <summary>The value of a secret that was asked for with one environment.</summary>
    public static string ValueOf(JsonElement secret) => secret.GetProperty("values").EnumerateArray().Single().GetProperty("value").GetString()!;

    public void Dispose()
    {
        http.Dispose();
        admin.Dispose();
    }

    private static async Task<Answer> SendAsync(HttpClient client, HttpMethod method, string path, string? bearer = null, JsonObject? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (bearer is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        // A status line that arrived is an acknowledgement, whatever becomes of the rest.
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        try
        {
            var text = await answer.Content.ReadAsStringAsync();
            return new Answer(answer.StatusCode, text.Length == 0 ? null : JsonElement.Parse(text));
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new Answer(answer.StatusCode, null);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
