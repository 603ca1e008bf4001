using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Enkryptify.Gateway.BrowserTests.RigTests;

/// <summary>A site whose pages do what the dashboard's must not: what the rig is tried on.</summary>
internal sealed class BadPages : IAsyncDisposable
{
    public const string Policy = "default-src 'none'; style-src 'self'; script-src 'self'";

    private readonly WebApplication app;

    private BadPages(WebApplication app) => this.app = app;

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <param name="body">Of the page at <c>/</c>.</param>
    /// <param name="style">At <c>/style.css</c>, which the page loads.</param>
    /// <param name="script">At <c>/script.js</c>, which the page loads.</param>
    public static async Task<BadPages> Serve(string body, string style = "", string script = "", string? policy = Policy)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async context =>
        {
            var (type, text) = context.Request.Path.Value switch
            {
                "/style.css" => ("text/css", "body { font: 16px sans-serif; color: #222; background: #fff } a { color: #00c }" + style),
                "/script.js" => ("text/javascript", script),
                "/favicon.ico" => ("image/x-icon", ""),
                "/" => ("text/html; charset=utf-8",
                    "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>t</title><link rel=stylesheet href=/style.css><script src=/script.js defer></script>"
                    + $"<main><h1>Page</h1>{body}</main></html>"),
                _ => ("text/plain", ""),
            };
            context.Response.StatusCode = text.Length == 0 && type == "text/plain" ? 404 : 200;
            context.Response.ContentType = type;
            context.Response.Headers.ContentSecurityPolicy = policy;
            await context.Response.WriteAsync(text);
        });
        await app.StartAsync();
        return new BadPages(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
