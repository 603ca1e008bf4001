using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>POST /v1/auth/cli/logout: this login, or everything.</summary>
public class LogoutTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Path = "/v1/auth/cli/logout";
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"all":false}""")]
    [InlineData("""{"all":null,"more":1}""")]
    public async Task Ends_this_login_at_once_and_no_other(string? body)
    {
        var person = await gateway.People.Join("member");
        var (other, cookie) = (await gateway.People.SignIn(person.Email), await gateway.People.Cookie(person.Email));
        var answer = await person.Api.Send(HttpMethod.Post, Path, body is null ? null : new StringContent(body, null, "application/json"));
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        foreach (var path in new[] { "/v1/me", "/v1/workspace", "/v1/workspace/acme/project/shop/secret" })
        {
            var refused = await person.Api.Get(path);
            Assert.Equal((401, "Invalid or expired token"), (refused.Status, refused.Message));
            Assert.Equal(200, (await other.Get(path)).Status);
        }

        Assert.Equal(401, (await person.Api.Post(Path)).Status);
        Assert.Equal(200, (await Browser.Get(gateway, cookie)).Status);
    }

    [Fact]
    public async Task Everywhere_ends_all_sessions_and_cli_tokens_of_the_person()
    {
        var (person, stranger) = (await gateway.People.Join("developer"), await gateway.People.Join("member"));
        var (other, cookie) = (await gateway.People.SignIn(person.Email), await gateway.People.Cookie(person.Email));
        var (cli, foreign) = (await gateway.People.Cli(person.Api, shared.Acme.ShopDev), await gateway.People.Cli(stranger.Api, shared.Acme.ShopDev));
        var (_, token, machine) = await gateway.Machine("read", creator: person.Api);
        Assert.Equal(200, (await cli.Get("/v1/me")).Status);

        Assert.Equal(200, (await other.Post(Path, Json.Of(("all", true)))).Status);
        foreach (var ended in new[] { person.Api, other, cli })
        {
            Assert.Equal(401, (await ended.Get("/v1/me")).Status);
        }

        Assert.Equal(401, (await Browser.Get(gateway, cookie)).Status);

        // API tokens work for machines: they are revoked one by one. Others' sign-ins are theirs.
        Assert.Equal(200, (await machine.Get("/v1/me")).Status);
        Assert.Equal(200, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.Equal(200, (await stranger.Api.Get("/v1/me")).Status);
        Assert.Equal(200, (await foreign.Get("/v1/me")).Status);
        Assert.Equal(200, (await (await gateway.People.SignIn(person.Email)).Get("/v1/me")).Status);
    }

    [Fact]
    public async Task Holds_after_a_restart()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var person = await own.People.Join("member");
        var kept = await own.People.SignIn(person.Email);
        await person.Api.Post(Path);
        await own.Restart();
        Assert.Equal(401, (await own.Bearer(person.Api.Token!).Get("/v1/me")).Status);
        Assert.Equal(200, (await own.Bearer(kept.Token!).Get("/v1/me")).Status);
    }

    [Fact]
    public async Task Is_for_logins_alone()
    {
        var (_, _, machine) = await gateway.Machine();
        Assert.Equal(403, (await machine.Post(Path)).Status);
        Assert.Equal(403, (await gateway.Operator.Post(Path)).Status);
        Assert.Equal(401, (await gateway.Anonymous.Post(Path)).Status);
        Assert.Equal(200, (await machine.Get("/v1/me")).Status);
        var person = await gateway.People.Join("member");
        var refused = await person.Api.Post(Path, Json.Of(("all", "yes")));
        Assert.Equal((400, "all: must be true or false"), (refused.Status, refused.Message));
        Assert.Equal(200, (await person.Api.Get("/v1/me")).Status);
    }
}
