using System.Globalization;
using System.Text;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>
/// Errors for people: on the dashboard's own paths, and on unknown ones when the browser asks for a page. Programs get JSON, and under <c>/v1</c> so does
/// everybody. The page stands by itself and reads nothing, since it also has to be shown when the store is broken.
/// </summary>
internal sealed class ErrorPages(Assets assets)
{
    private static readonly string[] ForPrograms = ["/v1", "/auth", "/proxy", "/.well-known", "/healthz", "/readyz", "/metrics", "/openapi.json", "/assets"];

    public Reply? Of(HttpContext context, int status, string message)
    {
        var path = context.Request.Path;
        var isPage = PagePaths.Hold(path) && path != "/";
        var asksForPage = context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            && !ForPrograms.Any(program => path.StartsWithSegments(program, StringComparison.OrdinalIgnoreCase));
        return isPage || asksForPage ? new ErrorPageReply(assets, status, message) : null;
    }
}

internal sealed class ErrorPageReply(Assets assets, int status, string message) : Reply
{
    public override Task Write(HttpContext context, string requestId)
    {
        PageHeaders.Set(context.Response.Headers);
        var wait = status == 429 && int.TryParse(context.Response.Headers.RetryAfter.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? $" Try again in {Waiting.Words(TimeSpan.FromSeconds(seconds))}."
            : "";
        var page = Markup.Of(
            $"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <title>{Title} · Enkryptify Gateway</title>
            <link rel="icon" type="image/svg+xml" href="{assets.Url("mark.svg")}"><link rel="stylesheet" href="{assets.Url("app.css")}"></head>
            <body class="bare">
            <header class="brand">{Parts.Mark(assets)}<span>Enkryptify <b>Gateway</b></span></header>
            <main id="main"><div class="card narrow">
            <h1>{Title}</h1>
            <p>{Words}{wait}</p>
            <p class="actions"><a class="button primary" href="/">Go to the start</a></p>
            <p class="request">Request <span class="mono">{requestId}</span></p>
            </div></main>
            </body>
            </html>

            """);
        return new BytesReply("text/html; charset=utf-8", Encoding.UTF8.GetBytes(page.ToString()), status).Write(context, requestId);
    }

    private string Title => status switch
    {
        400 or 415 => "That did not work",
        403 => "You cannot do this",
        404 => "Not found",
        405 => "Not possible here",
        409 => "That does not fit",
        413 => "Too large",
        429 => "Too many requests",
        503 => "Not available at the moment",
        _ => "Something went wrong",
    };

    /// <summary>What is missing and what is not yours are the same to whoever asks.</summary>
    private string Words => status switch
    {
        404 => "There is nothing here, or it is not yours to see.",
        500 => "This is a fault of the gateway. The operator finds it in the log under the number below.",
        _ => message.EndsWith('.') ? message : message + ".",
    };
}

/// <summary>How long to wait, in words.</summary>
internal static class Waiting
{
    public static string Words(TimeSpan wait)
    {
        var seconds = (int)Math.Ceiling(wait.TotalSeconds);
        var (count, unit) = seconds < 90 ? (Math.Max(1, seconds), "second") : ((int)Math.Ceiling(seconds / 60.0), "minute");
        return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")}");
    }
}
