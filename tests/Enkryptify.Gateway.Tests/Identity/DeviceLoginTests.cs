using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>The device login of contract section 3, driven as the CLI does it.</summary>
public class DeviceLoginTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    [Fact]
    public async Task Asking_gives_codes_and_where_to_go_with_them()
    {
        var asked = await Device.Code(gateway.Anonymous);
        Assert.Equal((200, "no-store"), (asked.Status, asked.Headers["Cache-Control"]));
        Assert.Equal(["deviceCode", "userCode", "verificationUri", "verificationUriComplete", "expiresIn", "interval"], asked.Json.AsObject().Select(member => member.Key));
        var userCode = Text(asked, "userCode");
        Assert.Matches("^[A-Z]{5}-[0-9]{5}$", userCode);
        Assert.True(Text(asked, "deviceCode").Length >= 32);
        Assert.StartsWith("https://gateway.test/", Text(asked, "verificationUri"), StringComparison.Ordinal);
        Assert.Equal($"{Text(asked, "verificationUri")}?user_code={userCode}", Text(asked, "verificationUriComplete"));
        Assert.Equal((300, 5), (asked.Json["expiresIn"]!.GetValue<int>(), asked.Json["interval"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("admin", 201)]
    [InlineData("developer", 201)]
    [InlineData("member", 403)]
    public async Task Approved_gives_a_login_with_the_persons_role_once(string role, int write)
    {
        var person = await gateway.People.Join(role);
        var device = await Device.Ask(gateway.Anonymous);
        await device.Expect("authorization_pending");
        await device.Expect("authorization_pending");
        var approved = await device.Approve(person.Api);
        Assert.Equal((200, """{"success":true}"""), (approved.Status, approved.Body));

        var answer = await device.Poll();
        Assert.Equal(["accessToken", "tokenType", "expiresIn"], answer.Json.AsObject().Select(member => member.Key));
        Assert.Equal((200, "Bearer", 28_800, "no-store"), (answer.Status, Text(answer, "tokenType"), answer.Json["expiresIn"]!.GetValue<int>(), answer.Headers["Cache-Control"]));
        await device.Expect("expired_token");

        var login = gateway.Bearer(Text(answer, "accessToken"));
        Assert.Equal(3, login.Token!.Split('.').Length);
        var me = await login.Get("/v1/me");
        Assert.Equal((200, person.Email), (me.Status, Text(me, "email")));
        Assert.Equal("shop-dev", Text(await login.Get($"/v1/workspace/acme/project/shop/secret/KEY?environmentId={acme.ShopDev}"), "values", 0, "value"));
        Assert.Equal(write, (await login.Post("/v1/workspace/acme/project/shop/secret", Json.Secret($"BY_{role}", "v", [acme.ShopDev]))).Status);
        var session = Assert.Single((await login.Get("/v1/me/sessions")).Json.AsArray(), one => one!["isCurrent"]!.GetValue<bool>());
        Assert.Equal("login", session!["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_login_of_an_approved_device_ends_after_eight_hours()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var person = await own.People.Join("member");
        var device = await Device.Ask(own.Anonymous);
        await device.Approve(person.Api);
        var login = await device.SignedIn(own);
        own.Clock.Advance(TimeSpan.FromSeconds(28_799));
        Assert.Equal(200, (await login.Get("/v1/me")).Status);
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, (await login.Get("/v1/me")).Status);
    }

    [Fact]
    public async Task Denied_is_told_once_and_signs_nobody_in()
    {
        var person = await gateway.People.Join("member");
        var device = await Device.Ask(gateway.Anonymous);
        Assert.Equal(200, (await device.Deny(person.Api)).Status);
        await device.Expect("access_denied");
        await device.Expect("expired_token");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_decided_once(bool approve)
    {
        var (person, other) = (await gateway.People.Join("member"), await gateway.People.Join("member"));
        var device = await Device.Ask(gateway.Anonymous);
        Assert.Equal(200, (await (approve ? device.Approve(person.Api) : device.Deny(person.Api))).Status);
        foreach (var late in new[] { await device.Approve(other.Api), await device.Deny(other.Api), await device.Show(other.Api), await device.Approve(person.Api) })
        {
            Assert.Equal((404, "Device code not found"), (late.Status, late.Message));
        }

        var answer = await device.Poll();
        Assert.Equal(approve ? 200 : 400, answer.Status);
        if (approve)
        {
            Assert.Equal(person.Email, Text(await gateway.Bearer(Text(answer, "accessToken")).Get("/v1/me"), "email"));
        }
    }

    [Fact]
    public async Task It_expires_after_five_minutes_decided_or_not()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var person = await own.People.Join("member");
        var (waiting, approved) = (await Device.Ask(own.Anonymous), await Device.Ask(own.Anonymous));
        own.Clock.Advance(TimeSpan.FromSeconds(299));
        await waiting.Expect("authorization_pending");
        Assert.Equal(200, (await approved.Approve(person.Api)).Status);
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(404, (await waiting.Show(person.Api)).Status);
        Assert.Equal(404, (await waiting.Approve(person.Api)).Status);
        await waiting.Expect("expired_token");
        await approved.Expect("expired_token");
    }

    [Theory]
    [InlineData("""{"clientId":"other"}""", "clientId: must be enkryptify-cli")]
    [InlineData("""{"clientId":"ENKRYPTIFY-CLI"}""", "clientId: must be enkryptify-cli")]
    [InlineData("""{"clientId":1}""", "clientId: must be a string")]
    [InlineData("{}", "clientId: is required and must be a string")]
    public async Task Another_client_id_is_refused(string body, string message)
    {
        var device = await Device.Ask(gateway.Anonymous);
        var asked = await gateway.Anonymous.Post("/v1/auth/device/code", JsonNode.Parse(body));
        var poll = JsonNode.Parse(body)!.AsObject();
        poll["deviceCode"] = device.DeviceCode;
        var polled = await gateway.Anonymous.Post("/v1/auth/device/token", poll);
        Assert.Equal((400, message), (asked.Status, asked.Message));
        Assert.Equal((400, message), (polled.Status, polled.Message));
    }

    [Fact]
    public async Task A_device_code_that_was_never_given_out_is_as_an_expired_one()
    {
        var device = await Device.Ask(gateway.Anonymous);
        foreach (var code in new[] { new string('x', 43), device.UserCode, device.DeviceCode[1..] })
        {
            await new Device(gateway.Anonymous, code, "").Expect("expired_token");
        }
    }

    [Fact]
    public async Task The_approver_sees_who_asks_from_where_and_when()
    {
        await using var own = await TestGateway.Start(("server.trusted_proxies", "127.0.0.1"));
        await Acme.Seed(own);
        var person = await own.People.Join("member");
        var asked = await own.Anonymous.From("203.0.113.9").Send(
            HttpMethod.Post, "/v1/auth/device/code", new StringContent("""{"clientId":"enkryptify-cli"}""", null, "application/json"),
            request => request.Headers.Add("User-Agent", "ek/1.2"));
        own.Clock.Advance(TimeSpan.FromSeconds(7));
        var shown = await person.Api.Get($"/v1/auth/device/{Text(asked, "userCode")}");
        Assert.Equal((200, "203.0.113.9", "ek/1.2"), (shown.Status, Text(shown, "address"), Text(shown, "agent")));
        var then = own.Clock.GetUtcNow().UtcDateTime - TimeSpan.FromSeconds(7);
        Assert.Equal((then, then + TimeSpan.FromMinutes(5)), (shown.Json["askedAt"]!.GetValue<DateTime>(), shown.Json["expiresAt"]!.GetValue<DateTime>()));
        Assert.DoesNotContain(Text(asked, "deviceCode"), shown.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Case_blanks_and_the_hyphen_do_not_matter_to_who_types_the_code()
    {
        var person = await gateway.People.Join("member");
        var device = await Device.Ask(gateway.Anonymous);
        var code = device.UserCode;
        foreach (var typed in new[] { code.ToLowerInvariant(), code.Replace("-", "", StringComparison.Ordinal), code.Replace('-', ' '), $" {code[..3]} {code[3..]} " })
        {
            Assert.Equal(200, (await person.Api.Get($"/v1/auth/device/{Uri.EscapeDataString(typed)}")).Status);
        }

        Assert.Equal(200, (await person.Api.Post($"/v1/auth/device/{code.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant()}/approve")).Status);
        await device.SignedIn(gateway);
    }

    [Fact]
    public async Task Only_a_signed_in_person_decides()
    {
        var person = await gateway.People.Join("admin");
        var device = await Device.Ask(gateway.Anonymous);
        var (_, _, machine) = await gateway.Machine();
        foreach (var (api, status) in new[]
        {
            (gateway.Anonymous, 401), (machine, 403), (gateway.Operator, 403), (await gateway.People.Cli(person.Api, acme.ShopDev), 403),
        })
        {
            Assert.Equal(status, (await device.Show(api)).Status);
            Assert.Equal(status, (await device.Approve(api)).Status);
            Assert.Equal(status, (await device.Deny(api)).Status);
        }

        await device.Expect("authorization_pending");
    }

    [Theory]
    [InlineData("logout")]
    [InlineData("reset")]
    [InlineData("removed")]
    public async Task The_word_of_a_login_that_ended_before_the_device_polled_counts_for_nothing(string how)
    {
        var person = await gateway.People.Join("developer");
        var device = await Device.Ask(gateway.Anonymous);
        Assert.Equal(200, (await device.Approve(person.Api)).Status);
        var ended = how switch
        {
            "logout" => await person.Api.Post("/v1/auth/cli/logout", Json.Of(("all", true))),
            "reset" => await gateway.Operator.Post("/v1/user/password", Json.Of(("email", person.Email), ("password", "another password"))),
            _ => await gateway.Operator.Delete($"/v1/workspace/acme/rbac/{person.MemberId}"),
        };
        Assert.Equal(200, ended.Status);
        await device.Expect("access_denied");
        await device.Expect("expired_token");
    }

    [Fact]
    public async Task A_decision_and_the_login_are_in_the_audit_log()
    {
        var person = await gateway.People.Join("member");
        var device = await Device.Ask(gateway.Anonymous);
        await device.Approve(person.Api);
        await device.SignedIn(gateway);
        var entries = AuditTail.Entries(gateway).Where(entry => entry["actor"]!["name"]?.GetValue<string>() == person.Email).TakeLast(2).ToList();
        Assert.Equal(["APPROVE", "LOGIN"], entries.Select(entry => entry["action"]!.GetValue<string>()));
        Assert.Equal("127.0.0.1", entries[0]["data"]!["askedFrom"]!.GetValue<string>());
        Assert.Equal("device", entries[1]["data"]!["how"]!.GetValue<string>());
    }

    private static string Text(Answer answer, params object[] path) =>
        path.Aggregate(answer.Json, (node, step) => (step is int index ? node[index] : node[(string)step])!).GetValue<string>();
}
