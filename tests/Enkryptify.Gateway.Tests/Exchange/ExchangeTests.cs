using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange;

/// <summary>POST /v1/auth/exchange (contract section 3).</summary>
public class ExchangeTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task An_api_token_becomes_a_jwt_that_reads()
    {
        var (_, _, machine) = await gateway.Machine();
        var answer = await machine.Get($"/v1/workspace/acme/project/shop/secret/KEY?environmentId={shared.Acme.ShopDev}");
        Assert.Equal(200, answer.Status);
        Assert.Equal("shop-dev", answer.Json["values"]![0]!["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_answer_is_the_contracts_to_the_letter()
    {
        var (_, token, _) = await gateway.Machine();
        var answer = await gateway.Bearer(token).Post("/v1/auth/exchange");
        Assert.Equal(200, answer.Status);
        Assert.Equal(["accessToken", "expiresIn", "tokenType"], answer.Json.AsObject().Select(member => member.Key).Order());
        Assert.Equal((900, "Bearer"), (answer.Json["expiresIn"]!.GetValue<int>(), answer.Json["tokenType"]!.GetValue<string>()));
        Assert.Equal(2, answer.Json["accessToken"]!.GetValue<string>().Count(c => c == '.'));
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.StartsWith("application/json", answer.Headers["Content-Type"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exchange_and_a_refusal_are_in_the_audit_log_without_the_token()
    {
        var (id, token, _) = await gateway.Machine();
        var entries = AuditTail.Entries(gateway);
        var exchange = entries.Last(entry => entry["action"]!.GetValue<string>() == "EXCHANGE");
        Assert.Equal((id, "allowed"), (exchange["target"]!["id"]!.GetValue<string>(), exchange["outcome"]!.GetValue<string>()));
        Assert.Equal("127.0.0.1", exchange["address"]!.GetValue<string>());

        var refused = await gateway.Bearer("ek_live_short").Post("/v1/auth/exchange");
        Assert.Equal(401, refused.Status);
        Assert.Contains(AuditTail.Entries(gateway), entry => entry["action"]!.GetValue<string>() == "REFUSE"
            && entry["reason"]!.GetValue<string>() == "malformed" && entry["actor"]!["kind"]!.GetValue<string>() == "anonymous");
        Assert.DoesNotContain(AuditTail.Entries(gateway), entry => entry.ToJsonString().Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_refusal_is_one_and_the_same_answer()
    {
        var (_, good, machine) = await gateway.Machine();
        var (revokedId, revoked, _) = await gateway.Machine();
        await gateway.Operator.Delete($"/v1/workspace/acme/tokens/{revokedId}");
        var (rotatedId, rotated, _) = await gateway.Machine();
        await gateway.Operator.Post($"/v1/workspace/acme/tokens/{rotatedId}/rotate");
        string[] refused =
        [
            revoked, rotated, machine.Token!, Enkryptify.Gateway.Credentials.ApiToken.New().Reveal(), good[..^1], good + "0", good[..^1] + (good[^1] == '0' ? '1' : '0'),
            Swapped(good), "ek_live_", "EK_LIVE_" + good[8..], "ek_test_" + good[8..], "a.b.c", "x", new string('x', 7000), good.Replace("ek_live_", "ek_live_ ", StringComparison.Ordinal),
        ];
        var expected = (await gateway.Bearer("nonsense").Post("/v1/auth/exchange")).Telling;
        Assert.StartsWith("401", expected, StringComparison.Ordinal);
        Assert.Contains("Invalid or expired token", expected, StringComparison.Ordinal);
        foreach (var token in refused)
        {
            var answer = await gateway.Anonymous.Send(HttpMethod.Post, "/v1/auth/exchange", null, request => request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token));
            Assert.Equal(expected, answer.Telling);
        }

        Assert.Equal(200, (await gateway.Bearer(good).Post("/v1/auth/exchange")).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic ZWs6bGl2ZQ==")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Token {0}")]
    [InlineData("{0}")]
    [InlineData("Bearer {0}, Bearer {0}")]
    [InlineData("Bearer {0} {0}")]
    public async Task Nothing_but_one_bearer_is_a_proof(string? authorization)
    {
        var (_, token, _) = await gateway.Machine();
        var value = authorization?.Replace("{0}", token, StringComparison.Ordinal);
        var answer = await gateway.Anonymous.Send(HttpMethod.Post, "/v1/auth/exchange", null, request =>
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", value);
            }
        });
        Assert.Equal(401, answer.Status);
        Assert.Equal("Invalid or expired token", answer.Message);
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task The_scheme_is_case_insensitive(string scheme)
    {
        var (_, token, _) = await gateway.Machine();
        var answer = await gateway.Anonymous.Send(
            HttpMethod.Post, "/v1/auth/exchange", null, request => request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {token}"));
        Assert.Equal(200, answer.Status);
    }

    /// <summary>Two neighbouring characters in each other's place: a typing error that the checksum finds.</summary>
    private static string Swapped(string token)
    {
        var at = Enumerable.Range(8, 30).First(i => token[i] != token[i + 1]);
        return token[..at] + token[at + 1] + token[at] + token[(at + 2)..];
    }
}
