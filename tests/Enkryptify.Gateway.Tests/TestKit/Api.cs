using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>One caller of the gateway's API. Answers are kept whole: status, headers, body.</summary>
internal sealed class Api(HttpClient http, string? token, string? from = null)
{
    public string? Token => token;

    /// <summary>The same caller at another address, where <c>server.trusted_proxies</c> is 127.0.0.1.</summary>
    public Api From(string address) => new(http, token, address);

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Post(string path, JsonNode? body = null) => Send(HttpMethod.Post, path, body);

    public Task<Answer> Put(string path, JsonNode? body = null) => Send(HttpMethod.Put, path, body);

    public Task<Answer> Patch(string path, JsonNode? body = null) => Send(HttpMethod.Patch, path, body);

    public Task<Answer> Delete(string path) => Send(HttpMethod.Delete, path);

    public Task<Answer> Send(HttpMethod method, string path, JsonNode? body = null) =>
        Send(method, path, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));

    public async Task<Answer> Send(HttpMethod method, string path, HttpContent? content, Action<HttpRequestMessage>? more = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (from is not null)
        {
            request.Headers.Add("X-Forwarded-For", from);
        }

        more?.Invoke(request);
        using var response = await http.SendAsync(request);
        return new Answer(
            (int)response.StatusCode,
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
            await response.Content.ReadAsStringAsync());
    }
}

/// <summary>An answer of the gateway.</summary>
internal sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string Message => Json["message"]!.GetValue<string>();

    public string Code => Json["code"]!.GetValue<string>();

    /// <summary>What must be equal for an answer to tell nothing: all but the request's id, the date and the rate-limit headers.</summary>
    public string Telling
    {
        get
        {
            var body = Body;
            if (Body.StartsWith('{') && JsonNode.Parse(Body) is JsonObject json && json.Remove("requestId"))
            {
                body = json.ToJsonString();
            }

            var headers = Headers.Where(header => header.Key != "Date" && !header.Key.StartsWith("RateLimit", StringComparison.Ordinal) && header.Key != "Content-Length")
                .OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => $"{header.Key}: {header.Value}");
            return $"{Status}\n{string.Join('\n', headers)}\n\n{body}";
        }
    }
}
