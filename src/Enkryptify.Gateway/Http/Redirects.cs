using System.Text;
using System.Text.Encodings.Web;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Http;

/// <summary>Where a browser may be sent: a path of our own. Anything that a browser could take for another host is none.</summary>
internal static class OwnPath
{
    private const int MaxLength = 1024;

    /// <summary>The path if it is one of ours, or null.</summary>
    public static string? Of(string? path) =>
        path is { Length: > 0 and <= MaxLength } && path[0] == '/' && (path.Length == 1 || path[1] is not ('/' or '\\'))
        && !path.AsSpan().ContainsAnyExceptInRange('!', '~') && !path.Contains('\\')
            ? path
            : null;
}

/// <summary>See other (303): the answer to a form that was done, so that loading the page again sends nothing twice.</summary>
internal sealed class SeeOther(string path) : Reply
{
    public override Task Write(HttpContext context, string requestId)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = OwnPath.Of(path) ?? "/";
        return Task.CompletedTask;
    }
}

/// <summary>To the sign-in page, and from there back to <paramref name="next"/>.</summary>
/// <param name="ended">The browser came with a session that is over: the sign-in page says so.</param>
internal sealed class ToSignIn(SessionCookie sessions, string next, bool ended) : Reply
{
    public override Task Write(HttpContext context, string requestId)
    {
        var query = (next is "/" ? "" : "&next=" + Uri.EscapeDataString(next)) + (ended ? "&ended=true" : "");
        if (ended)
        {
            sessions.Clear(context.Response);
        }

        return new SeeOther("/sign-in" + (query.Length == 0 ? "" : "?" + query[1..])).Write(context, requestId);
    }
}

/// <summary>A page that goes on by itself to a path of our own, so that the next request is our own site's.</summary>
internal sealed class StepReply(string path) : Reply
{
    public override Task Write(HttpContext context, string requestId)
    {
        var target = HtmlEncoder.Default.Encode(OwnPath.Of(path) ?? "/");
        var page = $"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={target}"><title>One moment</title></head>
            <body><p><a href="{target}">Continue</a></p></body></html>

            """;
        return new BytesReply("text/html; charset=utf-8", Encoding.UTF8.GetBytes(page)).Write(context, requestId);
    }
}
