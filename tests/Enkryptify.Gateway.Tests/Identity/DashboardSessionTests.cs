using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>The dashboard's cookie: fixation, theft after logout, cross-site requests, flags, limits.</summary>
public class DashboardSessionTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Name = "__Host-ekgw-session";
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task Under_https_the_cookie_is_bound_to_the_host_and_out_of_scripts_reach()
    {
        var person = await gateway.People.Join("member");
        var answer = await Browser.SignIn(gateway, person.Email);
        Assert.Equal((200, person.Email, "no-store"), (answer.Status, answer.Json["email"]!.GetValue<string>(), answer.Headers["Cache-Control"]));
        var (name, value, flags) = Parsed(answer);
        Assert.Equal(Name, name);
        Assert.True(value.Length >= 43, "256 random bits");
        Assert.Equal(["httponly", "path=/", "samesite=strict", "secure"], flags);
        Assert.DoesNotContain(value, answer.Body, StringComparison.Ordinal);
        Assert.Equal(person.Email, (await Browser.Get(gateway, $"{Name}={value}")).Json["email"]!.GetValue<string>());
    }

    [Fact]
    public async Task Without_https_it_has_another_name_and_no_secure_flag()
    {
        await using var plain = await TestGateway.Start(("server.public_url", "http://gateway.test:8080"));
        await Acme.Seed(plain);
        var person = await plain.People.Join("member");
        var answer = await Browser.SignIn(plain, person.Email);
        var (name, value, flags) = Parsed(answer);
        Assert.Equal("ekgw-session", name);
        Assert.Equal(["httponly", "path=/", "samesite=strict"], flags);
        Assert.Equal(200, (await Browser.Get(plain, $"{name}={value}")).Status);
        Assert.Equal(401, (await Browser.Get(plain, $"{Name}={value}")).Status);
    }

    [Fact]
    public async Task Only_a_digest_of_the_cookie_is_stored()
    {
        var person = await gateway.People.Join("member");
        var (_, value, _) = Parsed(await Browser.SignIn(gateway, person.Email));
        Assert.DoesNotContain(value, TableDump.Of(gateway), StringComparison.Ordinal);
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        Assert.Contains(sql.Query("SELECT digest FROM session WHERE digest IS NOT NULL", row => row.Bytes(0)), digest =>
            digest.SequenceEqual(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(value))));
    }

    [Fact]
    public async Task A_value_planted_before_sign_in_is_never_taken_over()
    {
        var (victim, attacker) = (await gateway.People.Join("member"), await gateway.People.Join("member"));

        // Made up by the attacker, ended, or the attacker's own open session: the victim's sign-in gives a new value each time.
        var ended = await gateway.People.Cookie(attacker.Email);
        await Browser.SignOut(gateway, ended);
        foreach (var planted in new[] { $"{Name}={new string('A', 43)}", ended, await gateway.People.Cookie(attacker.Email) })
        {
            var answer = await Browser.SignIn(gateway, victim.Email, planted);
            Assert.Equal(200, answer.Status);
            var cookie = Browser.CookieOf(answer);
            Assert.NotEqual(planted, cookie);
            Assert.Equal(victim.Email, (await Browser.Get(gateway, cookie)).Json["email"]!.GetValue<string>());
            Assert.Equal(401, (await Browser.Get(gateway, planted)).Status);
        }
    }

    [Fact]
    public async Task A_second_sign_in_of_a_browser_ends_its_first_session_alone()
    {
        var person = await gateway.People.Join("member");
        var (first, elsewhere) = (await gateway.People.Cookie(person.Email), await gateway.People.Cookie(person.Email));
        var second = Browser.CookieOf(await Browser.SignIn(gateway, person.Email, first));
        Assert.Equal((401, 200, 200), ((await Browser.Get(gateway, first)).Status, (await Browser.Get(gateway, second)).Status, (await Browser.Get(gateway, elsewhere)).Status));

        // A failed one leaves what is there.
        var failed = await gateway.Anonymous.Send(
            HttpMethod.Post, Browser.Session, new StringContent($$"""{"email":"{{person.Email}}","password":"wrong password"}""", null, "application/json"),
            request => request.Headers.Add("Cookie", second));
        Assert.Equal(401, failed.Status);
        Assert.False(failed.Headers.ContainsKey("Set-Cookie"));
        Assert.Equal(200, (await Browser.Get(gateway, second)).Status);
    }

    [Theory]
    [InlineData("signed out")]
    [InlineData("signed out everywhere")]
    [InlineData("revoked")]
    [InlineData("password reset")]
    [InlineData("removed")]
    public async Task A_stolen_cookie_is_worth_nothing_after(string what)
    {
        var person = await gateway.People.Join("member");
        var stolen = await gateway.People.Cookie(person.Email);
        Assert.Equal(200, (await Browser.Get(gateway, stolen)).Status);
        var answer = what switch
        {
            "signed out" => await Browser.SignOut(gateway, stolen),
            "signed out everywhere" => await person.Api.Post("/v1/auth/cli/logout", Json.Of(("all", true))),
            "revoked" => await person.Api.Delete($"/v1/me/sessions/{await Dashboard(person.Api)}"),
            "password reset" => await gateway.Operator.Post("/v1/user/password", Json.Of(("email", person.Email), ("password", "a new password"))),
            _ => await gateway.Operator.Delete($"/v1/workspace/acme/rbac/{person.MemberId}"),
        };
        Assert.Equal(200, answer.Status);
        Assert.Equal(401, (await Browser.Get(gateway, stolen)).Status);
        Assert.Equal(401, (await Browser.SignOut(gateway, stolen)).Status);
        if (what == "signed out")
        {
            Assert.Contains("expires=Thu, 01 Jan 1970", answer.Headers["Set-Cookie"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "made-up", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Sec-Fetch-Site", "none", true)]
    [InlineData("Origin", "https://evil.test", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Origin", "https://gateway.test.evil.test", false)]
    [InlineData("Origin", "https://evil.test/gateway.test", false)]
    [InlineData("Origin", "https://gateway.test", true)]
    [InlineData("Origin", "https://GATEWAY.test", true)]
    public async Task A_page_of_another_site_neither_signs_in_nor_out(string header, string value, bool own)
    {
        var person = await gateway.People.Join("member");
        var cookie = await gateway.People.Cookie(person.Email);
        (string, string)[] headers = [("Host", "gateway.test"), (header, value)];
        var (post, delete) = (await Browser.SignIn(gateway, person.Email, null, headers), await Browser.SignOut(gateway, cookie, headers));
        Assert.Equal(own ? (200, 200) : (403, 403), (post.Status, delete.Status));
        Assert.Equal(own, post.Headers.ContainsKey("Set-Cookie"));
        Assert.Equal(own ? 401 : 200, (await Browser.Get(gateway, cookie)).Status);
        if (!own)
        {
            Assert.Equal(("cross_site", "cross_site"), (post.Code, delete.Code));
        }
    }

    /// <summary>Where a browser sends both, Sec-Fetch-Site is what no page can set.</summary>
    [Fact]
    public async Task An_origin_does_not_outvote_sec_fetch_site()
    {
        var person = await gateway.People.Join("member");
        var answer = await Browser.SignIn(gateway, person.Email, null, ("Host", "gateway.test"), ("Origin", "https://gateway.test"), ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(403, answer.Status);
    }

    [Fact]
    public async Task An_hour_without_a_request_ends_it_and_twelve_hours_end_it_anyhow()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var person = await own.People.Join("member");
        var (idle, busy) = (await own.People.Cookie(person.Email), await own.People.Cookie(person.Email));

        // Seen after 50 minutes, the idle one has an hour more; then it is gone, also when the clock of the other goes on.
        own.Clock.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal((200, 200), ((await Browser.Get(own, idle)).Status, (await Browser.Get(own, busy)).Status));
        own.Clock.Advance(TimeSpan.FromMinutes(60));
        Assert.Equal(200, (await Browser.Get(own, busy)).Status);
        own.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((401, 200), ((await Browser.Get(own, idle)).Status, (await Browser.Get(own, busy)).Status));
        for (var minutes = 111 + 55; minutes < 720; minutes += 55)
        {
            own.Clock.Advance(TimeSpan.FromMinutes(55));
            Assert.Equal(200, (await Browser.Get(own, busy)).Status);
        }

        own.Clock.Advance(TimeSpan.FromMinutes(55));
        Assert.Equal(401, (await Browser.Get(own, busy)).Status);
    }

    [Fact]
    public async Task V1_never_looks_at_it()
    {
        var person = await gateway.People.Join("admin");
        var cookie = await gateway.People.Cookie(person.Email);
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/v1/me"), (HttpMethod.Get, "/v1/workspace"), (HttpMethod.Post, "/v1/auth/cli/logout"), (HttpMethod.Get, "/v1/workspace/acme/rbac") })
        {
            var answer = await gateway.Anonymous.Send(method, path, null, request => request.Headers.Add("Cookie", cookie));
            Assert.Equal(401, answer.Status);
        }

        // Nor is the cookie's value a token.
        Assert.Equal(401, (await gateway.Bearer(cookie.Split('=', 2)[1]).Get("/v1/me")).Status);
        Assert.Equal(200, (await Browser.Get(gateway, cookie)).Status);
    }

    [Fact]
    public async Task A_login_jwt_is_no_cookie()
    {
        var person = await gateway.People.Join("member");
        Assert.Equal(401, (await Browser.Get(gateway, $"{Name}={person.Api.Token}")).Status);
        Assert.Equal(401, (await person.Api.Get(Browser.Session)).Status);
        Assert.Equal(401, (await Browser.Get(gateway, null)).Status);
        Assert.Equal(401, (await Browser.Get(gateway, $"{Name}=")).Status);
        Assert.Equal(401, (await Browser.Get(gateway, $"{Name}={new string('x', 5000)}")).Status);
    }

    private static (string Name, string Value, string[] Flags) Parsed(Answer answer)
    {
        var parts = answer.Headers["Set-Cookie"].Split("; ");
        var pair = parts[0].Split('=', 2);
        return (pair[0], pair[1], [.. parts[1..].Select(flag => flag.ToLowerInvariant()).Order(StringComparer.Ordinal)]);
    }

    private static async Task<string> Dashboard(Api person) =>
        (await person.Get("/v1/me/sessions")).Json.AsArray().Single(session => session!["kind"]!.GetValue<string>() == "dashboard")!["id"]!.GetValue<string>();
}
