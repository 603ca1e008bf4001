using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Enkryptify.Gateway.Tests.Cli;

/// <summary>A real Kestrel on a real Unix socket that answers as it was told and keeps what it was asked.</summary>
internal sealed class FakeGateway : IAsyncDisposable
{
    public const string Acme = "01900000-0000-7000-8000-000000000001";
    public const string Platform = "01900000-0000-7000-8000-000000000002";
    public const string Demo = "01900000-0000-7000-8000-000000000003";
    public const string Development = "01900000-0000-7000-8000-000000000004";
    public const string Production = "01900000-0000-7000-8000-000000000005";
    public const string Secrets = $"/v1/workspace/{Acme}/project/{Demo}/secret";
    public const string Tokens = $"/v1/workspace/{Acme}/tokens";

    private readonly ConcurrentDictionary<string, RequestDelegate> _answers = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ek-cli-");
    private readonly WebApplication _app;

    private FakeGateway()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = 4 * 1024 * 1024;
            kestrel.ListenUnixSocket(SocketPath);
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string DataDirectory => _directory.FullName;

    public string SocketPath => Path.Combine(DataDirectory, "admin.sock");

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    /// <summary>What changes something, in order.</summary>
    public SeenRequest[] Changes => [.. Requests.Where(request => request.Method != "GET")];

    /// <summary>Workspace <c>acme</c> with team <c>platform</c>, project <c>demo</c>, and two environments.</summary>
    public static async Task<FakeGateway> StartAsync()
    {
        FakeGateway gateway = new();
        gateway.Answer("GET /v1/workspace", 200, $$"""[{"id":"{{Acme}}","name":"Acme Inc","slug":"acme","ownerId":"u1"}]""");
        gateway.Answer(
            $"GET /v1/workspace/{Acme}/team", 200, $$"""[{"id":"{{Platform}}","name":"platform","projectCount":1,"createdAt":"2026-01-02T03:04:05.000Z"}]""");
        gateway.Answer(
            $"GET /v1/workspace/{Acme}/project",
            200,
            $$"""[{"id":"{{Platform}}","name":"platform","projects":[{"id":"{{Demo}}","name":"Demo App","slug":"demo","createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-02-03T04:05:06Z"}]}]""");
        gateway.Answer(
            $"GET /v1/workspace/{Acme}/project/{Demo}/environment",
            200,
            $$"""[{"id":"{{Development}}","name":"development","hasPersonalOverrides":true},{"id":"{{Production}}","name":"production","hasPersonalOverrides":false}]""");
        await gateway._app.StartAsync();
        return gateway;
    }

    public void Answer(string request, int status, string json) => Answer(request, context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    });

    public void Answer(string request, RequestDelegate answer) => _answers[request] = answer;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        string target = $"{context.Request.Path}{context.Request.QueryString}";
        Requests.Enqueue(new SeenRequest(
            context.Request.Method, target, body, context.Request.ContentType, context.Request.Headers.Authorization.ToString()));
        if (_answers.TryGetValue($"{context.Request.Method} {target}", out RequestDelegate? answer))
        {
            await answer(context);
            return;
        }

        context.Response.StatusCode = 404;
        await context.Response.WriteAsync("""{"message":"Not found here","code":"not_found","requestId":"r1"}""");
    }
}

internal sealed record SeenRequest(string Method, string Target, string Body, string? ContentType, string Authorization)
{
    public override string ToString() => $"{Method} {Target}";
}
