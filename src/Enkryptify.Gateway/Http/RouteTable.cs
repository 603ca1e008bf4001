using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Http;

internal delegate ValueTask<Reply> Handler(Call call);

/// <summary>Who may reach a route at all. Has no default: leaving it out does not compile (invariant 2).</summary>
internal abstract record RouteAccess
{
    /// <summary>Whoever proves to be someone; the operation then decides what they may.</summary>
    public static readonly RouteAccess Proven = new ProvenAccess();

    /// <summary>A person, signed in: what no credential does, whoever made it, nor the local operator.</summary>
    public static readonly RouteAccess SignedIn = new SignedInAccess();

    /// <summary>The route checks the proof it is given itself: that is what it is for.</summary>
    public static RouteAccess Anonymous(string why) => new AnonymousAccess(why);

    /// <summary>A page of the dashboard: the session's cookie proves, and nothing else does. Without one the browser is sent to sign in.</summary>
    public static readonly RouteAccess Page = new PageAccess(null, false);

    /// <summary>A page whose form brings a file.</summary>
    public static readonly RouteAccess Upload = new PageAccess(null, true);

    /// <summary>A page that anybody may open; who is signed in is known all the same.</summary>
    public static RouteAccess OpenPage(string why) => new PageAccess(why, false);

    /// <summary>Part of the executable, the same for everybody: style, script, icons.</summary>
    public static readonly RouteAccess Asset = new AssetAccess();
}

internal sealed record ProvenAccess : RouteAccess;

internal sealed record SignedInAccess : RouteAccess;

internal sealed record AnonymousAccess(string Why) : RouteAccess;

/// <param name="OpenBecause">Why anybody may open it; null asks for a session.</param>
internal sealed record PageAccess(string? OpenBecause, bool TakesFile) : RouteAccess;

internal sealed record AssetAccess : RouteAccess;

/// <summary>A route as a value: method, pattern, who may reach it, what it does.</summary>
/// <param name="Errors">The shape of its errors, where it is not the usual one.</param>
internal sealed record GatewayRoute(string Method, string Pattern, RouteAccess Access, Handler Handler, ErrorForm? Errors = null)
{
    /// <summary>Whether programs call it; the rest is for browsers and has no part in the API document.</summary>
    public bool IsApi => Access is not (PageAccess or AssetAccess);
}

/// <summary>All routes of the gateway. The API document and a test are checked against it.</summary>
internal sealed class RouteTable
{
    private readonly List<GatewayRoute> routes = [];

    public IReadOnlyList<GatewayRoute> Routes => routes;

    /// <summary>Those for programs: what the API document describes.</summary>
    public IReadOnlyList<GatewayRoute> Api => [.. routes.Where(route => route.IsApi)];

    public void Get(string pattern, RouteAccess access, Handler handler) => Add("GET", pattern, access, handler);

    public void Post(string pattern, RouteAccess access, Handler handler) => Add("POST", pattern, access, handler);

    public void Post(string pattern, RouteAccess access, ErrorForm errors, Handler handler) => routes.Add(new GatewayRoute("POST", pattern, access, handler, errors));

    public void Put(string pattern, RouteAccess access, Handler handler) => Add("PUT", pattern, access, handler);

    public void Patch(string pattern, RouteAccess access, Handler handler) => Add("PATCH", pattern, access, handler);

    public void Delete(string pattern, RouteAccess access, Handler handler) => Add("DELETE", pattern, access, handler);

    private void Add(string method, string pattern, RouteAccess access, Handler handler) => routes.Add(new GatewayRoute(method, pattern, access, handler));
}
