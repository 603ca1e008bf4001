using System.Text.Json.Nodes;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Audit;

/// <summary>What the requests of a running gateway leave in its log.</summary>
public class AuditApiTests
{
    private const string Secrets = "/v1/workspace/acme/project/shop/secret";

    [Fact]
    public async Task Every_decision_is_one_entry_and_the_chain_holds()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var (id, token, machine) = await gateway.Machine("read");
        var seen = AuditTail.Entries(gateway).Count;
        await machine.Get(Secrets);
        await machine.Get($"{Secrets}/KEY?environmentId={acme.ShopDev}");
        await machine.Post(Secrets, Json.Secret("NEW", "x", [acme.ShopDev]));
        await machine.Get("/v1/workspace/other/team");
        await gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}");
        await machine.Get(Secrets);
        await gateway.Bearer(token).Post("/v1/auth/exchange");
        var lines = AuditTail.Entries(gateway).Skip(seen).Select(entry =>
            $"{entry["actor"]!["kind"]} {entry["action"]} {entry["target"]!["kind"]} {entry["target"]!["name"] ?? "-"} {entry["outcome"]} {entry["reason"] ?? "-"}");
        Assert.Equal(
            [
                "static VIEW secret - allowed -",
                "static VIEW secret KEY allowed -",
                "static CREATE secret NEW denied insufficient_permissions",
                "static LIST team - denied workspace_not_found",
                "local-operator REVOKE token machine allowed -",
                "anonymous REFUSE route GET /v1/workspace/{ws}/project/{prj}/secret denied revoked",
                "anonymous REFUSE route POST /v1/auth/exchange denied revoked",
            ],
            lines);
        await gateway.Close();
        Assert.Empty(ChainVerifier.Verify(gateway.DataDirectory).Problems);
        await gateway.Open();
    }

    [Fact]
    public async Task An_operation_whose_entry_cannot_be_written_fails_and_tells_nothing()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var (_, token, machine) = await gateway.Machine();
        var file = Path.Combine(gateway.DataDirectory, Database.FileName);
        var before = TableDump.Of(gateway);
        TestStore.Tamper(file, "CREATE TRIGGER broken BEFORE INSERT ON audit_frame BEGIN SELECT RAISE(ABORT, 'broken'); END");
        var answers = new[]
        {
            await machine.Get($"{Secrets}/KEY?environmentId={acme.ShopDev}"),
            await machine.Get(Secrets),
            await machine.Get("/v1/workspace"),
            await machine.Post(Secrets, Json.Secret("NEW", "x", [acme.ShopDev])),
            await machine.Put(Secrets + "/KEY", Json.Of(("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", "changed")))))),
            await machine.Delete(Secrets + "/KEY"),
            await gateway.Bearer(token).Post("/v1/auth/exchange"),
            await gateway.Operator.Post("/v1/workspace/acme/team", Json.Of(("name", "grey"))),
            await gateway.Anonymous.Get("/v1/workspace"),
        };
        Assert.All(answers, answer =>
        {
            Assert.Equal(503, answer.Status);
            Assert.Equal("storage_unavailable", answer.Code);
            Assert.DoesNotContain("shop-dev", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("eyJ", answer.Body, StringComparison.Ordinal);
        });
        var ready = await gateway.Anonymous.Get("/readyz");
        Assert.Equal(503, ready.Status);
        Assert.Equal("the last write failed", (string)ready.Json["checks"]!["writer"]!);

        TestStore.Tamper(file, "DROP TRIGGER broken");
        Assert.Equal(before, TableDump.Of(gateway));
        Assert.Equal(200, (await machine.Get(Secrets)).Status);
        Assert.Equal(200, (await gateway.Anonymous.Get("/readyz")).Status);
        await gateway.Close();
        Assert.Empty(ChainVerifier.Verify(gateway.DataDirectory).Problems);
        await gateway.Open();
    }

    [Fact]
    public async Task A_time_of_last_use_is_in_the_list_at_once_and_after_a_restart()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/tokens", Json.Of(
            ("name", "unused"), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "24h")))).Status);
        gateway.Clock.Advance(TimeSpan.FromMinutes(1));
        var (_, _, machine) = await gateway.Machine();
        var exchanged = gateway.Clock.GetUtcNow();
        Assert.Equal([("machine", exchanged), ("unused", null)], await Uses(gateway));
        gateway.Clock.Advance(TimeSpan.FromMinutes(5));
        await machine.Get("/v1/workspace");
        Assert.Equal([("machine", exchanged.AddMinutes(5)), ("unused", null)], await Uses(gateway));
        await gateway.Restart();
        Assert.Equal([("machine", exchanged.AddMinutes(5)), ("unused", null)], await Uses(gateway));
    }

    private static async Task<IEnumerable<(string, DateTimeOffset?)>> Uses(TestGateway gateway) =>
        (await gateway.Operator.Get("/v1/workspace/acme/tokens")).Json.AsArray().Select(token => ((string)token!["name"]!, token["lastUsedAt"]?.GetValue<DateTimeOffset>()));
}
