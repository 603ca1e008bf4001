using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Credentials;

/// <summary>POST …/tokens/cli: a JWT for one environment, read only, eight hours (contract section 4).</summary>
public class CliTokenTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Path = "/v1/workspace/acme/tokens/cli";
    private const string Shop = "/v1/workspace/acme/project/shop/secret";
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    [Theory]
    [InlineData("admin")]
    [InlineData("developer")]
    [InlineData("member")]
    public async Task Reads_its_one_environment_and_does_nothing_else(string role)
    {
        var person = await gateway.People.Join(role);
        var answer = await person.Api.Post(Path, Json.Of(("environmentId", acme.ShopDev)));
        Assert.Equal((200, "no-store"), (answer.Status, answer.Headers["Cache-Control"]));
        Assert.Equal(["token"], answer.Json.AsObject().Select(member => member.Key));
        var token = answer.Json["token"]!.GetValue<string>();
        Assert.Equal(3, token.Split('.').Length);

        // As it is, without an exchange.
        var cli = gateway.Bearer(token);
        Assert.Equal("shop-dev", (await cli.Get($"{Shop}/KEY")).Json["values"]!.AsArray().Single()!["value"]!.GetValue<string>());
        Assert.Equal([acme.ShopDev], (await cli.Get("/v1/workspace/acme/project/shop/environment")).Json.AsArray().Select(environment => environment!["id"]!.GetValue<string>()));
        Assert.Equal((404, 404), ((await cli.Get($"{Shop}?environmentId={acme.ShopProd}")).Status, (await cli.Get("/v1/workspace/acme/project/bank/secret")).Status));
        foreach (var refused in new[]
        {
            await cli.Post(Shop, Json.Secret("NEW", "v", [acme.ShopDev])),
            await cli.Put($"{Shop}/KEY", Json.Of(("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", "changed")))))),
            await cli.Delete($"{Shop}/KEY?environmentId={acme.ShopDev}"),
            await cli.Get("/v1/workspace/acme/tokens"), await cli.Post(Path, Json.Of(("environmentId", acme.ShopDev))), await cli.Get("/v1/workspace/acme/rbac"),
        })
        {
            Assert.Equal(403, refused.Status);
        }

        // A JWT is no API token: the exchange is for those.
        Assert.Equal(401, (await cli.Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task Lives_eight_hours()
    {
        var (own, acme) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var cli = await own.People.Cli((await own.People.Join("member")).Api, acme.ShopDev);
        own.Clock.Advance(TimeSpan.FromSeconds(28_799));
        Assert.Equal(200, (await cli.Get($"{Shop}/KEY")).Status);
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, (await cli.Get($"{Shop}/KEY")).Status);
    }

    [Fact]
    public async Task Is_listed_as_cli_and_revocable()
    {
        var (person, other) = (await gateway.People.Join("member"), await gateway.People.Join("developer"));
        var cli = await gateway.People.Cli(person.Api, acme.ShopDev);
        var listed = (await person.Api.Get("/v1/workspace/acme/tokens")).Json.AsArray().Single()!;
        Assert.Equal(("cli", "read", true), (listed["type"]!.GetValue<string>(), listed["permission"]!.GetValue<string>(), listed["isOwner"]!.GetValue<bool>()));
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(Json.Scope(environments: [acme.ShopDev]), listed["scope"]));
        Assert.Equal(TimeSpan.FromHours(8), listed["expiresAt"]!.GetValue<DateTime>() - listed["createdAt"]!.GetValue<DateTime>());
        Assert.Null(listed["prefix"]);
        var id = listed["id"]!.GetValue<string>();
        Assert.Contains((await gateway.Operator.Get("/v1/workspace/acme/tokens")).Json.AsArray(), token => token!["id"]!.GetValue<string>() == id);

        // Another's is missing to a developer; rotation is for API tokens.
        Assert.Equal(404, (await other.Api.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        Assert.Equal("not_rotatable", (await person.Api.Post($"/v1/workspace/acme/tokens/{id}/rotate")).Code);
        Assert.Equal(200, (await cli.Get($"{Shop}/KEY")).Status);
        Assert.Equal(200, (await person.Api.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        Assert.Equal(401, (await cli.Get($"{Shop}/KEY")).Status);
        Assert.NotNull((await person.Api.Get("/v1/workspace/acme/tokens")).Json.AsArray().Single()!["revokedAt"]);
    }

    [Fact]
    public async Task Is_for_a_signed_in_person_who_sees_the_environment()
    {
        var person = await gateway.People.Join("admin", Json.Scope(environments: [acme.ShopDev]));
        var (_, _, machine) = await gateway.Machine();
        var before = TableDump.Of(gateway);
        foreach (var (api, environment, status) in new[]
        {
            (machine, acme.ShopDev, 403), (gateway.Operator, acme.ShopDev, 403), (gateway.Anonymous, acme.ShopDev, 401),
            (person.Api, acme.ShopProd, 404), (person.Api, acme.YardDev, 404), (person.Api, "00000000-0000-7000-8000-000000000000", 404), (person.Api, "dev", 400),
        })
        {
            Assert.Equal(status, (await api.Post(Path, Json.Of(("environmentId", environment)))).Status);
        }

        Assert.Equal(404, (await person.Api.Post("/v1/workspace/other/tokens/cli", Json.Of(("environmentId", acme.YardDev)))).Status);
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task Follows_its_person()
    {
        var person = await gateway.People.Join("developer");
        var cli = await gateway.People.Cli(person.Api, acme.ShopDev);
        Assert.Equal(200, (await gateway.Operator.Patch($"/v1/workspace/acme/rbac/{person.MemberId}", Json.Of(("scope", Json.Scope(projects: [acme.Bank]))))).Status);
        Assert.Equal(404, (await cli.Get($"{Shop}/KEY")).Status);
        Assert.Equal(200, (await gateway.Operator.Patch($"/v1/workspace/acme/rbac/{person.MemberId}", Json.Of(("scope", Json.Everything)))).Status);
        Assert.Equal(200, (await cli.Get($"{Shop}/KEY")).Status);

        // It is not tied to the login that asked for it, until everything is signed out.
        Assert.Equal(200, (await person.Api.Post("/v1/auth/cli/logout")).Status);
        Assert.Equal(200, (await cli.Get($"{Shop}/KEY")).Status);
    }
}
