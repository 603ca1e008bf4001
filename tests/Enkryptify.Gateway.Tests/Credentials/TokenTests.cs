using System.Text.Json.Nodes;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Credentials;

/// <summary>POST and GET …/tokens (contract section 4).</summary>
public class TokenTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Tokens = "/v1/workspace/acme/tokens";
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task A_creation_answers_201_with_the_value_in_the_form_of_the_contract()
    {
        var scope = Json.Scope(projects: [shared.Acme.Shop]);
        var answer = await gateway.Operator.Post(Tokens, Json.Of(("name", "  build  "), ("permission", "read-write"), ("scope", scope), ("expiresIn", "5d"), ("extra", "ignored")));
        Assert.Equal(201, answer.Status);
        var made = answer.Json;
        Assert.Equal(["expiresAt", "id", "name", "permission", "prefix", "scope", "token"], made.AsObject().Select(member => member.Key).Order());
        Assert.Matches("^ek_live_[0-9A-Za-z]{42}$", made["token"]!.GetValue<string>());
        Assert.True(ApiToken.IsWellFormed(made["token"]!.GetValue<string>()));
        Assert.Equal(made["token"]!.GetValue<string>()[..12], made["prefix"]!.GetValue<string>());
        Assert.Equal(("build", "read-write"), (made["name"]!.GetValue<string>(), made["permission"]!.GetValue<string>()));
        Assert.True(JsonNode.DeepEquals(scope, made["scope"]));
        Assert.Equal("2026-06-06T12:00:00Z", made["expiresAt"]!.GetValue<string>());
        Assert.Equal(7, Guid.ParseExact(made["id"]!.GetValue<string>(), "D").Version);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
    }

    [Fact]
    public async Task The_value_appears_in_that_answer_alone()
    {
        var (id, token, _) = await gateway.Machine();
        var list = await gateway.Operator.Get(Tokens);
        Assert.Contains(id, list.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(token, list.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(token[12..], list.Body + TableDump.Of(gateway) + gateway.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_has_the_fields_of_the_contract_newest_first()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var (first, token, _) = await own.Machine("read", expiresIn: "24h");
        own.Clock.Advance(TimeSpan.FromSeconds(5));
        var made = await own.Operator.Post(Tokens, Json.Of(("name", "second"), ("permission", "read-write"), ("scope", Json.Everything), ("expiresIn", "30d")));
        var answer = await own.Operator.Get(Tokens);
        Assert.Equal((200, "no-store"), (answer.Status, answer.Headers["Cache-Control"]));
        var list = answer.Json.AsArray();
        Assert.Equal([made.Json["id"]!.GetValue<string>(), first], list.Select(entry => entry!["id"]!.GetValue<string>()));
        Assert.All(list, entry => Assert.Equal(
            ["createdAt", "createdById", "expiresAt", "id", "isOwner", "lastUsedAt", "name", "permission", "prefix", "revokedAt", "scope", "type"],
            entry!.AsObject().Select(member => member.Key).Order()));
        var (newest, oldest) = (list[0]!, list[1]!);
        Assert.Equal("static", newest["type"]!.GetValue<string>());
        Assert.True(newest["isOwner"]!.GetValue<bool>());
        Assert.Equal(token[..12], oldest["prefix"]!.GetValue<string>());
        Assert.Equal("2026-06-01T12:00:00Z", oldest["createdAt"]!.GetValue<string>());
        Assert.Equal("2026-06-02T12:00:00Z", oldest["expiresAt"]!.GetValue<string>());
        Assert.Equal("2026-06-01T12:00:00Z", oldest["lastUsedAt"]!.GetValue<string>());
        Assert.Null(newest["lastUsedAt"]);
        Assert.Null(newest["revokedAt"]);
    }

    [Fact]
    public async Task The_list_of_a_workspace_holds_no_token_of_another()
    {
        var (id, _, _) = await gateway.Machine(workspace: "other");
        Assert.DoesNotContain(id, (await gateway.Operator.Get(Tokens)).Body, StringComparison.Ordinal);
        Assert.Contains(id, (await gateway.Operator.Get("/v1/workspace/other/tokens")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_true_makes_the_ids_irrelevant()
    {
        var answer = await gateway.Operator.Post(Tokens, Json.Of(("name", "all"), ("permission", "read"), ("scope", Json.Scope(all: true, teams: [shared.Acme.Red])), ("expiresIn", "24h")));
        Assert.Equal(201, answer.Status);
        Assert.True(JsonNode.DeepEquals(Json.Everything, answer.Json["scope"]), answer.Body);
        var machine = gateway.Bearer(await gateway.Exchange(answer.Json["token"]!.GetValue<string>()));
        Assert.Equal(200, (await machine.Get("/v1/workspace/acme/project/bank")).Status);
    }

    [Fact]
    public async Task A_scope_names_only_what_is_in_the_workspace()
    {
        var before = TableDump.Of(gateway);
        var acme = shared.Acme;
        foreach (var (scope, field) in new[]
        {
            (Json.Scope(teams: [acme.Red, acme.Id("green")]), "scope.teams[1]"), (Json.Scope(projects: [acme.Id("yard")]), "scope.projects[0]"),
            (Json.Scope(environments: [acme.YardDev]), "scope.environments[0]"), (Json.Scope(teams: [acme.Shop]), "scope.teams[0]"),
            (Json.Scope(projects: [acme.ShopDev]), "scope.projects[0]"), (Json.Scope(environments: [acme.Red]), "scope.environments[0]"),
        })
        {
            var answer = await gateway.Operator.Post(Tokens, Json.Of(("name", "x"), ("permission", "read"), ("scope", scope), ("expiresIn", "24h")));
            Assert.Equal(400, answer.Status);
            Assert.StartsWith(field + ":", answer.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }
}
