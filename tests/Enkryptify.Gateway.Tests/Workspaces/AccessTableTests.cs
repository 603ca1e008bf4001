using System.Globalization;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

/// <summary>Who may call what: every route × everybody (contract section 1), all with the whole workspace as scope. Scopes are Access/'s tests.</summary>
public class AccessTableTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private const string Missing = "00000000-0000-7000-8000-000000000000";

    /// <summary>
    /// "outsider" is an admin of another workspace. Where a column says 404, acme looks missing to them. A credential's creator is an admin; what its
    /// JWT may not call is 403 all the same. Tokens of others are missing to who is no admin.
    /// </summary>
    private const string Table =
        """
                                                                            anon member devel admin owner outsider read r-w cli operator
        GET    /healthz                                                     200  200    200   200   200   200      200  200 200 200
        GET    /readyz                                                      200  200    200   200   200   200      200  200 200 200
        GET    /metrics                                                     404  404    404   404   404   404      404  404 404 200
        GET    /doctor                                                      401  403    403   403   403   403      403  403 403 200
        GET    /openapi.json                                                200  200    200   200   200   200      200  200 200 200
        GET    /.well-known/jwks.json                                       200  200    200   200   200   200      200  200 200 200

        POST   /v1/auth/exchange                                            401  401    401   401   401   401      401  401 401 401
        POST   /v1/auth/oidc/exchange                                       200  200    200   200   200   200      200  200 200 200
        POST   /v1/auth/login                                               200  200    200   200   200   200      200  200 200 200
        POST   /v1/auth/cli/logout                                          401  200    200   200   200   200      403  403 403 403
        POST   /v1/auth/device/code                                         200  200    200   200   200   200      200  200 200 200
        POST   /v1/auth/device/token                                        400  400    400   400   400   400      400  400 400 400
        GET    /v1/auth/device/{userCode}                                   401  200    200   200   200   200      403  403 403 403
        POST   /v1/auth/device/{userCode}/approve                           401  200    200   200   200   200      403  403 403 403
        POST   /v1/auth/device/{userCode}/deny                              401  200    200   200   200   200      403  403 403 403
        GET    /v1/me                                                       401  200    200   200   200   200      200  200 200 200
        PUT    /v1/me/password                                              401  200    200   200   200   200      403  403 403 403
        GET    /v1/me/sessions                                              401  200    200   200   200   200      403  403 403 403
        DELETE /v1/me/sessions/{id}                                         401  200    200   200   200   200      403  403 403 403
        POST   /v1/user/password                                            401  403    403   403   403   403      403  403 403 200
        GET    /v1/key                                                      401  403    403   403   403   403      403  403 403 200
        POST   /v1/key/rotate                                               401  403    403   403   403   403      403  403 403 200
        POST   /v1/cache/clear                                              401  403    403   403   403   403      403  403 403 200
        GET    /v1/backup                                                   401  403    403   403   403   403      403  403 403 200
        POST   /v1/backup                                                   401  403    403   403   403   403      403  403 403 200
        POST   /auth/session                                                200  200    200   200   200   200      200  200 200 200
        GET    /auth/session                                                401  401    401   401   401   401      401  401 401 401
        DELETE /auth/session                                                401  401    401   401   401   401      401  401 401 401
        GET    /v1/invite/{code}                                            200  200    200   200   200   200      200  200 200 200
        POST   /v1/invite/{code}/accept                                     200  403    403   403   403   403      403  403 403 200
        POST   /v1/invite/{code}/decline                                    200  200    200   200   200   200      200  200 200 200

        GET    /v1/workspace                                                401  200    200   200   200   200      200  200 200 200
        POST   /v1/workspace                                                401  403    403   403   403   403      403  403 403 201
        PATCH  /v1/workspace/{ws}                                           401  403    403   200   200   404      403  403 403 200
        DELETE /v1/workspace/{ws}                                           401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/team                                      401  200    200   200   200   404      200  200 200 200
        POST   /v1/workspace/{ws}/team                                      401  403    403   201   201   404      403  403 403 201
        PATCH  /v1/workspace/{ws}/team/{team}                               401  403    403   200   200   404      403  403 403 200
        DELETE /v1/workspace/{ws}/team/{team}                               401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/project                                   401  200    200   200   200   404      200  200 200 200
        POST   /v1/workspace/{ws}/project                                   401  403    403   201   201   404      403  403 403 201
        GET    /v1/workspace/{ws}/project/{prj}                             401  200    200   200   200   404      200  200 200 200
        PATCH  /v1/workspace/{ws}/project/{prj}                             401  403    403   200   200   404      403  403 403 200
        DELETE /v1/workspace/{ws}/project/{prj}                             401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/project/{prj}/environment                 401  200    200   200   200   404      200  200 200 200
        POST   /v1/workspace/{ws}/project/{prj}/environment                 401  403    403   201   201   404      403  403 403 201
        PATCH  /v1/workspace/{ws}/project/{prj}/environment/{env}           401  403    403   200   200   404      403  403 403 200
        DELETE /v1/workspace/{ws}/project/{prj}/environment/{env}           401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/rbac                                      401  403    403   200   200   404      403  403 403 200
        POST   /v1/workspace/{ws}/rbac                                      401  403    403   201   201   404      403  403 403 201
        PATCH  /v1/workspace/{ws}/rbac/{id}                                 401  403    403   200   200   404      403  403 403 200
        DELETE /v1/workspace/{ws}/rbac/{id}                                 401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/audit                                     401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/proxy-allowlist                           401  403    403   200   200   404      403  403 403 200
        PUT    /v1/workspace/{ws}/proxy-allowlist                           401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/routes                                    401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/backends                                  401  403    403   200   200   404      403  403 403 200

        GET    /v1/workspace/{ws}/tokens                                    401  200    200   200   200   404      403  403 403 200
        POST   /v1/workspace/{ws}/tokens                                    401  201    201   201   201   404      403  403 403 201
        POST   /v1/workspace/{ws}/tokens/cli                                401  200    200   200   200   404      403  403 403 403
        POST   /v1/workspace/{ws}/tokens/{id}/rotate                        401  404    404   200   200   404      403  403 403 200
        DELETE /v1/workspace/{ws}/tokens/{id}                               401  404    404   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/credentials                               401  200    200   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/issuer                                    401  200    200   200   200   404      403  403 403 200
        POST   /v1/workspace/{ws}/issuer                                    401  403    403   201   201   404      403  403 403 201
        PATCH  /v1/workspace/{ws}/issuer/{id}                               401  403    403   200   200   404      403  403 403 200
        DELETE /v1/workspace/{ws}/issuer/{id}                               401  403    403   200   200   404      403  403 403 200
        PUT    /v1/workspace/{ws}/issuer/{id}/keys                          401  403    403   200   200   404      403  403 403 200
        GET    /v1/workspace/{ws}/oidc                                      401  200    200   200   200   404      403  403 403 200
        POST   /v1/workspace/{ws}/oidc                                      401  201    201   201   201   404      403  403 403 201
        DELETE /v1/workspace/{ws}/oidc/{id}                                 401  404    404   200   200   404      403  403 403 200
        POST   /v1/workspace/{ws}/oidc/test                                 401  403    403   200   200   404      403  403 403 200

        GET    /v1/workspace/{ws}/project/{prj}/secret                      401  200    200   200   200   404      200  200 200 200
        GET    /v1/workspace/{ws}/project/{prj}/secret/{key}                401  200    200   200   200   404      200  200 200 200
        POST   /v1/workspace/{ws}/project/{prj}/secret                      401  403    201   201   201   404      403  201 403 201
        PUT    /v1/workspace/{ws}/project/{prj}/secret/{id}                 401  403    200   200   200   404      403  200 403 200
        DELETE /v1/workspace/{ws}/project/{prj}/secret/{id}                 401  403    200   200   200   404      403  200 403 200
        """;

    private static readonly Dictionary<string, int[]> Expected = Table.Split('\n').Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length > 0).ToDictionary(words => $"{words[0]} {words[1]}", words => words[2..].Select(word => int.Parse(word, CultureInfo.InvariantCulture)).ToArray());

    private readonly AccessRequests requests = new(world);

    public static TheoryData<string> AllRoutes => [.. Expected.Keys];

    public static TheoryData<string> WorkspaceRoutes => [.. Expected.Keys.Where(route => route.Contains("{ws}", StringComparison.Ordinal))];

    [Fact]
    public void The_table_has_every_route_and_everybody()
    {
        // The proxy is judged in Forwarding/Proxy/ProxyAccessTests.cs, where there is an upstream.
        Assert.Equal(
            world.Gateway.Gateway.Routes.Api.Where(route => route.Errors is null).Select(route => $"{route.Method} {route.Pattern}").Order(), Expected.Keys.Order());
        Assert.All(Expected.Values, row => Assert.Equal(AccessWorld.Callers.Length, row.Length));
    }

    /// <summary>Whoever is refused has changed nothing.</summary>
    [Theory]
    [MemberData(nameof(AllRoutes))]
    public async Task Everybody_gets_the_status_of_the_table(string route)
    {
        foreach (var (caller, status) in AccessWorld.Callers.Zip(Expected[route]))
        {
            var ask = await requests.For(route, caller);
            var before = status >= 400 ? TableDump.Of(world.Gateway) : null;
            var answer = await ask.Send(world.As(caller));
            Assert.True(answer.Status == status, $"{route} by {caller}: {answer.Status} instead of {status}: {answer.Body}");
            Assert.True(before is null || before == TableDump.Of(world.Gateway), $"{route} by {caller}: refused, and yet something changed");
            if (route.Contains("/me/", StringComparison.Ordinal) || route.Contains("logout", StringComparison.Ordinal))
            {
                await world.SignInAgain(caller);
            }
        }
    }

    /// <summary>By slug and by id, to acme's people and credentials: what is there is answered as what is not, to the letter.</summary>
    [Theory]
    [MemberData(nameof(WorkspaceRoutes))]
    public async Task Another_workspace_always_looks_missing(string route)
    {
        var (ask, person) = (await requests.For(route, "member"), Access(route) is SignedInAccess);
        var before = TableDump.Of(world.Gateway);
        foreach (var caller in new[] { "member", "developer", "admin", "owner", "read", "read-write", "cli" })
        {
            var api = world.As(caller);
            foreach (var (foreign, nowhere) in new[] { ("foreign", "nowhere"), (world.ForeignId, Missing) })
            {
                var answer = await ask.In(foreign).Send(api);
                Assert.True(answer.Status == (person && !world.Emails.ContainsKey(caller) ? 403 : 404), $"{route} by {caller}: {answer.Status} {answer.Body}");
                Assert.Equal((await ask.In(nowhere).Send(api)).Telling, answer.Telling);
            }
        }

        Assert.Equal(before, TableDump.Of(world.Gateway));
    }

    /// <summary>Ids of another workspace within one's own: an admin of all of acme learns nothing of them.</summary>
    [Fact]
    public async Task What_belongs_to_another_workspace_looks_missing_in_ones_own()
    {
        var (other, acme) = (world.Gateway.Operator, world.Acme);
        var member = (await other.Get("/v1/workspace/other/rbac")).Json[0]!["id"]!.GetValue<string>();
        var (token, _, _) = await world.Gateway.Machine(workspace: "other");
        var secret = (await other.Get("/v1/workspace/other/project/yard/secret/KEY")).Json["id"]!.GetValue<string>();
        var before = TableDump.Of(world.Gateway);
        foreach (var (method, pattern, id) in new[]
        {
            ("PATCH", "team/{0}", acme.Id("green")), ("DELETE", "team/{0}", acme.Id("green")), ("PATCH", "project/{0}", acme.Id("yard")), ("DELETE", "project/{0}", acme.Id("yard")),
            ("GET", "project/{0}", acme.Id("yard")), ("GET", "project/{0}/secret", acme.Id("yard")), ("PATCH", "project/shop/environment/{0}", acme.YardDev),
            ("DELETE", "project/shop/environment/{0}", acme.YardDev), ("GET", "project/shop/secret?environmentId={0}", acme.YardDev), ("GET", "project/shop/secret/{0}", secret),
            ("PUT", "project/shop/secret/{0}", secret), ("DELETE", "project/shop/secret/{0}", secret), ("PATCH", "rbac/{0}", member), ("DELETE", "rbac/{0}", member),
            ("DELETE", "tokens/{0}", token), ("POST", "tokens/{0}/rotate", token),
        })
        {
            var body = method is "PATCH" or "PUT" ? Json.Of(("name", "taken")) : null;
            var path = "/v1/workspace/acme/" + pattern.Replace("{0}", "{id}", StringComparison.Ordinal);
            var answer = await new Ask(new HttpMethod(method), path.Replace("{id}", id, StringComparison.Ordinal), body).Send(world.As("admin"));
            Assert.True(answer.Status == 404, $"{method} {path}: {answer.Status} {answer.Body}");
            Assert.Equal((await new Ask(new HttpMethod(method), path.Replace("{id}", Missing, StringComparison.Ordinal), body).Send(world.As("admin"))).Telling, answer.Telling);
        }

        Assert.Equal(before, TableDump.Of(world.Gateway));
    }

    /// <summary>A page of another site can send the dashboard's cookie, and no <c>Authorization</c>: to /v1 that is nobody.</summary>
    [Fact]
    public async Task Under_v1_a_dashboards_cookie_is_nobody()
    {
        var cookie = await world.People.Cookie(world.Emails["owner"]);
        Assert.Equal(200, (await Show()).Status);
        var routes = Expected.Keys.Where(route => route.Contains(" /v1/", StringComparison.Ordinal) && Access(route) is not AnonymousAccess).ToList();
        Assert.True(routes.Count > 35);
        foreach (var route in routes)
        {
            var ask = await requests.For(route, "anonymous");
            var before = TableDump.Of(world.Gateway);
            var answer = await ask.Send(world.Gateway.Anonymous, With);
            Assert.True(answer.Status == 401, $"{route}: {answer.Status}");
            Assert.Equal((await ask.Send(world.Gateway.Anonymous)).Telling, answer.Telling);
            Assert.Equal(before, TableDump.Of(world.Gateway));
        }

        // Where the cookie would make a difference on an open route: accepting as the account that is invited.
        var (_, code) = await world.People.Invite(world.Emails["owner"], workspace: "foreign");
        var accepted = await world.Gateway.Anonymous.Send(HttpMethod.Post, $"/v1/invite/{code}/accept", null, With);
        Assert.Equal((409, "sign_in_first"), (accepted.Status, accepted.Code));
        Assert.Equal(200, (await Show()).Status);

        Task<Answer> Show() => world.Gateway.Anonymous.Send(HttpMethod.Get, "/auth/session", null, With);
        void With(HttpRequestMessage request) => request.Headers.Add("Cookie", cookie);
    }

    private RouteAccess Access(string route) => world.Gateway.Gateway.Routes.Api.Single(one => $"{one.Method} {one.Pattern}" == route).Access;
}
