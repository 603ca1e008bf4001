using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>Requests to walk the route table with.</summary>
internal static partial class Routes
{
    private const string Missing = "00000000-0000-7000-8000-000000000000";

    /// <summary>A path that the pattern matches: of the sample structure where it can be, of what does not exist elsewhere.</summary>
    public static string Filled(string pattern) => Segment().Replace(pattern, match => match.Value switch
    {
        "{ws}" => "acme",
        "{prj}" => "shop",
        "{env}" => "dev",
        "{key}" => "KEY",
        "{id}" when pattern.Contains("/secret/", StringComparison.Ordinal) => "KEY",
        _ => Missing,
    });

    /// <summary>A body with something right for every field that any route asks for: unknown ones are ignored.</summary>
    public static JsonObject Body(Acme acme) => Json.Of(
        ("name", "walked"), ("slug", "walked"), ("teamId", acme.Red), ("permission", "read"), ("scope", Json.Scope(environments: [acme.ShopDev])), ("expiresIn", "24h"),
        ("environments", Json.List(acme.ShopDev)), ("secrets", Json.List(Json.Of(("key", "WALKED"), ("value", "v")))), ("email", "walked@acme.test"), ("role", "member"),
        ("password", "correct horse battery"), ("current", "correct horse battery"), ("new", "correct horse staple"), ("environmentId", acme.ShopDev));

    public static Task<Answer> Send(this Api api, GatewayRoute route, Acme acme, string suffix = "") => api.Send(
        new HttpMethod(route.Method), Filled(route.Pattern) + suffix, route.Method is "GET" or "DELETE" ? null : Body(acme));

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Segment();
}
