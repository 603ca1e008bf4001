using System.Globalization;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>Sign-in by e-mail and password: what it tells, what work it does, and how it slows down.</summary>
public class SignInTests
{
    private const string Owner = "owner@acme.test";
    private static readonly string[] Routes = ["/v1/auth/login", "/auth/session"];

    [Fact]
    public async Task A_missing_account_is_answered_as_a_wrong_password_and_costs_the_same_work()
    {
        await using var gateway = await Started();
        await gateway.Gateway.Accounts.CreateLocal("sso@acme.test", "No password", null);
        foreach (var route in Routes)
        {
            var before = gateway.Gateway.Passwords.Hashed;
            var wrong = await gateway.Anonymous.Post(route, Pair(Owner, "wrong password"));
            Assert.Equal((401, "Invalid e-mail or password", "invalid_credentials"), (wrong.Status, wrong.Message, wrong.Code));
            foreach (var email in new[] { "nobody@acme.test", "sso@acme.test", "no e-mail at all", Owner + ".test" })
            {
                Assert.Equal(wrong.Telling, (await gateway.Anonymous.Post(route, Pair(email, "wrong password"))).Telling);
            }

            Assert.Equal(before + 5, gateway.Gateway.Passwords.Hashed);
            Assert.Equal(200, (await gateway.Anonymous.Post(route, Pair(Owner, People.Password))).Status);
            Assert.Equal(before + 6, gateway.Gateway.Passwords.Hashed);
        }
    }

    [Fact]
    public async Task The_right_pair_gives_a_login_of_eight_hours()
    {
        await using var gateway = await Started();
        var answer = await gateway.Anonymous.Post("/v1/auth/login", Pair("  OWNER@acme.test ", People.Password));
        Assert.Equal((200, "no-store"), (answer.Status, answer.Headers["Cache-Control"]));
        Assert.Equal(["accessToken", "tokenType", "expiresIn"], answer.Json.AsObject().Select(member => member.Key));
        Assert.Equal(("Bearer", 28_800), (answer.Json["tokenType"]!.GetValue<string>(), answer.Json["expiresIn"]!.GetValue<int>()));
        var login = gateway.Bearer(answer.Json["accessToken"]!.GetValue<string>());
        gateway.Clock.Advance(TimeSpan.FromSeconds(28_799));
        Assert.Equal(Owner, (await login.Get("/v1/me")).Json["email"]!.GetValue<string>());
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, (await login.Get("/v1/me")).Status);
    }

    [Theory]
    [InlineData("""{"email":"owner@acme.test"}""", "password: is required and must be a string")]
    [InlineData("""{"password":"x"}""", "email: is required and must be a string")]
    [InlineData("""{"email":"owner@acme.test","password":""}""", "password: must contain at least 1 character")]
    [InlineData("""{"email":["owner@acme.test"],"password":"x"}""", "email: must be a string")]
    public async Task A_malformed_pair_is_400_and_hashes_nothing(string body, string message)
    {
        await using var gateway = await TestGateway.Start();
        foreach (var route in Routes)
        {
            var answer = await gateway.Anonymous.Post(route, JsonNode.Parse(body));
            Assert.Equal((400, message), (answer.Status, answer.Message));
        }

        Assert.Equal(0, gateway.Gateway.Passwords.Hashed);
    }

    [Theory]
    [InlineData(Owner)]
    [InlineData("nobody@acme.test")]
    public async Task An_account_that_exists_or_not_slows_down_and_locks(string email)
    {
        await using var gateway = await Started();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(401, (await gateway.Anonymous.Post(Routes[i % 2], Pair(email, "wrong password"))).Status);
        }

        var waits = new List<int>();
        for (var i = 0; i < 12; i++)
        {
            var before = gateway.Gateway.Passwords.Hashed;
            foreach (var route in Routes)
            {
                // Not even the right password is looked at, in whatever case the address is written.
                var locked = await gateway.Anonymous.Post(route, Pair(email.ToUpperInvariant(), People.Password));
                Assert.Equal((429, "rate_limit_exceeded"), (locked.Status, locked.Code));
                waits.Add(int.Parse(locked.Headers["Retry-After"], CultureInfo.InvariantCulture));
            }

            Assert.Equal(before, gateway.Gateway.Passwords.Hashed);
            Assert.Equal(waits[^2], waits[^1]);
            gateway.Clock.Advance(TimeSpan.FromSeconds(waits[^1]) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(429, (await gateway.Anonymous.Post(Routes[0], Pair(email, People.Password))).Status);
            gateway.Clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(401, (await gateway.Anonymous.Post(Routes[0], Pair(email, "wrong password"))).Status);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900], waits.Where((_, i) => i % 2 == 0));
    }

    [Fact]
    public async Task A_success_forgets_an_accounts_failures()
    {
        await using var gateway = await Started();
        for (var i = 0; i < 3; i++)
        {
            for (var wrong = 0; wrong < 4; wrong++)
            {
                Assert.Equal(401, (await gateway.Anonymous.Post(Routes[0], Pair(Owner, "wrong password"))).Status);
            }

            Assert.Equal(200, (await gateway.Anonymous.Post(Routes[0], Pair(Owner, People.Password))).Status);
        }
    }

    [Fact]
    public async Task An_address_that_tries_many_accounts_locks_for_all_of_them()
    {
        await using var gateway = await Started(("server.trusted_proxies", "127.0.0.1"));
        foreach (var (attacker, neighbour, stranger) in new[] { ("203.0.113.1", "203.0.113.1", "203.0.113.2"), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1") })
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(401, (await gateway.Anonymous.From(i % 2 == 0 ? attacker : neighbour).Post(Routes[0], Pair($"user{i}@{stranger}", "wrong password"))).Status);
            }

            var locked = await gateway.Anonymous.From(neighbour).Post(Routes[0], Pair(Owner, People.Password));
            Assert.Equal((429, "1"), (locked.Status, locked.Headers["Retry-After"]));
            Assert.Equal(200, (await gateway.Anonymous.From(stranger).Post(Routes[0], Pair(Owner, People.Password))).Status);

            // A success does not wash an address clean: an attacker may have an account too.
            gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(200, (await gateway.Anonymous.From(attacker).Post(Routes[0], Pair(Owner, People.Password))).Status);
            Assert.Equal(401, (await gateway.Anonymous.From(attacker).Post(Routes[0], Pair("one@more.test", "wrong password"))).Status);
            Assert.Equal("2", (await gateway.Anonymous.From(attacker).Post(Routes[0], Pair(Owner, People.Password))).Headers["Retry-After"]);
        }
    }

    [Fact]
    public async Task Lock_out_cannot_lock_the_owner_out_of_the_host()
    {
        await using var gateway = await Started();
        var login = await gateway.People.SignIn(Owner);
        for (var i = 0; i < 25; i++)
        {
            await gateway.Anonymous.Post(Routes[0], Pair(i < 5 ? Owner : $"user{i}@acme.test", "wrong password"));
        }

        Assert.Equal(429, (await gateway.Anonymous.Post(Routes[0], Pair(Owner, People.Password))).Status);
        Assert.Equal(200, (await gateway.Operator.Get("/v1/workspace")).Status);
        Assert.Equal(200, (await gateway.Operator.Post("/v1/user/password", Pair("OWNER@acme.test", "a new password"))).Status);

        // The account's lock and the address's are gone, and so are all sessions and the old password.
        Assert.Equal(200, (await gateway.Anonymous.Post(Routes[0], Pair(Owner, "a new password"))).Status);
        Assert.Equal(401, (await login.Get("/v1/me")).Status);
        Assert.Equal(401, (await gateway.Anonymous.Post(Routes[0], Pair(Owner, People.Password))).Status);
    }

    [Fact]
    public async Task A_reset_is_the_local_operators_alone()
    {
        await using var gateway = await Started();
        var (owner, (_, _, machine)) = (await gateway.People.SignIn(Owner), await gateway.Machine());
        var before = TableDump.Of(gateway);
        Assert.Equal(403, (await owner.Post("/v1/user/password", Pair(Owner, "a new password"))).Status);
        Assert.Equal(403, (await machine.Post("/v1/user/password", Pair(Owner, "a new password"))).Status);
        Assert.Equal(401, (await gateway.Anonymous.Post("/v1/user/password", Pair(Owner, "a new password"))).Status);
        Assert.Equal((404, "account_not_found"), (await gateway.Operator.Post("/v1/user/password", Pair("nobody@acme.test", "a new password")) is var none ? none.Status : 0, none.Code));
        Assert.Equal(400, (await gateway.Operator.Post("/v1/user/password", Pair(Owner, "short"))).Status);
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task More_than_one_hash_a_core_at_once_is_429()
    {
        await using var gateway = await TestGateway.Start();
        gateway.PasswordCost = 10_000_000;
        await gateway.Restart();
        var cores = Environment.ProcessorCount;
        var busy = Enumerable.Range(0, cores).Select(i => gateway.Anonymous.Post(Routes[0], Pair($"user{i}@acme.test", "wrong password"))).ToList();
        while (gateway.Gateway.Passwords.Hashed < cores)
        {
            await Task.Yield();
        }

        foreach (var route in Routes)
        {
            var refused = await gateway.Anonymous.Post(route, Pair("another@acme.test", "wrong password"));
            Assert.Equal((429, "rate_limit_exceeded", "1"), (refused.Status, refused.Code, refused.Headers["Retry-After"]));
        }

        Assert.Equal(cores, gateway.Gateway.Passwords.Hashed);
        Assert.All(await Task.WhenAll(busy), answer => Assert.Equal(401, answer.Status));
    }

    [Fact]
    public async Task The_cost_is_stored_with_the_hash_and_raised_at_the_next_sign_in()
    {
        await using var gateway = await Started();
        Assert.StartsWith("$pbkdf2-sha256$i=1000$", Hash(gateway), StringComparison.Ordinal);
        gateway.PasswordCost = 2_000;
        await gateway.Restart();
        var old = Hash(gateway);
        Assert.Equal(401, (await gateway.Anonymous.Post(Routes[0], Pair(Owner, "wrong password"))).Status);
        Assert.Equal(old, Hash(gateway));

        await gateway.People.SignIn(Owner);
        var raised = Hash(gateway);
        Assert.StartsWith("$pbkdf2-sha256$i=2000$", raised, StringComparison.Ordinal);
        await gateway.People.SignIn(Owner);
        Assert.Equal(raised, Hash(gateway));
    }

    [Fact]
    public async Task What_was_typed_is_not_kept()
    {
        await using var gateway = await Started();
        const string Mistyped = "my-password-in-the-wrong-field";
        foreach (var route in Routes)
        {
            await gateway.Anonymous.Post(route, Pair(Mistyped, "and-another-wrong-one"));
            await gateway.Anonymous.Post(route, Pair(Owner, "and-another-wrong-one"));
        }

        var entries = AuditTail.Entries(gateway).Where(entry => entry["action"]!.GetValue<string>() == "REFUSE").Select(entry => entry.ToJsonString()).ToList();
        Assert.Contains(entries, entry => entry.Contains(Owner, StringComparison.Ordinal) && entry.Contains("wrong_password", StringComparison.Ordinal));
        Assert.DoesNotContain(entries, entry => entry.Contains(Mistyped, StringComparison.Ordinal) || entry.Contains("and-another", StringComparison.Ordinal));
        Assert.DoesNotContain(Mistyped, gateway.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain("and-another", gateway.Logs, StringComparison.Ordinal);
    }

    private static async Task<TestGateway> Started(params (string Key, string Value)[] flags)
    {
        var (gateway, _) = await TestGateway.StartWithAcme(flags);
        Assert.Equal(200, (await gateway.Operator.Post("/v1/user/password", Pair(Owner, People.Password))).Status);
        return gateway;
    }

    private static JsonObject Pair(string email, string password) => Json.Of(("email", email), ("password", password));

    private static string Hash(TestGateway gateway)
    {
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        return sql.First("SELECT password_hash FROM user_account WHERE email = ?1", row => row.GetString(0), Owner)!;
    }
}
