using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Credentials;

/// <summary>POST …/tokens/{id}/rotate: the same credential, a new value, a new lifetime; what was is over at once.</summary>
public class RotateTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Tokens = "/v1/workspace/acme/tokens";
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task The_old_value_and_its_jwt_die_at_once_and_the_new_ones_work()
    {
        var (id, old, machine) = await gateway.Machine();
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        var rotated = await gateway.Operator.Post($"{Tokens}/{id}/rotate");
        Assert.Equal(200, rotated.Status);
        var value = rotated.Json["token"]!.GetValue<string>();
        Assert.NotEqual(old, value);
        Assert.Equal(401, (await gateway.Bearer(old).Post("/v1/auth/exchange")).Status);
        Assert.Equal(401, (await machine.Get("/v1/workspace")).Status);
        var renewed = gateway.Bearer(await gateway.Exchange(value));
        Assert.Equal(200, (await renewed.Get("/v1/workspace")).Status);

        // A second rotation ends the first one's in turn; the very first does not come back.
        await gateway.Operator.Post($"{Tokens}/{id}/rotate");
        Assert.Equal(401, (await renewed.Get("/v1/workspace")).Status);
        Assert.Equal(401, (await machine.Get("/v1/workspace")).Status);
    }

    [Fact]
    public async Task The_answer_has_the_shape_of_a_creation_and_keeps_id_name_permission_and_scope()
    {
        var scope = Json.Scope(teams: [shared.Acme.Red], environments: [shared.Acme.BankDev]);
        var made = (await gateway.Operator.Post(Tokens, Json.Of(("name", "deploy"), ("permission", "read"), ("scope", scope), ("expiresIn", "24h")))).Json.AsObject();
        var answer = await gateway.Operator.Post($"{Tokens}/{made["id"]}/rotate");
        var rotated = answer.Json.AsObject();
        Assert.Equal(["expiresAt", "id", "name", "permission", "prefix", "scope", "token"], rotated.Select(member => member.Key).Order());
        Assert.Equal(made.Select(member => member.Key), rotated.Select(member => member.Key));
        foreach (var kept in new[] { "id", "name", "permission", "scope" })
        {
            Assert.True(JsonNode.DeepEquals(made[kept], rotated[kept]), kept);
        }

        Assert.Equal(rotated["token"]!.GetValue<string>()[..12], rotated["prefix"]!.GetValue<string>());
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
    }

    [Theory]
    [InlineData("24h", 24)]
    [InlineData("5d", 120)]
    [InlineData("30d", 720)]
    [InlineData("60d", 1440)]
    [InlineData("3m", 2208)] // June, July, August
    [InlineData("6m", 4392)] // to 1 December
    public async Task The_lifetime_starts_anew_as_long_as_it_was_asked_for(string lifetime, int hours)
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var (id, token, _) = await own.Machine(expiresIn: lifetime);
        own.Clock.Advance(TimeSpan.FromHours(hours) - TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await own.Bearer(token).Post("/v1/auth/exchange")).Status);
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, (await own.Bearer(token).Post("/v1/auth/exchange")).Status);

        own.Clock.SetUtcNow(new DateTimeOffset(2027, 6, 1, 12, 0, 0, TimeSpan.Zero));
        var rotated = await own.Operator.Post($"{Tokens}/{id}/rotate");
        Assert.Equal(200, rotated.Status);
        var end = own.Clock.GetUtcNow().AddHours(hours);
        Assert.Equal(end.UtcDateTime, rotated.Json["expiresAt"]!.GetValue<DateTime>());
        var renewed = own.Bearer(rotated.Json["token"]!.GetValue<string>());
        own.Clock.SetUtcNow(end.AddSeconds(-1));
        Assert.Equal(200, (await renewed.Post("/v1/auth/exchange")).Status);
        own.Clock.SetUtcNow(end);
        Assert.Equal(401, (await renewed.Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task A_revoked_token_stays_revoked()
    {
        var (id, token, _) = await gateway.Machine();
        await gateway.Operator.Delete($"{Tokens}/{id}");
        var before = TableDump.Of(gateway);
        var answer = await gateway.Operator.Post($"{Tokens}/{id}/rotate");
        Assert.Equal((409, "token_revoked"), (answer.Status, answer.Code));
        Assert.Equal(before, TableDump.Of(gateway));
        Assert.Equal(401, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task Holds_after_a_restart()
    {
        var (own, _) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var (id, old, machine) = await own.Machine();
        var value = (await own.Operator.Post($"{Tokens}/{id}/rotate")).Json["token"]!.GetValue<string>();
        await own.Restart();
        Assert.Equal(401, (await own.Bearer(machine.Token!).Get("/v1/workspace")).Status);
        Assert.Equal(401, (await own.Bearer(old).Post("/v1/auth/exchange")).Status);
        Assert.Equal(200, (await own.Bearer(value).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task A_machine_rotates_nothing_not_even_itself()
    {
        var (id, token, machine) = await gateway.Machine();
        var answer = await machine.Post($"{Tokens}/{id}/rotate");
        Assert.Equal((403, "Insufficient permissions"), (answer.Status, answer.Message));
        Assert.Equal(200, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
    }
}
