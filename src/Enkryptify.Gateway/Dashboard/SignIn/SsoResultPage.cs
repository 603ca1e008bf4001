using System.Text;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity.Sso;

namespace Enkryptify.Gateway.Dashboard.SignIn;

/// <summary>
/// The page of a browser between the provider and the dashboard. Nothing of a request is in it but our own id of it; it has no form, runs no script, and
/// loads nothing but our own style and mark.
/// </summary>
internal sealed class SsoResultPage(Assets assets)
{
    private const string Policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public Reply Of(SsoResult result) => new Shown(assets, result);

    private sealed class Shown(Assets assets, SsoResult result) : Reply
    {
        public override Task Write(HttpContext context, string requestId)
        {
            var headers = context.Response.Headers;
            PageHeaders.Set(headers);
            headers.ContentSecurityPolicy = Policy;
            if (result.Status == 429 && headers.RetryAfter.Count == 0)
            {
                headers.RetryAfter = "60";
            }

            var page = Markup.Of(
                $"""
                <!doctype html>
                <html lang="en">
                <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
                {(result.GoesOn ? Markup.Of($"<meta http-equiv=\"refresh\" content=\"0; url=/\">") : Markup.None)}<title>{result.Title} · Enkryptify Gateway</title>
                <link rel="icon" type="image/svg+xml" href="{assets.Url("mark.svg")}"><link rel="stylesheet" href="{assets.Url("app.css")}"></head>
                <body class="bare">
                <header class="brand">{Parts.Mark(assets)}<span>Enkryptify <b>Gateway</b></span></header>
                <main id="main"><div class="card narrow">
                <h1>{result.Title}</h1>
                <p>{result.Message}</p>
                <p class="actions"><a class="button primary" href="/">{result.Link}</a></p>
                {(result.GoesOn ? Markup.None : Markup.Of($"""<p class="request">Request <span class="mono">{requestId}</span></p>"""))}
                </div></main>
                </body>
                </html>

                """);
            return new BytesReply("text/html; charset=utf-8", Encoding.UTF8.GetBytes(page.ToString()), result.Status).Write(context, requestId);
        }
    }
}
