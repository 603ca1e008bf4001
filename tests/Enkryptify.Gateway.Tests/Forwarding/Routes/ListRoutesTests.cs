using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>GET …/routes: for admins, of their workspace, of environments in their sight; names and states, never a value.</summary>
public class ListRoutesTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    private const string Path = "/v1/workspace/acme/routes";

    [Fact]
    public async Task An_admin_sees_routes_with_their_credential_and_their_upstreams()
    {
        await world.Load(world.Route());
        await world.Get();
        var admin = await world.Gateway.People.Join("admin");
        var answer = await admin.Api.Get(Path);
        Assert.Equal(200, answer.Status);
        var route = Assert.Single(answer.Json.AsArray())!;
        Assert.Equal(
            ("app", world.Porter, "X-Api-Key: %API_KEY%", "networks", world.Upstream.Url),
            (route["name"]!.GetValue<string>(), route["credential"]!["id"]!.GetValue<string>(), route["injects"]![0]!.GetValue<string>(), route["users"]!.GetValue<string>(),
                route["destinations"]![0]!["address"]!.GetValue<string>()));
        Assert.NotNull(route["credential"]!["expiresAt"]);
        Assert.NotNull(route["valuesReadAt"]);
        Assert.Null(route["problem"]);
        Assert.DoesNotContain("s3cret", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_is_no_admin_there_sees_none()
    {
        await world.Load(world.Route());
        Assert.Equal(403, (await (await world.Gateway.People.Join("developer")).Api.Get(Path)).Status);
        Assert.Equal(403, (await world.User.Api.Get(Path)).Status);
        Assert.Equal(401, (await world.Gateway.Anonymous.Get(Path)).Status);
        Assert.Empty((await world.Gateway.Operator.Get("/v1/workspace/other/routes")).Json.AsArray());
        Assert.Equal(404, (await (await world.Gateway.People.Join("admin", workspace: "other")).Api.Get(Path)).Status);
        var narrow = await world.Gateway.People.Join("admin", Json.Scope(environments: [world.Acme.ShopProd]));
        Assert.Empty((await narrow.Api.Get(Path)).Json.AsArray());
        var wide = await world.Gateway.People.Join("admin", Json.Scope(environments: [world.Acme.ShopDev]));
        Assert.Single((await wide.Api.Get(Path)).Json.AsArray());
    }
}
