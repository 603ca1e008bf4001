using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// Why a route did not forward a request. The caller gets status, code and message; <paramref name="Reason"/> is for the audit and the operator alone,
/// and stable: the words are in docs/legacy-apps.md.
/// </summary>
internal sealed record RouteRefusal(int Status, string Code, string Message, string Reason)
{
    public static RouteRefusal NotAllowed(string reason) => new(403, "route_not_allowed", "This route is not for this caller", reason);

    public static RouteRefusal Unproven(string reason) => new(401, "invalid_token", $"{RouteAdmission.Header}: must be Bearer and a valid token of the gateway", reason);

    /// <summary>The route's own credential does not open, or no longer, what it injects.</summary>
    public static RouteRefusal NoRight(string reason) => new(403, "route_refused", "The credential of this route does not open what it injects", reason);

    /// <summary>What the route injects is not there, or cannot be sent.</summary>
    public static RouteRefusal NoValue(string reason) => new(502, "route_unusable", "What this route injects cannot be read or sent", reason);

    public static readonly RouteRefusal BadPath = new(400, "bad_path", "The path holds a step upwards", "bad_path");

    public static readonly RouteRefusal BadMethod = new(405, "method_not_allowed", "Method not allowed", "bad_method");

    public static readonly RouteRefusal NoRoute = new(404, "route_not_found", "No such route", "no_route");

    public Task Write(HttpContext context, string requestId)
    {
        if (Status == 401)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"enkryptify\"";
        }

        return ErrorBody.Write(context, Status, Code, Message, requestId);
    }
}
