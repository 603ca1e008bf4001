using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>The store of <c>tests/fixtures/KeyValueStore</c> as a process of its own, driven by its public API with the root token.</summary>
internal sealed class KeyValueProcess : IAsyncDisposable
{
    private const string Root = "hvs.root";

    private readonly Process process;
    private readonly HttpClient http;

    private KeyValueProcess(Process process, int port)
    {
        (this.process, Url) = (process, new Uri($"http://127.0.0.1:{port}"));
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Url };
    }

    public Uri Url { get; }

    public static async Task<KeyValueProcess> Start()
    {
        var process = System.Diagnostics.Process.Start(
            new ProcessStartInfo("dotnet", [Find(), Root]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var port = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The store ended before it was ready.");
        return new KeyValueProcess(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    /// <summary>With the root token, or with <paramref name="token"/>.</summary>
    public async Task<(int Status, JsonNode? Body)> Send(string method, string path, JsonNode? body = null, string? space = null, string? token = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("X-Vault-Token", token ?? Root);
        if (space is not null)
        {
            request.Headers.Add("X-Vault-Namespace", space);
        }

        request.Content = body is null ? null : new StringContent(body.ToJsonString());
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    public async Task Write(string path, params (string Name, object? Value)[] pairs) =>
        Assert.Equal(200, (await Send("POST", "/v1/" + path, Json.Of(("data", Json.Of(pairs))))).Status);

    /// <summary>A token that reads below this prefix.</summary>
    public async Task<string> Token(string prefix, int? seconds = null, string? space = null) =>
        (await Send("POST", "/v1/auth/token/create", Json.Of(("policies", Json.List(prefix)), ("ttl", seconds)), space)).Body!["auth"]!["client_token"]!.GetValue<string>();

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var built = Path.Combine(folder.FullName, "tests", "fixtures", "KeyValueStore", "bin");
            if (Directory.Exists(built))
            {
                return Directory.EnumerateFiles(built, "KeyValueStore.dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
            }
        }

        throw new FileNotFoundException("tests/fixtures/KeyValueStore is not built");
    }
}
