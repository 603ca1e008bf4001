using Enkryptify.Gateway.Configuration;
using Microsoft.Extensions.Primitives;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// What of the caller's request does not travel on: their <c>Authorization</c>, <c>Cookie</c> and <c>Proxy-*</c> unless the route keeps them by name;
/// hop-by-hop headers; what they say of the way here; the gateway's own headers; and whatever the route injects, also in a spelling that an
/// application server takes for the same (<c>X_Api_Key</c>).
/// </summary>
internal sealed class CallerHeaders
{
    private static readonly string[] Always =
    [
        "Forwarded", "X-Real-IP", "TE", "Trailer", "Keep-Alive", "Expect", "HTTP2-Settings", "Accept-Encoding",
    ];

    private static readonly string[] UnlessKept = ["Authorization", "Cookie"];

    /// <summary>A <c>Connection</c> header does not take away what the message itself rests on.</summary>
    private static readonly string[] NotNamedByConnection = ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Content-Type"];

    private readonly HashSet<string> dropped = new(Always, StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> kept;

    public CallerHeaders(LegacyRoute route, InjectionPlan plan)
    {
        kept = new HashSet<string>(route.KeepHeaders, StringComparer.OrdinalIgnoreCase);
        dropped.UnionWith(UnlessKept.Where(name => !kept.Contains(name)));
        dropped.UnionWith(plan.HeaderNames.Select(Plain));
    }

    public void Strip(IHeaderDictionary headers)
    {
        List<string>? going = null;
        foreach (var (name, _) in headers)
        {
            if (IsDropped(name))
            {
                (going ??= []).Add(name);
            }
        }

        // RFC 9110 section 7.6.1: headers that the caller meant for the next hop alone. (Beside "close" Kestrel has forgotten the other options.)
        foreach (var option in headers.Connection)
        {
            foreach (var name in new StringTokenizer(option ?? "", [',']))
            {
                var text = name.Trim().ToString();
                if (text.Length > 0 && !NotNamedByConnection.Contains(text, StringComparer.OrdinalIgnoreCase))
                {
                    (going ??= []).Add(text);
                }
            }
        }

        foreach (var name in going ?? [])
        {
            headers.Remove(name);
        }
    }

    private bool IsDropped(string name)
    {
        var plain = Plain(name);
        return dropped.Contains(plain) || plain.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || plain.StartsWith("X-Enkryptify-", StringComparison.OrdinalIgnoreCase)
            || (plain.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase) && !kept.Contains(name));
    }

    private static string Plain(string name) => name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
}
