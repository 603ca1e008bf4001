using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>Password hashes, and the change of one's own password.</summary>
public class PasswordTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Next = "a new password";
    private readonly TestGateway gateway = shared.Gateway;

    /// <summary>OWASP Password Storage Cheat Sheet: PBKDF2-HMAC-SHA256 with a work factor of 600,000 or more.</summary>
    [Fact]
    public void The_cost_is_what_owasp_asks_for() => Assert.True(Passwords.DefaultIterations >= 600_000);

    [Fact]
    public void A_hash_is_salted_and_verifies_its_password_alone()
    {
        using var passwords = new Passwords(10);
        var (one, other) = (passwords.Hash(new Sensitive("päss wörd")), passwords.Hash(new Sensitive("päss wörd")));
        Assert.NotEqual(one, other);
        Assert.Matches("^\\$pbkdf2-sha256\\$i=10\\$[A-Za-z0-9+/=]{24}\\$[A-Za-z0-9+/=]{44}$", one);
        Assert.True(passwords.Verify(one, new Sensitive("päss wörd")));
        Assert.False(passwords.Verify(one, new Sensitive("pass word")));
        Assert.False(passwords.Verify(null, new Sensitive("nobody")));
        Assert.Equal((false, true), (passwords.IsOutdated(one), new Passwords(11).IsOutdated(one)));
    }

    [Fact]
    public async Task A_change_ends_all_other_sessions_and_cli_tokens()
    {
        var person = await gateway.People.Join("developer");
        var (other, cookie) = (await gateway.People.SignIn(person.Email), await gateway.People.Cookie(person.Email));
        var cli = await gateway.People.Cli(person.Api, shared.Acme.ShopDev);
        var (_, token, _) = await gateway.Machine("read", creator: person.Api);
        var stranger = await gateway.People.Join("member");

        var answer = await person.Api.Put("/v1/me/password", Json.Of(("current", People.Password), ("new", Next)));
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        Assert.Equal(200, (await person.Api.Get("/v1/me")).Status);
        Assert.Equal(401, (await other.Get("/v1/me")).Status);
        Assert.Equal(401, (await cli.Get("/v1/me")).Status);
        Assert.Equal(401, (await Browser.Get(gateway, cookie)).Status);

        // An API token is no sign-in of theirs, and nobody else is touched.
        Assert.Equal(200, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.Equal(200, (await stranger.Api.Get("/v1/me")).Status);
        Assert.Equal(401, (await SignIn(person.Email, People.Password)).Status);
        Assert.Equal(200, (await SignIn(person.Email, Next)).Status);
    }

    [Theory]
    [InlineData("wrong password", Next, 403, "Insufficient permissions: current: is not your password")]
    [InlineData(People.Password, "short", 400, "new: must contain at least 8 characters")]
    [InlineData(People.Password, "nul\0inside", 400, "new: must not contain NUL")]
    [InlineData("", Next, 400, "current: must contain at least 1 character")]
    public async Task A_refused_change_changes_nothing(string current, string next, int status, string message)
    {
        var person = await gateway.People.Join("member");
        var other = await gateway.People.SignIn(person.Email);
        var before = TableDump.Of(gateway);
        var answer = await person.Api.Put("/v1/me/password", Json.Of(("current", current), ("new", next)));
        Assert.Equal((status, message), (answer.Status, answer.Message));
        Assert.Equal(before, TableDump.Of(gateway));
        Assert.Equal(200, (await other.Get("/v1/me")).Status);
    }

    [Fact]
    public async Task A_stolen_login_is_no_way_to_guess_the_password()
    {
        var person = await gateway.People.Join("member");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(403, (await person.Api.Put("/v1/me/password", Json.Of(("current", $"guess {i}"), ("new", Next)))).Status);
        }

        var slowed = await person.Api.Put("/v1/me/password", Json.Of(("current", People.Password), ("new", Next)));
        Assert.Equal((429, "1"), (slowed.Status, slowed.Headers["Retry-After"]));
    }

    [Fact]
    public async Task Only_a_signed_in_person_has_a_password_to_change()
    {
        var (_, _, machine) = await gateway.Machine();
        var body = Json.Of(("current", People.Password), ("new", Next));
        Assert.Equal(403, (await machine.Put("/v1/me/password", body)).Status);
        Assert.Equal(403, (await gateway.Operator.Put("/v1/me/password", body)).Status);
        Assert.Equal(401, (await gateway.Anonymous.Put("/v1/me/password", body)).Status);
    }

    private Task<Answer> SignIn(string email, string password) => gateway.Anonymous.Post("/v1/auth/login", Json.Of(("email", email), ("password", password)));
}
