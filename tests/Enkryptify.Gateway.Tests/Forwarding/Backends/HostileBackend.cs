using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>A server that says whatever a test makes it say where a backend belongs; well-behaved until told otherwise.</summary>
internal sealed class HostileBackend : IAsyncDisposable
{
    public const string Workspace = "0197a000-0000-7000-8000-000000000001";
    public const string Team = "0197a000-0000-7000-8000-000000000002";
    public const string Project = "0197a000-0000-7000-8000-000000000003";
    public const string Dev = "0197a000-0000-7000-8000-000000000004";
    public const string Prod = "0197a000-0000-7000-8000-000000000005";

    private readonly WebApplication app;

    private HostileBackend(WebApplication app) => this.app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>What it is asked, as method and path with query.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public ConcurrentQueue<string> Tokens { get; } = [];

    /// <summary>Answers in place of the good one where it gives true.</summary>
    public Func<HttpContext, Task<bool>> Instead { get; set; } = static _ => Task.FromResult(false);

    public static async Task<HostileBackend> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var backend = new HostileBackend(builder.Build());
        backend.app.Run(backend.Answer);
        await backend.app.StartAsync();
        backend.Url = new Uri(backend.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return backend;
    }

    public static string Secrets(string environment, string value = "good", string id = "0197a000-0000-7000-8000-0000000000aa", string name = "KEY", string personal = "false") =>
        $$"""
        [{"id":"{{id}}","name":"{{name}}","note":"","type":"runtime","dataType":"text","values":[{"environmentId":"{{environment}}","value":"{{value}}","isPersonal":{{personal}}}],
        "createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}]
        """;

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private async Task Answer(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Requests.Enqueue($"{context.Request.Method} {path}{context.Request.QueryString}");
        Tokens.Enqueue(context.Request.Headers.Authorization.ToString());
        if (await Instead(context))
        {
            return;
        }

        await Say(context, path switch
        {
            "/v1/auth/exchange" => """{"accessToken":"a.b.c","expiresIn":900,"tokenType":"Bearer"}""",
            "/v1/workspace" => $$"""[{"id":"{{Workspace}}","name":"Acme","slug":"acme","ownerId":"{{Team}}"}]""",
            $"/v1/workspace/{Workspace}/team" => $$"""[{"id":"{{Team}}","name":"red","projectCount":1,"createdAt":"2026-01-01T00:00:00Z"}]""",
            $"/v1/workspace/{Workspace}/project" =>
                $$"""[{"id":"{{Team}}","name":"red","projects":[{"id":"{{Project}}","name":"Shop","slug":"shop","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}]}]""",
            $"/v1/workspace/{Workspace}/project/{Project}/environment" =>
                $$"""[{"id":"{{Dev}}","name":"dev","hasPersonalOverrides":true},{"id":"{{Prod}}","name":"prod","hasPersonalOverrides":true}]""",
            $"/v1/workspace/{Workspace}/project/{Project}/secret" => Secrets(context.Request.Query["environmentId"]!),
            _ => throw new InvalidOperationException($"It was asked for {path}."),
        });
    }

    public static Task Say(HttpContext context, string json, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    }
}
