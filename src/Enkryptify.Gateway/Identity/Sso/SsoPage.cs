using System.Text;
using System.Text.Encodings.Web;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>
/// A plain page for a browser between the provider and the dashboard. Nothing of a request is in it but our own id of it; no script, no style and
/// no resource may load, and no other page may frame it.
/// </summary>
internal sealed class SsoPage : Reply
{
    private readonly int status;
    private readonly string title;
    private readonly string message;
    private readonly string link;
    private readonly bool goesOn;

    private SsoPage(int status, string title, string message, string link, bool goesOn) =>
        (this.status, this.title, this.message, this.link, this.goesOn) = (status, title, message, link, goesOn);

    public static SsoPage Failed(Refusal refusal) =>
        new(RefusalReply.StatusOf(refusal.Kind), "Not signed in", refusal.Message, "Back", goesOn: false);

    /// <summary>
    /// The end of a sign-in. A page and not a redirect: the browser came here from the provider's site, and a redirect would still count as
    /// that site's, so the dashboard's <c>SameSite=Strict</c> cookie would stay behind. From this page it goes on by itself.
    /// </summary>
    public static SsoPage SignedIn { get; } = new(200, "Signed in", "You are signed in.", "Continue", goesOn: true);

    public static SsoPage Linked { get; } = new(200, "Linked", "Your account is linked to the identity provider.", "Continue", goesOn: true);

    public override Task Write(HttpContext context, string requestId)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XFrameOptions = "DENY";
        if (status == 429 && headers.RetryAfter.Count == 0)
        {
            headers.RetryAfter = "60";
        }

        NeverKept(context.Response);
        var refresh = goesOn ? "<meta http-equiv=\"refresh\" content=\"0; url=/\">" : "";
        var reference = goesOn ? "" : $"<p>Request {Text(requestId)}</p>";
        var page =
            $"""
            <!doctype html><html lang="en"><head><meta charset="utf-8">{refresh}<title>{Text(title)}</title></head>
            <body><h1>{Text(title)}</h1><p>{Text(message)}</p>{reference}<p><a href="/">{Text(link)}</a></p></body></html>

            """;
        return new BytesReply("text/html; charset=utf-8", Encoding.UTF8.GetBytes(page), status).Write(context, requestId);
    }

    /// <summary>Nothing of a sign-in is stored, and its address, with state and code in it, is told to nobody.</summary>
    public static void NeverKept(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);
}

/// <summary>Sends the browser to the provider.</summary>
internal sealed class ToProvider(Uri url) : Reply
{
    public override Task Write(HttpContext context, string requestId)
    {
        SsoPage.NeverKept(context.Response);
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = url.AbsoluteUri;
        return Task.CompletedTask;
    }
}
