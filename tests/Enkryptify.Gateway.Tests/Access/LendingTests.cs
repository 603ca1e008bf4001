using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>People with less than everything, who ask for more than they have: 403 names what is lacking, and nothing has changed.</summary>
public class LendingTests(LendingWorld world) : IClassFixture<LendingWorld>
{
    private const string Tokens = "/v1/workspace/acme/tokens";
    private const string Members = "/v1/workspace/acme/rbac";
    private const string Nothing = "00000000-0000-7000-8000-000000000000";
    private readonly Acme acme = world.Acme;

    [Fact]
    public async Task A_member_makes_no_credential_that_writes()
    {
        await Refused(world.Member, Tokens, Token("read-write", Json.Everything), "permission: a credential cannot write where its creator cannot");
        await Refused(world.Member, Tokens, Token("read-write", Json.Scope(environments: [acme.ShopDev])), "permission: a credential cannot write where its creator cannot");
        Assert.Equal(201, (await world.Member.Api.Post(Tokens, Token("read", Json.Everything))).Status);
    }

    [Fact]
    public async Task Nobody_makes_a_credential_of_a_wider_scope_than_their_own()
    {
        foreach (var permission in new[] { "read", "read-write" })
        {
            foreach (var (scope, lacking) in BeyondRed())
            {
                await Refused(world.RedDeveloper, Tokens, Token(permission, scope), lacking);
                await Refused(world.RedAdmin, Tokens, Token(permission, scope), lacking);
            }

            // One environment is not its project, nor its neighbour.
            await Refused(world.ShopDevDeveloper, Tokens, Token(permission, Json.Scope(environments: [acme.ShopDev, acme.ShopProd])), "scope.environments[1]: outside your own scope");
            await Refused(world.ShopDevDeveloper, Tokens, Token(permission, Json.Scope(projects: [acme.Shop])), "scope.projects[0]: outside your own scope");
            await Refused(world.ShopDevDeveloper, Tokens, Token(permission, Json.Scope(teams: [acme.Red])), "scope.teams[0]: outside your own scope");
            Assert.Equal(201, (await world.ShopDevDeveloper.Api.Post(Tokens, Token(permission, Json.Scope(environments: [acme.ShopDev])))).Status);
            Assert.Equal(201, (await world.RedDeveloper.Api.Post(Tokens, Token(permission, Json.Scope(teams: [acme.Red], projects: [acme.Site], environments: [acme.ShopProd])))).Status);
        }
    }

    /// <summary>A mistake, to who sees everything: which id names nothing is no secret to them.</summary>
    [Fact]
    public async Task To_who_has_the_whole_workspace_an_id_that_is_not_there_is_a_mistake()
    {
        var answer = await world.Member.Api.Post(Tokens, Token("read", Json.Scope(projects: [acme.Shop, Nothing])));
        Assert.Equal((400, "scope.projects[1]: no such project in this workspace"), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task A_cli_token_for_an_environment_out_of_scope_is_as_for_one_that_is_not_there()
    {
        var before = TableDump.Of(world.Gateway);
        var missing = await world.ShopDevDeveloper.Api.Post($"{Tokens}/cli", Json.Of(("environmentId", Nothing)));
        Assert.Equal((404, "Environment not found"), (missing.Status, missing.Message));
        foreach (var environment in new[] { acme.ShopProd, acme.BankDev, acme.YardDev })
        {
            Assert.Equal(missing.Telling, (await world.ShopDevDeveloper.Api.Post($"{Tokens}/cli", Json.Of(("environmentId", environment)))).Telling);
        }

        Assert.Equal(before, TableDump.Of(world.Gateway));
    }

    [Fact]
    public async Task An_invitation_lends_no_more_than_the_inviter_has()
    {
        foreach (var (scope, lacking) in BeyondRed())
        {
            await Refused(world.RedAdmin, Members, Json.Of(("email", "new@acme.test"), ("role", "member"), ("scope", scope)), lacking);
        }

        Assert.Equal(201, (await world.RedAdmin.Api.Post(Members, Json.Of(("email", "red@acme.test"), ("role", "admin"), ("scope", Json.Scope(teams: [acme.Red]))))).Status);
    }

    [Fact]
    public async Task An_edit_lends_no_more_than_the_editor_has()
    {
        foreach (var (scope, lacking) in BeyondRed())
        {
            foreach (var member in new[] { world.RedDeveloper, world.RedAdmin })
            {
                await Refused(world.RedAdmin, $"{Members}/{member.MemberId}", Json.Of(("role", "admin"), ("scope", scope)), lacking, HttpMethod.Patch);
                await Refused(world.RedAdmin, $"{Members}/{member.MemberId}", Json.Of(("scope", scope)), lacking, HttpMethod.Patch);
            }
        }

        var narrowed = await world.RedAdmin.Api.Patch($"{Members}/{world.RedDeveloper.MemberId}", Json.Of(("scope", Json.Scope(teams: [acme.Red], projects: [acme.Site]))));
        Assert.Equal(200, narrowed.Status);
    }

    [Fact]
    public async Task Nobody_edits_removes_or_invites_anew_whose_right_exceeds_their_own()
    {
        const string Exceeds = "this member's right exceeds your own";
        var (wide, _) = await world.Gateway.People.Invite("wide@acme.test", "admin");
        foreach (var id in new[] { world.Member.MemberId, world.BlueMember.MemberId, world.MixedMember.MemberId, wide })
        {
            await Refused(world.RedAdmin, $"{Members}/{id}", Json.Of(("role", "member")), Exceeds, HttpMethod.Patch);
            await Refused(world.RedAdmin, $"{Members}/{id}", Json.Of(("scope", Json.Scope(teams: [acme.Red]))), Exceeds, HttpMethod.Patch);
            await Refused(world.RedAdmin, $"{Members}/{id}", null, Exceeds, HttpMethod.Delete);
        }

        await Refused(world.RedAdmin, Members, Json.Of(("email", "wide@acme.test"), ("role", "member"), ("scope", Json.Scope(teams: [acme.Red]))), Exceeds);
    }

    [Fact]
    public async Task The_owner_stays_as_they_are()
    {
        var before = TableDump.Of(world.Gateway);
        foreach (var api in new[] { world.RedAdmin.Api, world.Gateway.Operator })
        {
            foreach (var answer in new[]
            {
                await api.Patch($"{Members}/{world.OwnersMemberId}", Json.Of(("role", "member"))), await api.Delete($"{Members}/{world.OwnersMemberId}"),
            })
            {
                Assert.Equal((409, "owner_stays"), (answer.Status, answer.Code));
            }
        }

        Assert.Equal(before, TableDump.Of(world.Gateway));
    }

    /// <summary>What lies beyond team red, each with the words for it: what is there, what is not, what is of another workspace or of another kind.</summary>
    private IEnumerable<(JsonObject Scope, string Lacking)> BeyondRed()
    {
        yield return (Json.Everything, "scope.all: your own scope is not the whole workspace");
        foreach (var team in new[] { acme.Blue, Nothing, acme.Id("green"), acme.Shop })
        {
            yield return (Json.Scope(teams: [acme.Red, team]), "scope.teams[1]: outside your own scope");
        }

        foreach (var project in new[] { acme.Bank, Nothing, acme.Id("yard"), acme.ShopDev })
        {
            yield return (Json.Scope(projects: [project]), "scope.projects[0]: outside your own scope");
        }

        foreach (var environment in new[] { acme.BankDev, Nothing, acme.YardDev, acme.Red })
        {
            yield return (Json.Scope(teams: [acme.Red], environments: [acme.ShopDev, environment]), "scope.environments[1]: outside your own scope");
        }
    }

    private async Task Refused(Person who, string path, JsonNode? body, string lacking, HttpMethod? method = null)
    {
        var before = TableDump.Of(world.Gateway);
        var answer = await who.Api.Send(method ?? HttpMethod.Post, path, body);
        Assert.Equal((403, $"Insufficient permissions: {lacking}", "insufficient_permissions"), (answer.Status, answer.Message, answer.Code));
        Assert.Equal(before, TableDump.Of(world.Gateway));
    }

    private static JsonObject Token(string permission, JsonObject scope) => Json.Of(("name", "wanted"), ("permission", permission), ("scope", scope), ("expiresIn", "24h"));
}
