using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Http;

/// <summary>
/// What a request for a page meets before its handler:
/// <code>
/// 1 headers  no page may load, send or be framed by anything foreign, or be kept
/// 2 session  the cookie alone proves; without one, off to sign in and back
/// 3 origin   a change comes from our own page (Sec-Fetch-Site, Origin)
/// 4 form     read, bounded, in memory
/// 5 token    and it carries the token of the session that it was shown to
/// </code>
/// A handler of a form can therefore not forget any of them.
/// </summary>
internal sealed class PageGate(SessionCookie sessions, VisitorCookie visitors, RefusalLog refusals, RouteTable routes)
{
    public static readonly Refusal StaleForm = new(
        RefusalKind.Forbidden, "form_expired", "This form belongs to a sign-in that has ended. Nothing was changed. Go back, load the page again, and send it once more.");

    /// <summary>The call for the handler, or what to answer instead.</summary>
    public async ValueTask<(Reply? Instead, Call Call)> Enter(GatewayRoute route, PageAccess access, HttpContext context)
    {
        var facts = RequestFacts.Of(context);
        PageHeaders.Set(context.Response.Headers);
        var plain = new Call(context, facts.Id, facts.AddressText, null);
        var value = sessions.ValueOf(context.Request);
        var person = await sessions.Caller(plain).ConfigureAwait(false);
        facts.Actor = person?.Actor;
        var visit = new Visit(context, visitors, person is null ? visitors.Of(context.Request) : value);
        var call = new Call(context, facts.Id, facts.AddressText, person, visit);
        var reads = HttpMethods.IsGet(route.Method);
        if (person is null && value is null && reads && IsFromElsewhere(context.Request))
        {
            // A strict cookie stays behind when another site's link led here. A step from our own page brings it along.
            return (new StepReply(PathOf(context.Request)), call);
        }

        if (person is null && access.OpenBecause is null)
        {
            if (value is not null || !reads)
            {
                await Count(value is null ? "no_session" : "session_ended").ConfigureAwait(false);
            }

            return (new ToSignIn(sessions, reads ? PathOf(context.Request) : PageOf(route, context.Request.Path), ended: value is not null), call);
        }

        if (reads)
        {
            return (null, call);
        }

        if (CrossSite.Refuses(context.Request) is { } foreign)
        {
            await Count(foreign.Code).ConfigureAwait(false);
            return (Reply.Refused(foreign), call);
        }

        var limit = person is null ? Dispatch.MaxAnonymousBody : access.TakesFile ? FormBody.MaxUpload : FormBody.MaxForm;
        if ((await FormBody.Read(context, limit, access.TakesFile).ConfigureAwait(false)).Refused(out var malformed, out var form))
        {
            return (Reply.Refused(malformed), call);
        }

        if (!visit.Holds(form[Visit.TokenField]))
        {
            await Count(StaleForm.Code).ConfigureAwait(false);
            return (Reply.Refused(StaleForm), call);
        }

        visit.Form = form;
        return (null, call);

        ValueTask Count(string reason) => refusals.Refused($"{route.Method} {route.Pattern}", reason, facts.AddressText, facts.Id);
    }

    private static bool IsFromElsewhere(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site";

    private static string PathOf(HttpRequest request) => request.Path.ToUriComponent() + request.QueryString.ToUriComponent();

    /// <summary>The page that a form stands on, for after the sign-in: its own path, or as much of it as is a page.</summary>
    private string PageOf(GatewayRoute route, PathString path)
    {
        var (pattern, segments) = (route.Pattern.Split('/').ToList(), path.ToUriComponent().Split('/').ToList());
        while (pattern.Count > 1 && segments.Count > 1)
        {
            if (routes.Routes.Any(page => page.Method == "GET" && page.Access is PageAccess && page.Pattern == string.Join('/', pattern)))
            {
                return string.Join('/', segments);
            }

            pattern.RemoveAt(pattern.Count - 1);
            segments.RemoveAt(segments.Count - 1);
        }

        return "/";
    }
}

/// <summary>The headers of each answer to a browser's page request, refusals and redirects included.</summary>
internal static class PageHeaders
{
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    public static void Set(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        headers.CacheControl = "no-store";
    }
}
