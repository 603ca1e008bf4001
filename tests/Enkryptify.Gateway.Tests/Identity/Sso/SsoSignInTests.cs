using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;

namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>People who are let in, and what they get.</summary>
public class SsoSignInTests(SsoWorld world) : IClassFixture<SsoWorld>
{
    [Fact]
    public async Task A_newcomer_gets_an_account_a_role_and_a_session()
    {
        var browser = world.Browser(Visitor.Of("Ann@Acme.test", "Ann Arbor"));

        var start = await browser.Get("/auth/sso/start");
        var binding = start.Headers["Set-Cookie"];
        Assert.Matches("^__Host-ekgw-sso=[A-Za-z0-9_-]{43}; max-age=600; path=/; secure; samesite=lax; httponly$", binding);
        var asked = QueryHelpers.ParseQuery(new Uri(start.Headers["Location"]).Query);
        Assert.Equal(
            ["client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "response_type", "scope", "state"], asked.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("code", "S256", "openid email profile"), ((string)asked["response_type"]!, (string)asked["code_challenge_method"]!, (string)asked["scope"]!));
        Assert.Equal(4, new HashSet<string>([asked["state"]!, asked["nonce"]!, asked["code_challenge"]!, browser.Cookies[SsoBrowser.Binding]]).Count(value => value.Length == 43));

        var answer = await browser.Return(await SsoBrowser.AtProvider(start));
        Assert.Equal(200, answer.Status);
        Assert.Contains("<meta http-equiv=\"refresh\" content=\"0; url=/\">", answer.Body, StringComparison.Ordinal);
        Assert.Matches("__Host-ekgw-session=[A-Za-z0-9_-]{43}; path=/; secure; samesite=strict; httponly", answer.Headers["Set-Cookie"]);
        Assert.DoesNotContain(SsoBrowser.Binding, browser.Cookies.Keys);

        var me = await browser.Me();
        Assert.Equal(("ann@acme.test", "Ann Arbor", true), ((string)me.Json["email"]!, (string)me.Json["name"]!, (bool)me.Json["verified"]!));
        var member = await world.Member("ann@acme.test");
        Assert.Equal(("developer", true, "account-created"), ((string)member!["role"]!, (bool)member["scope"]!["all"]!, (string)member["status"]!));

        var entries = AuditTail.Entries(world.Gateway);
        var made = entries.Last(entry => (string)entry["action"]! == "CREATE" && (string)entry["target"]!["kind"]! == "account");
        Assert.Equal(("sso", "ann@acme.test"), ((string)made["actor"]!["kind"]!, (string)made["target"]!["name"]!));
        Assert.Equal((world.Provider.Issuer, "sub-Ann@Acme.test", "developer"), ((string)made["data"]!["issuer"]!, (string)made["data"]!["subject"]!, (string)made["data"]!["role"]!));
        Assert.Equal("sso", (string)entries.Last(entry => (string)entry["action"]! == "LOGIN")["data"]!["how"]!);
    }

    [Fact]
    public async Task Who_comes_again_is_the_same_person_whatever_their_address_is_now()
    {
        var first = await SignIn(new Visitor("sub-7", "maria@acme.test", true, "Maria"));
        var before = world.Rows.Accounts;
        var again = await SignIn(new Visitor("sub-7", "maria.new@elsewhere.test", true, "Another"));

        Assert.Equal((string)first["id"]!, (string)again["id"]!);
        Assert.Equal(("maria@acme.test", "Maria"), ((string)again["email"]!, (string)again["name"]!));
        Assert.Equal(before, world.Rows.Accounts);
    }

    [Fact]
    public async Task Who_was_removed_from_the_workspace_does_not_join_again()
    {
        await SignIn(Visitor.Of("leaver@acme.test"));
        var member = await world.Member("leaver@acme.test");
        Assert.Equal(200, (await world.Gateway.Operator.Delete($"/v1/workspace/acme/rbac/{member!["id"]}")).Status);
        await SignIn(Visitor.Of("leaver@acme.test"));

        Assert.Null(await world.Member("leaver@acme.test"));
    }

    [Fact]
    public async Task One_who_is_allowed_by_name_needs_no_domain()
    {
        await SignIn(Visitor.Of("bob@elsewhere.test"));
        Assert.Equal("developer", (string)(await world.Member("bob@elsewhere.test"))!["role"]!);
    }

    [Fact]
    public async Task An_invitation_says_more_than_the_role_of_newcomers()
    {
        var invited = await world.Gateway.Operator.Post(
            "/v1/workspace/acme/rbac", Json.Of(("email", "guest@acme.test"), ("role", "member"), ("scope", Json.Scope(environments: [world.Acme.ShopDev]))));
        Assert.Equal(201, invited.Status);
        await SignIn(Visitor.Of("guest@acme.test"));

        var member = await world.Member("guest@acme.test");
        Assert.Equal(("member", false, "account-created"), ((string)member!["role"]!, (bool)member["scope"]!["all"]!, (string)member["status"]!));
        Assert.Equal(404, (await world.Gateway.Anonymous.Get($"/v1/invite/{invited.Json["code"]}")).Status);
    }

    [Theory]
    [InlineData("declined")]
    [InlineData("expired")]
    [InlineData("not theirs to give any more")]
    public async Task An_invitation_that_does_not_stand_says_nothing(string what)
    {
        var email = $"{what.Split(' ')[0]}@acme.test";
        var admin = world.Browser(Visitor.Of($"admin-{email}"));
        Assert.Equal(200, (await admin.SignIn()).Status);
        var inviter = await world.Member($"admin-{email}");
        Assert.Equal(200, (await world.Gateway.Operator.Patch($"/v1/workspace/acme/rbac/{inviter!["id"]}", Json.Of(("role", "admin")))).Status);
        await world.Invite(email, "admin", Guid.Parse((string)inviter["user"]!["id"]!), what == "declined");
        if (what == "expired")
        {
            world.Gateway.Clock.Advance(TimeSpan.FromDays(8));
        }
        else if (what != "declined")
        {
            Assert.Equal(200, (await world.Gateway.Operator.Patch($"/v1/workspace/acme/rbac/{inviter["id"]}", Json.Of(("role", "developer")))).Status);
        }

        await SignIn(Visitor.Of(email));
        Assert.Equal("developer", (string)(await world.Member(email))!["role"]!);
    }

    [Fact]
    public async Task Two_first_sign_ins_at_once_make_one_account()
    {
        var (one, other) = (world.Browser(Visitor.Of("twin@acme.test")), world.Browser(Visitor.Of("twin@acme.test")));
        var (back, forth) = (await one.ThroughProvider(), await other.ThroughProvider());
        var answers = await Task.WhenAll(one.Return(back), other.Return(forth));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal((string)(await one.Me()).Json["id"]!, (string)(await other.Me()).Json["id"]!);
    }

    [Fact]
    public async Task What_the_browser_held_before_ends_and_the_new_session_has_a_new_value()
    {
        await world.LocalAccount("before@acme.test");
        var browser = world.Browser(Visitor.Of("after@acme.test"));
        await browser.SignInLocally("before@acme.test");
        var old = new SsoBrowser(world.Gateway);
        old.Cookies[SsoBrowser.Session] = browser.Cookies[SsoBrowser.Session];

        var answer = await browser.Get(await browser.ThroughProvider());
        Assert.Equal(200, answer.Status);
        Assert.Equal("after@acme.test", (string)(await browser.Me()).Json["email"]!);
        Assert.Equal(401, (await old.Me()).Status);
    }

    [Theory]
    [InlineData("A\nB\u0007", "AB")]
    [InlineData("   ", "odd{0}@acme.test")]
    [InlineData(null, "odd{0}@acme.test")]
    public async Task A_name_is_one_line_or_the_address(string? claimed, string shown)
    {
        var unique = Math.Abs((claimed ?? "none").GetHashCode(StringComparison.Ordinal));
        var me = await SignIn(Visitor.Of($"odd{unique}@acme.test", claimed));
        Assert.Equal(shown.Replace("{0}", $"{unique}", StringComparison.Ordinal), (string)me["name"]!);
    }

    [Fact]
    public async Task A_new_key_of_the_provider_is_fetched_once_it_signs()
    {
        await SignIn(Visitor.Of("rotation@acme.test"));
        var browser = world.Browser(Visitor.Of("rotation@acme.test"));
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        world.Provider.Rotate(new ECDsaSecurityKey(curve) { KeyId = "second" }, SecurityAlgorithms.EcdsaSha256);
        var fetched = world.Provider.KeySets;

        Assert.Equal(200, (await browser.SignIn()).Status);
        Assert.Equal(200, (await new SsoBrowser(world.Gateway).SignIn()).Status);
        Assert.Equal(fetched + 1, world.Provider.KeySets);
    }

    [Fact]
    public async Task A_token_for_several_audiences_that_was_made_for_us_is_ours()
    {
        var browser = world.Browser(Visitor.Of("several@acme.test"));
        world.Provider.Alter = token => token.SetAudiences(OidcProvider.ClientId, "another").SetClaim(OpenIddictConstants.Claims.AuthorizedParty, OidcProvider.ClientId);
        Assert.Equal(200, (await browser.SignIn()).Status);
    }

    [Fact]
    public async Task A_provider_may_say_verified_as_text()
    {
        var me = await SignIn(new Visitor("sub-text", "text@acme.test", "true", null));
        Assert.True((bool)me["verified"]!);
    }

    [Fact]
    public async Task Nothing_secret_of_a_sign_in_is_logged_or_audited()
    {
        var browser = world.Browser(Visitor.Of("quiet@acme.test"));
        var token = "";
        world.Provider.Tamper = signed => token = signed;
        var callback = await browser.ThroughProvider();
        var binding = browser.Cookies[SsoBrowser.Binding];
        Assert.Equal(200, (await browser.Return(callback)).Status);

        var kept = world.Gateway.Logs + string.Concat(AuditTail.Entries(world.Gateway).Select(entry => entry.ToJsonString()));
        string[] secrets = [OidcProvider.ClientSecret, token, binding, browser.Cookies[SsoBrowser.Session], .. QueryHelpers.ParseQuery(callback[callback.IndexOf('?', StringComparison.Ordinal)..])
            .Where(parameter => parameter.Key is "code" or "state").Select(parameter => (string)parameter.Value!)];
        Assert.Equal(6, secrets.Length);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, kept, StringComparison.Ordinal));
        Assert.Matches(new Regex("/auth/sso/callback"), kept);
    }

    private async Task<System.Text.Json.Nodes.JsonNode> SignIn(Visitor visitor)
    {
        var browser = world.Browser(visitor);
        var answer = await browser.SignIn();
        Assert.True(answer.Status == 200, answer.Body);
        return (await browser.Me()).Json;
    }
}
