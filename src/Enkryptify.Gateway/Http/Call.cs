using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Http;

/// <summary>One request as a handler sees it: who calls, what they name, what they send.</summary>
internal sealed class Call(HttpContext context, string requestId, string? address, Caller? caller, Visit? visit = null)
{
    public HttpContext Context => context;

    public string RequestId => requestId;

    public string? Address => address;

    /// <summary>Of a route with <see cref="RouteAccess.Proven"/>.</summary>
    public Caller Caller => caller ?? throw new InvalidOperationException("An anonymous route has no caller.");

    /// <summary>Of a route with <see cref="RouteAccess.SignedIn"/> or <see cref="RouteAccess.Page"/>.</summary>
    public LoginCaller Person => (LoginCaller)Caller;

    /// <summary>Who is signed in, if anybody, where a page is open to all.</summary>
    public LoginCaller? Visitor => caller as LoginCaller;

    /// <summary>What a browser brought to a page.</summary>
    public Visit Visit => visit ?? throw new InvalidOperationException("Only a page is visited.");

    /// <summary>The fields of a page's form, after its token was checked.</summary>
    public FormFields Form => Visit.Form;

    /// <summary>The address, or of an IPv6 address its /64: what limits are kept by, since one site holds 2^64 of those.</summary>
    public string Network => RequestFacts.Of(context).Network;

    public string? Agent => context.Request.Headers.UserAgent is { Count: > 0 } agent ? agent[0] : null;

    /// <summary>Whether the local operator asks, also on an anonymous route.</summary>
    public bool AtAdminSocket => context.Features.Get<AdminPeer>() is not null;

    /// <summary>Whether anything is sent: clients put a JSON content type on empty bodies too.</summary>
    public bool HasBody => context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0;

    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>The pattern of the route, for the audit and the log: never the path, which a caller chooses.</summary>
    public string Route => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";

    public string Segment(string name) => (string)context.Request.RouteValues[name]!;

    /// <summary>A query parameter that may stand once; more often only when all are equal.</summary>
    public Outcome<string?> Query(string name)
    {
        var values = context.Request.Query[name];
        for (var i = 1; i < values.Count; i++)
        {
            if (values[i] != values[0])
            {
                return Refusal.Invalid(name, "is given more than once, with different values");
            }
        }

        return values.Count == 0 ? (string?)null : values[0];
    }

    public Outcome<bool> Flag(string name)
    {
        if (Query(name).Refused(out var refusal, out var text))
        {
            return refusal;
        }

        return text switch
        {
            null or "false" => false,
            "true" => true,
            _ => Refusal.Invalid(name, "must be true or false"),
        };
    }

    /// <summary>The body as a JSON object.</summary>
    public ValueTask<Outcome<JsonFields>> Body() => JsonBody.Read(context);
}
