using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>Invariant 2, on the table itself: every route declares who may reach it, and what is open is open on purpose.</summary>
public class RouteTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    /// <summary>All that nobody in particular may reach. A line here is a decision: the contract must know the route as anonymous.</summary>
    private static readonly string[] Anonymous =
    [
        "GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.json", "GET /.well-known/jwks.json",
        "POST /v1/auth/exchange", "POST /v1/auth/oidc/exchange", "POST /v1/auth/login", "POST /v1/auth/device/code", "POST /v1/auth/device/token",
        "GET /v1/invite/{code}", "POST /v1/invite/{code}/accept", "POST /v1/invite/{code}/decline",
        "POST /auth/session", "GET /auth/session", "DELETE /auth/session",
    ];

    /// <summary>What a credential's JWT may call at all (contract section 1): structure to read, secrets, and who it is.</summary>
    private static readonly string[] ForCredentials =
    [
        "GET /v1/workspace", "GET /v1/workspace/{ws}/team", "GET /v1/workspace/{ws}/project", "GET /v1/workspace/{ws}/project/{prj}",
        "GET /v1/workspace/{ws}/project/{prj}/environment", "GET /v1/workspace/{ws}/project/{prj}/secret", "GET /v1/workspace/{ws}/project/{prj}/secret/{key}",
        "POST /v1/workspace/{ws}/project/{prj}/secret", "PUT /v1/workspace/{ws}/project/{prj}/secret/{id}", "DELETE /v1/workspace/{ws}/project/{prj}/secret/{id}",
        "GET /v1/me", "POST /proxy", "POST /proxy/{ws}/{prj}/{environmentId}",
    ];

    private IReadOnlyList<GatewayRoute> Table => shared.Gateway.Gateway.Routes.Api;

    [Fact]
    public void Each_declares_its_access_and_no_two_are_the_same()
    {
        Assert.All(Table, route =>
        {
            Assert.True(route.Access is ProvenAccess or SignedInAccess or AnonymousAccess, Name(route));
            Assert.True(route.Access is not AnonymousAccess open || (open.Why.Length > 5 && Anonymous.Contains(Name(route))), Name(route) + " is open");
            Assert.StartsWith("/", route.Pattern, StringComparison.Ordinal);
            Assert.DoesNotContain("//", route.Pattern, StringComparison.Ordinal);
        });
        Assert.Equal(Table.Count, Table.Select(Name).Distinct().Count());
    }

    [Fact]
    public async Task Nobody_gets_further_than_401_where_proof_is_asked_for()
    {
        var before = TableDump.Of(shared.Gateway);
        foreach (var route in Proven)
        {
            var answer = await shared.Gateway.Anonymous.Send(route, shared.Acme);
            Assert.True(answer.Status == 401, $"{Name(route)}: {answer.Status}");
            if (route.Errors is not null)
            {
                // In a form of its own: Forwarding/Proxy/ProxyAccessTests.cs.
                Assert.Equal("Bearer realm=\"enkryptify\"", answer.Headers["WWW-Authenticate"]);
                continue;
            }

            Assert.Equal(("Invalid or expired token", "Bearer realm=\"enkryptify\""), (answer.Message, answer.Headers["WWW-Authenticate"]));
        }

        Assert.Equal(before, TableDump.Of(shared.Gateway));
    }

    /// <summary>The widest credential there is reaches what is on the list; anything else is 403 to it, so a new route is closed to it until listed.</summary>
    [Fact]
    public async Task A_credential_manages_nothing()
    {
        var (_, _, machine) = await shared.Gateway.Machine();
        var before = TableDump.Of(shared.Gateway);
        // Issuers and identities refuse unknown fields, so the general body does not fit them: theirs is in Exchange/Oidc/IssuerTests.cs.
        var routes = Proven.Where(route => !ForCredentials.Contains(Name(route)) && !IsOfIdentities(route)).ToList();
        Assert.True(routes.Count >= 8, "structure writes and tokens are there");
        foreach (var route in routes)
        {
            var answer = await machine.Send(route, shared.Acme);
            Assert.True(answer.Status == 403, $"{Name(route)}: {answer.Status} {answer.Body}");
            Assert.Equal("insufficient_permissions", answer.Code);
        }

        Assert.Equal(before, TableDump.Of(shared.Gateway));
    }

    [Fact]
    public void The_list_for_credentials_names_routes_that_there_are() => Assert.Empty(ForCredentials.Except(Proven.Select(Name)));

    [Fact]
    public async Task A_trailing_slash_changes_nothing_and_redirects_nobody()
    {
        var (_, _, reader) = await shared.Gateway.Machine("read");
        // Sign-ins are left out: each wrong password changes the next answer.
        foreach (var route in Table.Where(route => route.Pattern is not ("/v1/auth/login" or "/auth/session")))
        {
            Assert.Equal((await reader.Send(route, shared.Acme)).Telling, (await reader.Send(route, shared.Acme, "/")).Telling);
        }

        Assert.Equal(200, (await reader.Get("/v1/workspace/acme/project/shop/secret/KEY/?environmentId=dev")).Status);
    }

    [Fact]
    public async Task Whatever_is_answered_under_v1_is_not_to_be_stored_and_is_not_sniffed()
    {
        var (_, _, machine) = await shared.Gateway.Machine("read");
        foreach (var api in new[] { shared.Gateway.Anonymous, machine, shared.Gateway.Operator })
        {
            foreach (var route in Table.Where(route => route.Pattern.StartsWith("/v1", StringComparison.Ordinal) && (route.Method == "GET" || api != shared.Gateway.Operator)))
            {
                var answer = await api.Send(route, shared.Acme);
                Assert.Equal(("no-store", "nosniff"), (answer.Headers["Cache-Control"], answer.Headers["X-Content-Type-Options"]));
                Assert.False(answer.Headers.ContainsKey("Set-Cookie") || answer.Headers.ContainsKey("Server"));
            }
        }
    }

    private IEnumerable<GatewayRoute> Proven => Table.Where(route => route.Access is not AnonymousAccess);

    private static bool IsOfIdentities(GatewayRoute route) => route.Method is not "GET" && (route.Pattern.Contains("/issuer", StringComparison.Ordinal) || route.Pattern.Contains("/oidc", StringComparison.Ordinal));

    private static string Name(GatewayRoute route) => $"{route.Method} {route.Pattern}";
}
