using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Enkryptify.Gateway.LoadTests.Store;

/// <summary>The gateway's API over its admin socket, as the local operator; and over TCP with a token.</summary>
internal sealed class AdminApi : IDisposable
{
    private readonly HttpClient http;

    public AdminApi(string socketPath) => http = new HttpClient(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
        Timeout = TimeSpan.FromSeconds(30),
    };

    public Task<JsonElement> Post(string path, string body) => Send(HttpMethod.Post, path, body, null);

    public Task<string> Text(string path) => http.GetStringAsync(path);

    public async Task<string> Exchange(string token) => (await Send(HttpMethod.Post, "/v1/auth/exchange", null, token)).GetProperty("accessToken").GetString()!;

    public async Task<JsonElement> Send(HttpMethod method, string path, string? body, string? bearer)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsByteArrayAsync();
        return answer.IsSuccessStatusCode
            ? JsonElement.Parse(text)
            : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {Encoding.UTF8.GetString(text)}");
    }

    public void Dispose() => http.Dispose();
}
