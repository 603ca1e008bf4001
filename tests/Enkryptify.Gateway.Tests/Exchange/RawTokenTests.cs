using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange;

/// <summary>A raw API token opens nothing but the exchange, on any route there is (contract section 2).</summary>
public class RawTokenTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    [Fact]
    public async Task Every_other_route_refuses_it_and_names_the_exchange()
    {
        var gateway = shared.Gateway;
        var (_, token, _) = await gateway.Machine();
        var routes = gateway.Gateway.Routes.Api.Where(route => route.Access is not AnonymousAccess).ToList();
        Assert.True(routes.Count >= 17, "the routes of the contract are there");
        var before = TableDump.Of(gateway);
        foreach (var route in routes)
        {
            foreach (var raw in new[] { token, "ek_live_nonsense" })
            {
                var answer = await gateway.Bearer(raw).Send(route, shared.Acme);
                Assert.True(answer.Status == 401, $"{route.Method} {route.Pattern}: {answer.Status}");
                Assert.Contains("POST /v1/auth/exchange", answer.Body, StringComparison.Ordinal);

                // The proxy has errors in forms of its own: Forwarding/Proxy/ProxyAccessTests.cs.
                Assert.True(route.Errors is not null || answer.Code == "api_token_not_exchanged", answer.Body);
                Assert.DoesNotContain(raw, answer.Body, StringComparison.Ordinal);
            }
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task With_the_switch_on_it_acts_as_if_just_exchanged()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme(("exchange.accept_api_tokens_directly", "true"));
        await using var _ = gateway;
        var (id, token, exchanged) = await gateway.Machine("read-write", Json.Scope(projects: [acme.Shop]));
        var raw = gateway.Bearer(token);
        string[] paths =
        [
            "/v1/workspace", "/v1/workspace/acme/team", "/v1/workspace/acme/project", "/v1/workspace/acme/project/shop", "/v1/workspace/acme/project/bank",
            "/v1/workspace/acme/project/shop/secret", "/v1/workspace/acme/project/shop/secret/KEY", "/v1/workspace/acme/project/shop/secret/NONE",
            "/v1/workspace/acme/tokens", "/v1/workspace/other/project",
        ];
        foreach (var path in paths)
        {
            Assert.Equal((await exchanged.Get(path)).Telling, (await raw.Get(path)).Telling);
        }

        Assert.Equal(201, (await raw.Post("/v1/workspace/acme/project/shop/secret", Json.Secret("DIRECT", "written", [acme.ShopDev]))).Status);
        Assert.Equal(404, (await raw.Post("/v1/workspace/acme/project/bank/secret", Json.Secret("DIRECT", "written", [acme.BankDev]))).Status);

        // And ends as its credential does.
        var rotated = await gateway.Operator.Post($"/v1/workspace/acme/tokens/{id}/rotate");
        Assert.Equal(401, (await raw.Get("/v1/workspace")).Status);
        var renewed = gateway.Bearer(rotated.Json["token"]!.GetValue<string>());
        Assert.Equal(200, (await renewed.Get("/v1/workspace")).Status);
        gateway.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(401, (await renewed.Get("/v1/workspace")).Status);
    }

    [Fact]
    public async Task With_the_switch_on_a_wrong_one_is_refused_as_a_wrong_jwt_is()
    {
        var (gateway, _) = await TestGateway.StartWithAcme(("exchange.accept_api_tokens_directly", "true"));
        await using var _ = gateway;
        var unknown = Enkryptify.Gateway.Credentials.ApiToken.New().Reveal();
        var expected = (await gateway.Bearer("a.b.c").Get("/v1/workspace")).Telling;
        Assert.Equal(expected, (await gateway.Bearer(unknown).Get("/v1/workspace")).Telling);
        Assert.Equal(expected, (await gateway.Bearer("ek_live_x").Get("/v1/workspace")).Telling);
    }
}
