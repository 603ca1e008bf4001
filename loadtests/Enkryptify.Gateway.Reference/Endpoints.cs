using System.Net;
using System.Text;
using System.Text.Json;

namespace Enkryptify.Gateway.Reference;

/// <summary>
/// Bare Kestrel, no routing, no log, nothing kept. Each endpoint does one thing, so that what it costs can be told from the rest:
/// <list type="bullet">
/// <item><c>GET /json</c>: a fixed answer of the exchange's size. What HTTP alone costs.</item>
/// <item><c>POST /sign</c>: an ES256 JWT. What the API-token exchange cannot do without.</item>
/// <item><c>GET /verify</c> with <c>Authorization: Bearer</c>: an ES256 JWT of <c>/sign</c>. What every request with a JWT cannot do without.</item>
/// <item><c>POST /exchange</c> <c>{"token"}</c>: RS256 verified, ES256 signed. What the exchange of a workload's token cannot do without.</item>
/// </list>
/// </summary>
internal static class Endpoints
{
    private const int MaxBody = 64 * 1024;

    public static async Task Serve(int port, Keys keys)
    {
        var time = TimeProvider.System;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        await using var app = builder.Build();
        var json = Answer(Jws.Sign(keys.Own, Now()));
        app.Run(context => (context.Request.Method, context.Request.Path.Value) switch
        {
            ("GET", "/json") => Write(context, json),
            ("POST", "/sign") => Write(context, Answer(Jws.Sign(keys.Own, Now()))),
            ("GET", "/verify") => Verify(context),
            ("POST", "/exchange") => Exchange(context),
            _ => Refuse(context, 404),
        });
        await app.RunAsync();
        keys.Dispose();

        long Now() => time.GetUtcNow().ToUnixTimeSeconds();

        Task Verify(HttpContext context)
        {
            var header = context.Request.Headers.Authorization.ToString();
            return header.StartsWith("Bearer ", StringComparison.Ordinal) && Jws.Verifies(header["Bearer ".Length..], keys.Own) ? Write(context, json) : Refuse(context, 401);
        }

        async Task Exchange(HttpContext context)
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            await (body.RootElement.TryGetProperty("token"u8, out var token) && Jws.Verifies(token.GetString()!, keys.Workload, Now())
                ? Write(context, Answer(Jws.Sign(keys.Own, Now())))
                : Refuse(context, 401));
        }
    }

    private static byte[] Answer(string jwt) => Encoding.ASCII.GetBytes($$"""{"accessToken":"{{jwt}}","expiresIn":900,"tokenType":"Bearer"}""");

    private static Task Write(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json, 0, json.Length);
    }

    private static Task Refuse(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
