using Enkryptify.Gateway.Configuration;
using Microsoft.AspNetCore.Http.Features;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>The path of a forwarded request: as the caller wrote it, escapes and all, since decoding and encoding again does not give the same.</summary>
internal static class TargetPath
{
    /// <summary>How often an upstream could decode a path, at the most, before it looks for steps.</summary>
    private const int Decodings = 3;

    /// <summary>The path that the upstream sees, beginning with a slash or empty.</summary>
    public static string Of(HttpContext context, LegacyRoute route)
    {
        var written = Written(context);
        if (!route.StripPath || route.Path == "/")
        {
            return written;
        }

        // Matched after decoding: /%61pi is /api, and then only the decoded rest can be told apart.
        return written.StartsWith(route.Path, StringComparison.OrdinalIgnoreCase) && (written.Length == route.Path.Length || written[route.Path.Length] == '/')
            ? Rooted(written[route.Path.Length..])
            : context.Request.Path.StartsWithSegments(route.Path, StringComparison.OrdinalIgnoreCase, out var rest) ? Rooted(rest.ToUriComponent())
            : written;
    }

    /// <summary>
    /// Whether a segment is <c>..</c> after any number of decodings, with a backslash for a slash, or with a parameter (<c>..;x</c>): an upstream that
    /// reads it so would leave the route's prefix.
    /// </summary>
    public static bool StepsUpwards(HttpContext context)
    {
        var path = Written(context);
        if (!path.Contains("..", StringComparison.Ordinal) && !path.Contains('%', StringComparison.Ordinal))
        {
            return false;
        }

        for (var i = 0; i <= Decodings; i++)
        {
            if (path.Replace('\\', '/').Split('/').Any(segment => segment == ".." || segment.StartsWith("..;", StringComparison.Ordinal)))
            {
                return true;
            }

            path = Uri.UnescapeDataString(path);
        }

        return false;
    }

    private static string Rooted(string path) => path.Length == 0 ? "/" : path;

    private static string Written(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var end = target.IndexOf('?', StringComparison.Ordinal);
        return !target.StartsWith('/') ? context.Request.Path.ToUriComponent() : end < 0 ? target : target[..end];
    }
}
