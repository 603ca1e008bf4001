using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>
/// HTTP/1.1 over the gateway's Unix socket. No Authorization header: the kernel tells the gateway which user connects, and that is the proof.
/// Everything but a 2xx answer is a <see cref="CommandFailure"/>.
/// </summary>
internal sealed class AdminClient : IDisposable
{
    /// <summary>For one request, from connecting to the last byte of the answer.</summary>
    internal static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    private readonly string _socketPath;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public AdminClient(SocketPlace place, Surroundings around)
    {
        _socketPath = place.Path;
        _clock = around.Clock;
        UnixDomainSocketEndPoint endPoint = EndPoint(place.Path);
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancel) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endPoint, cancel);
                    if (place.Guessed && Http.AdminSocket.PeerOf(socket) != around.UserId)
                    {
                        // Asked of the kernel after connecting, so that nothing can be exchanged in between.
                        throw AdminFailures.NotOwn(place.Path);
                    }

                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        {
            BaseAddress = new Uri("http://localhost/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("enkryptify-gateway", ProductVersion.Current.Version));
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, cancel);

    public Task<JsonElement> PostAsync(string path, byte[]? body, CancellationToken cancel) => SendAsync(HttpMethod.Post, path, body, cancel);

    public Task<JsonElement> PutAsync(string path, byte[] body, CancellationToken cancel) => SendAsync(HttpMethod.Put, path, body, cancel);

    public Task<JsonElement> PatchAsync(string path, byte[] body, CancellationToken cancel) => SendAsync(HttpMethod.Patch, path, body, cancel);

    public Task<JsonElement> DeleteAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Delete, path, null, cancel);

    /// <summary>As <see cref="GetAsync"/>, but null where the answer is 404.</summary>
    public async Task<JsonElement?> FindAsync(string path, CancellationToken cancel)
    {
        try
        {
            return await GetAsync(path, cancel);
        }
        catch (CommandFailure failure) when (failure.ExitCode == ExitCode.NotFound)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, byte[]? body, CancellationToken cancel)
    {
        using CancellationTokenSource limit = new(TimeLimit, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(either.Token);
            return response.IsSuccessStatusCode ? Parse(answer) : throw AdminFailures.Refused(response.StatusCode, answer);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw AdminFailures.TimedOut(_socketPath, TimeLimit);
        }
        catch (HttpRequestException unreachable) when (unreachable.InnerException is CommandFailure)
        {
            throw unreachable.InnerException;
        }
        catch (HttpRequestException unreachable)
        {
            throw AdminFailures.Unreachable(_socketPath, unreachable);
        }
        catch (IOException cutShort)
        {
            throw AdminFailures.Unreachable(_socketPath, cutShort);
        }
    }

    private static JsonElement Parse(byte[] answer)
    {
        try
        {
            return JsonElement.Parse(answer);
        }
        catch (JsonException)
        {
            throw new CommandFailure(ExitCode.Error, "the gateway's answer is not JSON", "is that socket an Enkryptify gateway's?");
        }
    }

    private static UnixDomainSocketEndPoint EndPoint(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new CommandFailure(ExitCode.Usage, $"the socket's path is longer than a Unix socket's may be (107 bytes): {path}");
        }
    }
}
