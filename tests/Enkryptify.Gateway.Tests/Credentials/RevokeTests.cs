using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Credentials;

/// <summary>DELETE …/tokens/{id}: immediate and final.</summary>
public class RevokeTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Tokens = "/v1/workspace/acme/tokens";
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task Ends_the_jwt_on_the_next_request_and_the_token_with_it()
    {
        var (id, token, machine) = await gateway.Machine();
        var second = gateway.Bearer(await gateway.Exchange(token));
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        Assert.Equal(200, (await second.Get("/v1/workspace")).Status);

        var answer = await gateway.Operator.Delete($"{Tokens}/{id}");
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        foreach (var refused in new[] { await machine.Get("/v1/workspace"), await second.Get("/v1/workspace"), await gateway.Bearer(token).Post("/v1/auth/exchange") })
        {
            Assert.Equal((401, "Invalid or expired token"), (refused.Status, refused.Message));
        }
    }

    [Fact]
    public async Task Ends_no_other_token()
    {
        var (id, _, _) = await gateway.Machine();
        var (_, token, other) = await gateway.Machine();
        await gateway.Operator.Delete($"{Tokens}/{id}");
        Assert.Equal(200, (await other.Get("/v1/workspace")).Status);
        Assert.Equal(200, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task Holds_after_a_restart()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var (id, token, machine) = await own.Machine();
        await own.Operator.Delete($"{Tokens}/{id}");
        await own.Restart();
        Assert.Equal(401, (await own.Bearer(machine.Token!).Get("/v1/workspace")).Status);
        Assert.Equal(401, (await own.Bearer(token).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task Leaves_it_listed_with_the_time_of_the_first_revocation()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var (id, _, _) = await own.Machine();
        Assert.Null((await Listed(own, id))["revokedAt"]);
        var revoked = own.Clock.GetUtcNow().UtcDateTime;
        await own.Operator.Delete($"{Tokens}/{id}");
        own.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, (await own.Operator.Delete($"{Tokens}/{id}")).Status);
        Assert.Equal(revoked, (await Listed(own, id))["revokedAt"]!.GetValue<DateTime>());
    }

    [Theory]
    [InlineData("00000000-0000-7000-8000-000000000000")]
    [InlineData("not-an-id")]
    [InlineData("KEY")]
    [InlineData("%C3%A9")]
    public async Task Of_an_id_that_is_none_is_404(string id)
    {
        var before = TableDump.Of(gateway);
        var (delete, rotate) = (await gateway.Operator.Delete($"{Tokens}/{id}"), await gateway.Operator.Post($"{Tokens}/{id}/rotate"));
        Assert.Equal((404, "Token not found"), (delete.Status, delete.Message));
        Assert.Equal((404, "Token not found"), (rotate.Status, rotate.Message));
        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task Of_another_workspaces_token_is_as_of_none_at_all()
    {
        var (id, token, machine) = await gateway.Machine(workspace: "other");
        const string Missing = "00000000-0000-7000-8000-000000000000";
        Assert.Equal((await gateway.Operator.Delete($"{Tokens}/{Missing}")).Telling, (await gateway.Operator.Delete($"{Tokens}/{id}")).Telling);
        Assert.Equal((await gateway.Operator.Post($"{Tokens}/{Missing}/rotate")).Telling, (await gateway.Operator.Post($"{Tokens}/{id}/rotate")).Telling);
        Assert.Equal(200, (await machine.Get("/v1/workspace/other/project")).Status);
        Assert.Equal(200, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task Is_in_the_audit_log_and_so_is_a_refused_one()
    {
        var (id, _, machine) = await gateway.Machine();
        var denied = await machine.Delete($"{Tokens}/{id}");
        Assert.Equal(403, denied.Status);
        var entry = AuditTail.Of(gateway, denied);
        Assert.Equal(("REVOKE", "denied", "insufficient_permissions"), (Text("action"), Text("outcome"), Text("reason")));
        Assert.Equal(id, entry["actor"]!["id"]!.GetValue<string>());

        await gateway.Operator.Delete($"{Tokens}/{id}");
        entry = AuditTail.Entries(gateway).Last(one => one["action"]!.GetValue<string>() == "REVOKE");
        Assert.Equal("allowed", Text("outcome"));
        Assert.Equal((id, "local-operator"), (entry["target"]!["id"]!.GetValue<string>(), entry["actor"]!["kind"]!.GetValue<string>()));

        string Text(string name) => entry[name]!.GetValue<string>();
    }

    private static async Task<System.Text.Json.Nodes.JsonNode> Listed(TestGateway gateway, string id) =>
        (await gateway.Operator.Get(Tokens)).Json.AsArray().Single(token => token!["id"]!.GetValue<string>() == id)!;
}
