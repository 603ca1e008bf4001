namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>An upstream's answer whose body is still to be read. Holds the connection, the limits and the workspace's slot until it is disposed.</summary>
internal sealed class UpstreamAnswer(HttpResponseMessage response, HttpRequestMessage request, IDisposable slot) : IDisposable
{
    public HttpResponseMessage Response => response;

    public HttpMethod Method => request.Method;

    /// <summary>What ends the call early, and whose it is to dispose.</summary>
    public (CancellationToken Token, IReadOnlyList<IDisposable> Owned) Limits { get; set; } = (CancellationToken.None, []);

    public void Dispose()
    {
        response.Dispose();
        request.Dispose();
        slot.Dispose();
        foreach (var owned in Limits.Owned)
        {
            owned.Dispose();
        }
    }

    /// <summary>The headers that travel on, each line of its own.</summary>
    public static IEnumerable<(string Name, string Value)> Headers(HttpResponseMessage response)
    {
        var named = response.Headers.NonValidated.TryGetValues("Connection", out var connection)
            ? connection.SelectMany(line => line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList()
            : [];
        return response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .Where(header => !ProxyHeaders.IsOfTheConnection(header.Key, named))
            .SelectMany(header => header.Value.Where(IsFit).Select(value => (header.Key, value)));
    }

    /// <summary>A control character but the tab is in no header (RFC 9110 section 5.5); our own server would refuse to send it. The bytes beyond ASCII pass, as Latin-1.</summary>
    private static bool IsFit(string value) => value.All(c => c is '\t' or (>= ' ' and not '\u007f'));
}
