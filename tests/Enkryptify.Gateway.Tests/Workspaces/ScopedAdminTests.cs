using Enkryptify.Gateway.Tests.Access;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

/// <summary>An admin of team red alone: manages there what admins manage, and elsewhere nothing.</summary>
public class ScopedAdminTests(LendingWorld world) : IClassFixture<LendingWorld>
{
    private const string Workspace = "/v1/workspace/acme";
    private readonly Acme acme = world.Acme;
    private readonly Api admin = world.RedAdmin.Api;

    [Fact]
    public async Task Rotates_no_token_wider_than_their_own_right()
    {
        foreach (var (scope, lacking) in new[]
        {
            (Json.Everything, "scope.all: your own scope is not the whole workspace"), (Json.Scope(teams: [acme.Red, acme.Blue]), "scope.teams[1]: outside your own scope"),
            (Json.Scope(projects: [acme.Bank]), "scope.projects[0]: outside your own scope"), (Json.Scope(environments: [acme.BankDev]), "scope.environments[0]: outside your own scope"),
        })
        {
            foreach (var permission in new[] { "read", "read-write" })
            {
                var (id, token, _) = await world.Gateway.Machine(permission, scope);
                var before = TableDump.Of(world.Gateway);
                var answer = await admin.Post($"{Workspace}/tokens/{id}/rotate");
                Assert.Equal((403, $"Insufficient permissions: {lacking}"), (answer.Status, answer.Message));
                Assert.Equal(before, TableDump.Of(world.Gateway));
                Assert.Equal(200, (await world.Gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
            }
        }

        var (own, _, _) = await world.Gateway.Machine("read-write", Json.Scope(teams: [acme.Red]));
        Assert.Equal(200, (await admin.Post($"{Workspace}/tokens/{own}/rotate")).Status);
    }

    /// <summary>Stopping is no gain of right: any admin revokes any token (contract section 4).</summary>
    [Fact]
    public async Task Revokes_any_token()
    {
        var (id, _, machine) = await world.Gateway.Machine();
        Assert.Equal(200, (await admin.Delete($"{Workspace}/tokens/{id}")).Status);
        Assert.Equal(401, (await machine.Get("/v1/workspace")).Status);
    }

    [Fact]
    public async Task Sees_no_audit_log_which_names_what_lies_anywhere()
    {
        var answer = await admin.Get($"{Workspace}/audit");
        Assert.Equal((403, "insufficient_permissions"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Edits_and_removes_whom_their_own_right_covers()
    {
        foreach (var (role, scope) in new[] { ("admin", Json.Scope(teams: [acme.Red])), ("developer", Json.Scope(projects: [acme.Shop])), ("member", Json.Scope(environments: [acme.SiteDev])) })
        {
            var member = await world.Gateway.People.Join(role, scope);
            Assert.Equal(200, (await admin.Patch($"{Workspace}/rbac/{member.MemberId}", Json.Of(("role", "member"), ("scope", Json.Scope(projects: [acme.Site]))))).Status);
            Assert.Equal(404, (await member.Api.Get($"{Workspace}/project/shop")).Status);
            Assert.Equal(200, (await member.Api.Get($"{Workspace}/project/site")).Status);
            Assert.Equal(200, (await admin.Delete($"{Workspace}/rbac/{member.MemberId}")).Status);
            Assert.Equal(401, (await member.Api.Get($"{Workspace}/project/site")).Status);
        }
    }

    /// <summary>An id in a scope that names nothing any more is no right: it neither shields a member nor has to be sent away to change a role.</summary>
    [Fact]
    public async Task Edits_and_removes_a_member_whose_scope_names_what_was_deleted()
    {
        var project = await admin.Post($"{Workspace}/project", Json.Of(("name", "short"), ("slug", "short-lived"), ("teamId", acme.Red)));
        var scope = Json.Scope(projects: [acme.Site, project.Json["id"]!.GetValue<string>()]);
        var (one, other) = (await world.Gateway.People.Join("developer", scope), await world.Gateway.People.Join("developer", scope));
        Assert.Equal(200, (await admin.Delete($"{Workspace}/project/short-lived")).Status);

        Assert.Equal(200, (await world.Gateway.Operator.Patch($"{Workspace}/rbac/{one.MemberId}", Json.Of(("role", "member")))).Status);
        Assert.Equal(403, (await one.Api.Post($"{Workspace}/project/site/secret", Json.Secret("DEMOTED", "v", [acme.SiteDev]))).Status);
        Assert.Equal(200, (await admin.Patch($"{Workspace}/rbac/{other.MemberId}", Json.Of(("role", "member")))).Status);
        Assert.Equal(200, (await admin.Delete($"{Workspace}/rbac/{other.MemberId}")).Status);
    }

    /// <summary>Whoever made an invitation holds its link: once they are less, the link is too.</summary>
    [Fact]
    public async Task Comes_by_no_right_through_an_invitation_that_outlived_their_own()
    {
        foreach (var change in new[] { Json.Of(("role", "developer")), Json.Of(("scope", Json.Scope(teams: [acme.Blue]))), null })
        {
            var inviter = await world.Gateway.People.Join("admin", Json.Scope(teams: [acme.Red, acme.Blue]));
            var kept = await Invite(Json.Scope(teams: [acme.Red]));
            Assert.Equal(200, (await world.Gateway.Anonymous.Get($"/v1/invite/{kept}")).Status);
            var path = $"{Workspace}/rbac/{inviter.MemberId}";
            Assert.Equal(200, (await (change is null ? world.Gateway.Operator.Delete(path) : world.Gateway.Operator.Patch(path, change))).Status);

            var before = TableDump.Of(world.Gateway);
            foreach (var answer in new[]
            {
                await world.Gateway.Anonymous.Get($"/v1/invite/{kept}"),
                await world.Gateway.Anonymous.Post($"/v1/invite/{kept}/accept", Json.Of(("name", "Back"), ("password", People.Password))),
                await world.Gateway.Anonymous.Post($"/v1/invite/{kept}/decline"),
            })
            {
                Assert.Equal((404, "Invitation not found"), (answer.Status, answer.Message));
            }

            Assert.Equal(before, TableDump.Of(world.Gateway));

            async Task<string> Invite(System.Text.Json.Nodes.JsonObject scope)
            {
                var made = await inviter.Api.Post($"{Workspace}/rbac", Json.Of(("email", $"for-{inviter.Email}"), ("role", "admin"), ("scope", scope)));
                Assert.Equal(201, made.Status);
                return made.Json["code"]!.GetValue<string>();
            }
        }
    }

    [Theory]
    [InlineData("PATCH", "", 403)]
    [InlineData("DELETE", "", 403)]
    [InlineData("POST", "/team", 403)]
    [InlineData("PATCH", "/team/blue", 404)]
    [InlineData("DELETE", "/team/blue", 404)]
    [InlineData("PATCH", "/project/bank", 404)]
    [InlineData("DELETE", "/project/bank", 404)]
    [InlineData("POST", "/project/bank/environment", 404)]
    [InlineData("DELETE", "/project/bank/environment/dev", 404)]
    [InlineData("PATCH", "/team/red", 200)]
    [InlineData("PATCH", "/project/shop", 200)]
    [InlineData("PATCH", "/project/shop/environment/dev", 200)]
    public async Task Manages_the_structure_of_their_scope(string method, string path, int status)
    {
        path = path.Replace("team/blue", $"team/{acme.Blue}", StringComparison.Ordinal).Replace("team/red", $"team/{acme.Red}", StringComparison.Ordinal);
        var before = TableDump.Of(world.Gateway);
        var body = method == "DELETE" ? null : Json.Of(("name", path.Length == 0 ? "acme" : path.Split('/')[^1]), ("hasPersonalOverrides", true));
        var answer = await admin.Send(new HttpMethod(method), Workspace + path, body);
        Assert.True(answer.Status == status, $"{answer.Status} {answer.Body}");
        Assert.True(status == 200 || before == TableDump.Of(world.Gateway));
    }

    /// <summary>A project is in sight of who has one of its environments, and is not theirs.</summary>
    [Fact]
    public async Task Sees_a_parent_of_what_is_theirs_and_does_not_manage_it()
    {
        var narrow = (await world.Gateway.People.Join("admin", Json.Scope(environments: [acme.ShopDev]))).Api;
        Assert.Equal(200, (await narrow.Get($"{Workspace}/project/shop")).Status);
        var before = TableDump.Of(world.Gateway);
        foreach (var answer in new[]
        {
            await narrow.Patch($"{Workspace}/project/shop", Json.Of(("name", "mine"))), await narrow.Delete($"{Workspace}/project/shop"),
            await narrow.Post($"{Workspace}/project/shop/environment", Json.Of(("name", "mine"), ("hasPersonalOverrides", true))),
            await narrow.Patch($"{Workspace}/team/{acme.Red}", Json.Of(("name", "mine"))), await narrow.Delete($"{Workspace}/team/{acme.Red}"),
            await narrow.Post($"{Workspace}/project", Json.Of(("name", "mine"), ("slug", "mine"), ("teamId", acme.Red))),
        })
        {
            Assert.Equal((403, "Insufficient permissions"), (answer.Status, answer.Message));
        }

        Assert.Equal(before, TableDump.Of(world.Gateway));
    }
}
