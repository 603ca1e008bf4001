using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>What most tests of workloads do first: register, exchange, look why not.</summary>
internal static class Exchanges
{
    public static Task<Answer> Oidc(this TestGateway gateway, string token, string workspace = "acme") =>
        gateway.Anonymous.Post("/v1/auth/oidc/exchange", Json.Of(("token", token), ("workspaceId", workspace)));

    public static async Task<string> Registered(this TestGateway gateway, JsonObject body)
    {
        var answer = await gateway.Operator.Post("/v1/workspace/acme/oidc", body);
        Assert.True(answer.Status == 201, answer.Body);
        return answer.Json["id"]!.GetValue<string>();
    }

    public static async Task<string> Issuer(this TestGateway gateway, params (string Name, object? Value)[] fields)
    {
        var answer = await gateway.Operator.Post("/v1/workspace/acme/issuer", Json.Of(fields));
        Assert.True(answer.Status == 201, answer.Body);
        return answer.Json["id"]!.GetValue<string>();
    }

    /// <summary>The reason in the audit log for this answer. Refusals of one kind within a minute share an entry, so move the clock between.</summary>
    public static string Reason(this TestGateway gateway, Answer answer) => AuditTail.Of(gateway, answer)["reason"]!.GetValue<string>();
}
