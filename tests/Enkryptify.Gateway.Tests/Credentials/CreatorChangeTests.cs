using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Credentials;

/// <summary>What happens to a credential in use when the person who made it becomes less, or is no more: its next request shows it.</summary>
public class CreatorChangeTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Workspace = "/v1/workspace/acme";
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;
    private int written;

    [Fact]
    public async Task A_demoted_creators_credential_writes_no_more_until_they_are_promoted_again()
    {
        var creator = await gateway.People.Join("developer");
        var (_, token, machine) = await gateway.Machine("read-write", creator: creator.Api);
        var cli = await gateway.People.Cli(creator.Api, acme.ShopDev);
        Assert.Equal(200, await Write(machine));

        await Change(creator, ("role", "member"));
        Assert.Equal(403, await Write(machine));
        Assert.Equal(403, await Write(gateway.Bearer(await gateway.Exchange(token))));
        Assert.Equal(403, await Create(machine));
        Assert.Equal(200, await Read(machine, "shop", acme.ShopDev));
        Assert.Equal(200, await Read(cli, "shop", acme.ShopDev));

        await Change(creator, ("role", "admin"));
        Assert.Equal(200, await Write(machine));
        Assert.Equal(403, (await machine.Post($"{Workspace}/team", Json.Of(("name", "managed")))).Status);
    }

    [Fact]
    public async Task A_rescoped_creators_credential_reaches_what_both_reach()
    {
        var creator = await gateway.People.Join("developer");
        var (_, token, machine) = await gateway.Machine("read-write", creator: creator.Api);
        var (_, _, shopOnly) = await gateway.Machine("read-write", Json.Scope(projects: [acme.Shop]), creator: creator.Api);
        var cli = await gateway.People.Cli(creator.Api, acme.ShopDev);
        Assert.Equal(200, await Read(machine, "bank", acme.BankDev));

        await Change(creator, ("scope", Json.Scope(teams: [acme.Red])));
        Assert.Equal((404, 404), (await Read(machine, "bank", acme.BankDev), await Create(machine, "bank", acme.BankDev)));
        Assert.Equal((await machine.Get($"{Workspace}/project/nowhere")).Telling, (await machine.Get($"{Workspace}/project/bank")).Telling);
        Assert.Equal(["red"], (await machine.Get($"{Workspace}/team")).Json.AsArray().Select(team => team!["name"]!.GetValue<string>()));
        Assert.Equal((200, 200, 200), (await Write(machine), await Write(shopOnly), await Read(cli, "shop", acme.ShopDev)));

        await Change(creator, ("scope", Json.Scope(environments: [acme.ShopProd, acme.BankDev])));
        foreach (var narrowed in new[] { machine, shopOnly, gateway.Bearer(await gateway.Exchange(token)) })
        {
            Assert.Equal(404, await Read(narrowed, "shop", acme.ShopDev));
            Assert.Equal(200, await Read(narrowed, "shop", acme.ShopProd));
            Assert.Equal(["prod"], (await narrowed.Get($"{Workspace}/project/shop/environment")).Json.AsArray().Select(environment => environment!["name"]!.GetValue<string>()));
        }

        Assert.Equal((200, 404), (await Read(machine, "bank", acme.BankDev), await Read(shopOnly, "bank", acme.BankDev)));
        Assert.Equal(404, await Read(cli, "shop", acme.ShopDev));
        Assert.Equal("[]", (await cli.Get($"{Workspace}/project")).Body);
    }

    [Fact]
    public async Task A_removed_creators_credentials_end_and_inviting_them_again_brings_none_back()
    {
        var creator = await gateway.People.Join("developer");
        var (id, token, machine) = await gateway.Machine("read-write", creator: creator.Api);
        var cli = await gateway.People.Cli(creator.Api, acme.ShopDev);
        Assert.Equal((200, 200), (await Read(machine, "shop", acme.ShopDev), await Read(cli, "shop", acme.ShopDev)));

        Assert.Equal(200, (await gateway.Operator.Delete($"{Workspace}/rbac/{creator.MemberId}")).Status);
        await AllEnded();
        Assert.Equal(401, (await creator.Api.Get("/v1/me")).Status);

        await gateway.People.JoinAgain(creator.Email, "admin");
        await AllEnded();
        var back = await gateway.People.SignIn(creator.Email);
        var listed = (await back.Get($"{Workspace}/tokens")).Json.AsArray().Where(one => one!["isOwner"]!.GetValue<bool>()).ToList();
        Assert.Equal(2, listed.Count);
        Assert.All(listed, one => Assert.NotNull(one!["revokedAt"]));
        Assert.Equal((409, "token_revoked"), await Rotated());
        await AllEnded();
        Assert.Equal(200, await Read((await gateway.Machine(creator: back)).Api, "shop", acme.ShopDev));

        async Task AllEnded()
        {
            foreach (var refused in new[]
            {
                await machine.Get($"{Workspace}/project/shop/secret"), await cli.Get($"{Workspace}/project/shop/secret"), await gateway.Bearer(token).Post("/v1/auth/exchange"),
            })
            {
                Assert.Equal((401, "Invalid or expired token"), (refused.Status, refused.Message));
            }
        }

        async Task<(int, string)> Rotated()
        {
            var answer = await back.Post($"{Workspace}/tokens/{id}/rotate");
            return (answer.Status, answer.Code);
        }
    }

    [Fact]
    public async Task A_deleted_workspaces_credentials_end_and_its_slug_brings_none_back()
    {
        await Doomed();
        var creator = await gateway.People.Join("developer", workspace: "doomed");
        var (_, token, machine) = await gateway.Machine("read-write", workspace: "doomed", creator: creator.Api);
        var environment = (await machine.Get("/v1/workspace/doomed/project/site/environment")).Json[0]!["id"]!.GetValue<string>();
        var cli = await gateway.People.Cli(creator.Api, environment, "doomed");
        Assert.Equal((200, 200), ((await machine.Get("/v1/workspace/doomed/team")).Status, (await cli.Get("/v1/workspace/doomed/team")).Status));

        Assert.Equal(200, (await gateway.Operator.Delete("/v1/workspace/doomed?force=true")).Status);
        await AllEnded();
        await Doomed();
        await gateway.People.JoinAgain(creator.Email, "developer", workspace: "doomed");
        await AllEnded();

        async Task AllEnded() => Assert.Equal(
            (401, 401, 401),
            ((await machine.Get("/v1/workspace")).Status, (await cli.Get("/v1/workspace")).Status, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status));
    }

    /// <summary>Where raw tokens are accepted they are no way around; and what ended stays so when the gateway starts anew.</summary>
    [Fact]
    public async Task A_raw_token_follows_its_creator_too_and_so_does_everything_after_a_restart()
    {
        var (own, sample) = await TestGateway.StartWithAcme(("exchange.accept_api_tokens_directly", "true"));
        await using var _ = own;
        var (demoted, removed) = (await own.People.Join("developer"), await own.People.Join("developer"));
        var (_, narrowToken, narrow) = await own.Machine("read-write", creator: demoted.Api);
        var (_, endedToken, ended) = await own.Machine("read-write", creator: removed.Api);
        Assert.Equal(201, await Made(own.Bearer(narrowToken), "BEFORE"));

        Assert.Equal(200, (await own.Operator.Patch($"{Workspace}/rbac/{demoted.MemberId}", Json.Of(("role", "member")))).Status);
        Assert.Equal(200, (await own.Operator.Delete($"{Workspace}/rbac/{removed.MemberId}")).Status);
        await Follow();
        await own.Restart();
        await Follow();

        async Task Follow()
        {
            foreach (var token in new[] { narrowToken, narrow.Token! })
            {
                Assert.Equal(403, await Made(own.Bearer(token), "AFTER"));
                Assert.Equal(200, (await own.Bearer(token).Get($"{Workspace}/project/shop/secret")).Status);
            }

            foreach (var token in new[] { endedToken, ended.Token! })
            {
                Assert.Equal(401, (await own.Bearer(token).Get($"{Workspace}/project/shop/secret")).Status);
            }
        }

        async Task<int> Made(Api api, string key) => (await api.Post($"{Workspace}/project/shop/secret", Json.Secret(key, "v", [sample.ShopDev]))).Status;
    }

    private async Task Change(Person creator, params (string Name, object? Value)[] change)
    {
        var answer = await gateway.Operator.Patch($"{Workspace}/rbac/{creator.MemberId}", Json.Of(change));
        Assert.True(answer.Status == 200, answer.Body);
    }

    private async Task<int> Read(Api machine, string project, string environment) =>
        (await machine.Get($"{Workspace}/project/{project}/secret/KEY?environmentId={environment}")).Status;

    private async Task<int> Write(Api machine) => (await machine.Put(
        $"{Workspace}/project/shop/secret/KEY",
        Json.Of(("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", $"v{Interlocked.Increment(ref written)}"), ("isPersonal", false))))))).Status;

    private async Task<int> Create(Api machine, string project = "shop", string? environment = null) => (await machine.Post(
        $"{Workspace}/project/{project}/secret", Json.Secret($"NEW{Interlocked.Increment(ref written)}", "v", [environment ?? acme.ShopDev]))).Status;

    private async Task Doomed()
    {
        await Made("/v1/workspace", Json.Of(("name", "doomed"), ("slug", "doomed"), ("ownerEmail", People.OwnersEmail)));
        var team = await Made("/v1/workspace/doomed/team", Json.Of(("name", "red")));
        await Made("/v1/workspace/doomed/project", Json.Of(("name", "site"), ("slug", "site"), ("teamId", team)));
        await Made("/v1/workspace/doomed/project/site/environment", Json.Of(("name", "dev"), ("hasPersonalOverrides", true)));

        async Task<string> Made(string path, JsonObject body)
        {
            var answer = await gateway.Operator.Post(path, body);
            Assert.True(answer.Status == 201, answer.Body);
            return answer.Json["id"]!.GetValue<string>();
        }
    }
}
