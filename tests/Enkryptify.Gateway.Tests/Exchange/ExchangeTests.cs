using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange;

public class ExchangeTests
{
    [Fact]
    public async Task An_api_token_becomes_a_jwt_that_reads()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var (_, _, machine) = await gateway.Machine();
        var answer = await machine.Get($"/v1/workspace/acme/project/shop/secret/KEY?environmentId={acme.ShopDev}");
        Assert.Equal(200, answer.Status);
        Assert.Equal("shop-dev", answer.Json["values"]![0]!["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task Revoking_ends_the_jwt_on_the_next_request()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var (id, token, machine) = await gateway.Machine();
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
        Assert.Equal(200, (await gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        Assert.Equal(401, (await machine.Get("/v1/workspace")).Status);
        Assert.Equal(401, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
    }
}
