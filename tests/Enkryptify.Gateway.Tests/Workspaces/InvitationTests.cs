using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

/// <summary>POST …/rbac and /v1/invite/{code}: a link that works once, for whom it is meant (contract sections 3 and 5).</summary>
public class InvitationTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Rbac = "/v1/workspace/acme/rbac";
    private static int emails;
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task The_link_is_in_the_answer_and_nowhere_else()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var scope = Json.Scope(teams: [(await own.Operator.Get("/v1/workspace/acme/team")).Json[0]!["id"]!.GetValue<string>()]);
        var answer = await own.Operator.Post(Rbac, Json.Of(("email", " Sam@Acme.test "), ("role", "developer"), ("scope", scope)));
        Assert.Equal((201, "no-store"), (answer.Status, answer.Headers["Cache-Control"]));
        var invited = answer.Json;
        var code = invited["code"]!.GetValue<string>();
        Assert.Equal(("sam@acme.test", "developer", "invite-sent"), (Text(invited, "email"), Text(invited, "role"), Text(invited, "status")));
        Assert.Equal($"https://gateway.test/invite/{code}", Text(invited, "link"));
        Assert.Equal(own.Clock.GetUtcNow().UtcDateTime.AddDays(7), invited["expiresAt"]!.GetValue<DateTime>());
        Assert.Matches("^[0-9A-Za-z]{32,}$", code);

        var shown = await own.Anonymous.Get($"/v1/invite/{code}");
        Assert.Equal((200, "acme", "sam@acme.test", "developer"), (shown.Status, Text(shown.Json["workspace"]!, "slug"), Text(shown.Json, "email"), Text(shown.Json, "role")));
        var listed = await Listed(own, "sam@acme.test");
        Assert.True(JsonNode.DeepEquals(scope, listed["scope"]));
        Assert.Null(listed["user"]!["id"]);
        Assert.DoesNotContain(code, listed.ToJsonString() + TableDump.Of(own) + own.Logs + string.Concat(AuditTail.Entries(own)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_accepted_once_and_makes_an_unverified_account_with_the_role_and_scope()
    {
        var (email, dev) = (Email(), shared.Acme.ShopDev);
        var (id, code) = await gateway.People.Invite(email, "developer", Json.Scope(environments: [dev]));
        var accepted = await Accept(gateway.Anonymous, code);
        Assert.Equal(200, accepted.Status);
        var again = await Accept(gateway.Anonymous, code);
        Assert.Equal((404, "Invitation not found", "invitation_not_found"), (again.Status, again.Message, again.Code));
        Assert.Equal(404, (await gateway.Anonymous.Get($"/v1/invite/{code}")).Status);
        Assert.Equal(404, (await gateway.Anonymous.Post($"/v1/invite/{code}/decline")).Status);

        var login = await gateway.People.SignIn(email);
        Assert.False((await login.Get("/v1/me")).Json["verified"]!.GetValue<bool>());
        var listed = await Listed(gateway, email);
        Assert.Equal((id, "account-created", "developer"), (Text(listed, "id"), Text(listed, "status"), Text(listed, "role")));
        Assert.False(listed["user"]!["verified"]!.GetValue<bool>());
        Assert.Equal("Sam", Text(listed["user"]!, "name"));
        Assert.Equal(201, (await login.Post("/v1/workspace/acme/project/shop/secret", Json.Secret("FROM_INVITED", "v", [dev]))).Status);
        Assert.Equal(404, (await login.Get($"/v1/workspace/acme/project/shop/secret?environmentId={shared.Acme.ShopProd}")).Status);
    }

    [Fact]
    public async Task Only_the_local_operator_confirms_its_email()
    {
        var (person, owner) = (await gateway.People.Join("member"), await gateway.People.Owner());
        foreach (var change in new[] { Json.Of(("verified", true)), Json.Of(("user", Json.Of(("verified", true)))) })
        {
            await owner.Api.Patch($"{Rbac}/{person.MemberId}", change);
            Assert.False((await Listed(gateway, person.Email))["user"]!["verified"]!.GetValue<bool>());
        }

        Assert.Equal(200, (await gateway.Operator.Post("/v1/user/password", Json.Of(("email", person.Email), ("password", People.Password)))).Status);
        Assert.True((await Listed(gateway, person.Email))["user"]!["verified"]!.GetValue<bool>());
        Assert.True((await (await gateway.People.SignIn(person.Email)).Get("/v1/me")).Json["verified"]!.GetValue<bool>());
    }

    [Fact]
    public async Task It_expires_after_seven_days()
    {
        await using var own = await TestGateway.Start();
        await Acme.Seed(own);
        var (_, code) = await own.People.Invite("sam@acme.test");
        own.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await own.Anonymous.Get($"/v1/invite/{code}")).Status);
        Assert.Equal("invite-sent", Text(await Listed(own, "sam@acme.test"), "status"));
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("expired", Text(await Listed(own, "sam@acme.test"), "status"));
        Assert.Equal(404, (await own.Anonymous.Get($"/v1/invite/{code}")).Status);
        Assert.Equal(404, (await Accept(own.Anonymous, code)).Status);
        Assert.Equal(0, own.Gateway.Passwords.Hashed);

        // Inviting again gives a new code, which works.
        var (_, renewed) = await own.People.Invite("sam@acme.test");
        Assert.Equal(200, (await Accept(own.Anonymous, renewed)).Status);
    }

    [Fact]
    public async Task Declined_is_shown_and_final_until_invited_again()
    {
        var email = Email();
        var (id, code) = await gateway.People.Invite(email);
        var answer = await gateway.Anonymous.Post($"/v1/invite/{code}/decline");
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        Assert.Equal((id, "declined"), (Text(await Listed(gateway, email), "id"), Text(await Listed(gateway, email), "status")));
        Assert.Equal(404, (await Accept(gateway.Anonymous, code)).Status);
        Assert.Equal(404, (await gateway.Anonymous.Post($"/v1/invite/{code}/decline")).Status);
        var (_, renewed) = await gateway.People.Invite(email);
        Assert.Equal("invite-sent", Text(await Listed(gateway, email), "status"));
        Assert.Equal(200, (await Accept(gateway.Anonymous, renewed)).Status);
    }

    [Fact]
    public async Task Inviting_again_replaces_the_code_role_and_scope()
    {
        var email = Email();
        var (_, old) = await gateway.People.Invite(email, "admin");
        var (_, code) = await gateway.People.Invite(email.ToUpperInvariant(), "member");
        Assert.Equal(404, (await gateway.Anonymous.Get($"/v1/invite/{old}")).Status);
        Assert.Equal(404, (await Accept(gateway.Anonymous, old)).Status);
        Assert.Equal("member", Text((await gateway.Anonymous.Get($"/v1/invite/{code}")).Json, "role"));
        Assert.Equal("member", Text(await Listed(gateway, email), "role"));
    }

    [Fact]
    public async Task A_revoked_one_opens_nothing()
    {
        var email = Email();
        var (id, code) = await gateway.People.Invite(email);
        Assert.Equal(200, (await gateway.Operator.Delete($"{Rbac}/{id}")).Status);
        Assert.Equal(404, (await gateway.Anonymous.Get($"/v1/invite/{code}")).Status);
        Assert.Equal(404, (await Accept(gateway.Anonymous, code)).Status);
        Assert.DoesNotContain(email, TableDump.Of(gateway), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_existing_account_joins_only_while_signed_in_as_itself()
    {
        var (existing, other) = (await gateway.People.Join("member", workspace: "other"), await gateway.People.Join("member"));
        var (_, code) = await gateway.People.Invite(existing.Email, "developer");
        var (_, _, machine) = await gateway.Machine();
        var before = TableDump.Of(gateway);

        // Whoever invites holds the link too: it must not set a password, nor join in another's name.
        var anonymous = await Accept(gateway.Anonymous, code);
        Assert.Equal((409, "sign_in_first"), (anonymous.Status, anonymous.Code));
        Assert.Equal(409, (await gateway.Anonymous.Post($"/v1/invite/{code}/accept")).Status);
        Assert.Equal(403, (await Accept(other.Api, code)).Status);
        Assert.Equal(403, (await Accept(machine, code)).Status);
        Assert.Equal(401, (await Accept(gateway.Bearer("no.such.token"), code)).Status);
        Assert.Equal(before, TableDump.Of(gateway));

        Assert.Equal(404, (await existing.Api.Get("/v1/workspace/acme/project")).Status);
        Assert.Equal(200, (await existing.Api.Post($"/v1/invite/{code}/accept")).Status);
        Assert.Equal(200, (await existing.Api.Get("/v1/workspace/acme/project")).Status);
        Assert.Equal("developer", Text(await Listed(gateway, existing.Email), "role"));

        // The account is as it was: its own name and password, and it belongs to both.
        Assert.Equal(200, (await (await gateway.People.SignIn(existing.Email)).Get("/v1/workspace/other/project")).Status);
        Assert.Equal("member", Text((await existing.Api.Get("/v1/me")).Json, "name"));
    }

    [Fact]
    public async Task An_account_name_or_password_in_the_body_of_a_signed_in_person_changes_nothing_of_theirs()
    {
        var existing = await gateway.People.Join("member", workspace: "other");
        var (_, code) = await gateway.People.Invite(existing.Email);
        Assert.Equal(200, (await existing.Api.Post($"/v1/invite/{code}/accept", Json.Of(("name", "Renamed"), ("password", "replaced password")))).Status);
        Assert.Equal("member", Text((await (await gateway.People.SignIn(existing.Email)).Get("/v1/me")).Json, "name"));
    }

    [Theory]
    [InlineData("{}", "name: is required for a new account")]
    [InlineData("""{"name":"Sam"}""", "password: is required for a new account")]
    [InlineData("""{"password":"long enough"}""", "name: is required for a new account")]
    [InlineData("""{"name":"Sam","password":"short"}""", "password: must contain at least 8 characters")]
    [InlineData("""{"name":" ","password":"long enough"}""", "name: must contain at least 1 character")]
    public async Task A_new_account_needs_a_name_and_a_password(string body, string message)
    {
        var (_, code) = await gateway.People.Invite(Email());
        var answer = await gateway.Anonymous.Post($"/v1/invite/{code}/accept", JsonNode.Parse(body));
        Assert.Equal((400, message), (answer.Status, answer.Message));
        Assert.Equal(200, (await Accept(gateway.Anonymous, code)).Status);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("%C3%A9")]
    [InlineData("' OR 1=1 --")]
    public async Task A_wrong_code_is_404_and_hashes_nothing(string code)
    {
        var escaped = code.StartsWith('%') ? code : Uri.EscapeDataString(code);
        var (before, hashed) = (TableDump.Of(gateway), gateway.Gateway.Passwords.Hashed);
        Assert.Equal(404, (await gateway.Anonymous.Get($"/v1/invite/{escaped}")).Status);
        Assert.Equal(404, (await Accept(gateway.Anonymous, escaped)).Status);
        Assert.Equal(404, (await gateway.Anonymous.Post($"/v1/invite/{escaped}/decline")).Status);
        Assert.Equal((before, hashed), (TableDump.Of(gateway), gateway.Gateway.Passwords.Hashed));
    }

    [Fact]
    public async Task Who_is_a_member_already_is_409()
    {
        var person = await gateway.People.Join("member");
        foreach (var email in new[] { person.Email, person.Email.ToUpperInvariant(), "owner@acme.test" })
        {
            var answer = await gateway.Operator.Post(Rbac, Json.Of(("email", email), ("role", "admin"), ("scope", Json.Everything)));
            Assert.Equal((409, "already_member"), (answer.Status, answer.Code));
        }
    }

    [Theory]
    [InlineData("not an address", "email: must be an e-mail address")]
    [InlineData("a@", "email: must contain at least 3 characters")]
    [InlineData("a@b@c", "email: must be an e-mail address")]
    [InlineData("@acme.test", "email: must be an e-mail address")]
    [InlineData("a b@acme.test", "email: must be an e-mail address")]
    public async Task An_email_has_the_shape_of_one(string email, string message)
    {
        var answer = await gateway.Operator.Post(Rbac, Json.Of(("email", email), ("role", "member"), ("scope", Json.Everything)));
        Assert.Equal((400, message), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task The_owner_is_neither_changed_nor_removed()
    {
        var admin = await gateway.People.Join("admin");
        var owner = await gateway.People.Owner();
        foreach (var api in new[] { admin.Api, owner.Api, gateway.Operator })
        {
            foreach (var refused in new[]
            {
                await api.Delete($"{Rbac}/{owner.MemberId}"),
                await api.Patch($"{Rbac}/{owner.MemberId}", Json.Of(("role", "member"))),
                await api.Patch($"{Rbac}/{owner.MemberId}", Json.Of(("scope", Json.Scope(teams: [shared.Acme.Red])))),
            })
            {
                Assert.Equal((409, "owner_stays"), (refused.Status, refused.Code));
            }
        }

        var listed = (await admin.Api.Get(Rbac)).Json.AsArray().Single(member => member!["isOwner"]!.GetValue<bool>())!;
        Assert.Equal((owner.MemberId, "admin", true), (Text(listed, "id"), Text(listed, "role"), listed["scope"]!["all"]!.GetValue<bool>()));
    }

    private static string Email() => $"invited{Interlocked.Increment(ref emails)}@acme.test";

    private static Task<Answer> Accept(Api api, string code) => api.Post($"/v1/invite/{code}/accept", Json.Of(("name", "Sam"), ("password", People.Password)));

    private static async Task<JsonNode> Listed(TestGateway gateway, string email) =>
        (await gateway.Operator.Get(Rbac)).Json.AsArray().Single(member => member!["user"]!["email"]!.GetValue<string>() == email)!;

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
