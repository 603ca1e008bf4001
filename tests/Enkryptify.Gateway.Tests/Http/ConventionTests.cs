using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>Contract section 2: what the clients that people have send, and what they may count on.</summary>
public class ConventionTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Key = "/v1/workspace/acme/project/shop/secret/KEY";
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData("Content-Type: application/json")]
    [InlineData("Content-Type: application/json; charset=utf-8")]
    [InlineData("Content-Type: application/json|Content-Length: 0")]
    [InlineData("Content-Length: 0")]
    [InlineData("Accept: application/json")]
    public async Task An_empty_body_with_or_without_a_content_type_is_fine_where_none_is_needed(string headers)
    {
        var (_, token, machine) = await gateway.Machine();
        const string name = "UNNEEDED";
        await gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret(name, "v", [shared.Acme.ShopDev]));
        foreach (var (line, proof) in new[]
        {
            ($"GET {Key}", machine.Token!), ("GET /v1/workspace", machine.Token!), ("POST /v1/auth/exchange", token), ($"DELETE /v1/workspace/acme/project/shop/secret/{name}", machine.Token!),
        })
        {
            var answer = await Raw(line, [$"Authorization: Bearer {proof}", .. headers.Split('|')]);
            Assert.True(answer.Status == 200, $"{line}: {answer.Status} {answer.Body}");
        }

        var (id, _, _) = await gateway.Machine();
        var rotate = RawConnection.Request($"POST /v1/workspace/acme/tokens/{id}/rotate", headers.Split('|'));
        Assert.Equal(200, (await RawConnection.SendToSocket(gateway.Gateway.AdminSocketPath, rotate)).Status);
    }

    [Fact]
    public async Task An_offer_to_upgrade_to_h2c_is_ignored()
    {
        var (_, _, machine) = await gateway.Machine();
        var answer = await Raw($"GET {Key}?environmentId={shared.Acme.ShopDev}",
        [
            $"Authorization: Bearer {machine.Token}", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA", "User-Agent: Java-http-client/21",
        ]);
        Assert.Equal(200, answer.Status);
        Assert.Equal("shop-dev", answer.Json["values"]![0]!["value"]!.GetValue<string>());
        Assert.False(answer.Headers.ContainsKey("Upgrade"));
    }

    [Fact]
    public async Task An_offer_to_upgrade_does_not_lose_a_body()
    {
        var body = Encoding.UTF8.GetBytes(Json.Secret("UPGRADED", "v", [shared.Acme.ShopDev]).ToJsonString());
        var request = RawConnection.Request("POST /v1/workspace/acme/project/shop/secret",
            ["Content-Type: application/json", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"], body);
        Assert.Equal(201, (await RawConnection.SendToSocket(gateway.Gateway.AdminSocketPath, request)).Status);
        Assert.Equal(200, (await gateway.Operator.Get("/v1/workspace/acme/project/shop/secret/UPGRADED")).Status);
    }

    [Fact]
    public async Task Proxy_authorization_proves_nothing_and_disturbs_nothing()
    {
        var (_, token, machine) = await gateway.Machine();
        Assert.Equal(200, (await Raw("GET /v1/workspace", [$"Authorization: Bearer {machine.Token}", $"Proxy-Authorization: {token}"])).Status);
        Assert.Equal(401, (await Raw("GET /v1/workspace", [$"Proxy-Authorization: Bearer {machine.Token}"])).Status);
        Assert.Equal(401, (await Raw("POST /v1/auth/exchange", [$"Proxy-Authorization: {token}"])).Status);
    }

    [Theory]
    [InlineData("Cookie: session={0}; access_token={0}; __Host-session={0}")]
    [InlineData("X-Api-Key: {0}")]
    [InlineData("X-Authorization: Bearer {0}")]
    [InlineData("X-Original-URL: /healthz")]
    [InlineData("X-HTTP-Method-Override: GET")]
    public async Task Nothing_but_the_authorization_header_is_looked_at(string header)
    {
        var (_, _, machine) = await gateway.Machine();
        Assert.Equal(401, (await Raw($"GET {Key}", [header.Replace("{0}", machine.Token!, StringComparison.Ordinal)])).Status);
        Assert.Equal(401, (await Raw($"GET {Key}?access_token={machine.Token}&token={machine.Token}", [])).Status);
    }

    [Fact]
    public async Task An_error_has_a_message_a_code_and_the_id_that_the_audit_log_knows_it_by()
    {
        var (_, _, machine) = await gateway.Machine();
        var answer = await machine.Get("/v1/workspace/acme/project/nowhere");
        Assert.Equal((404, "Project not found", "project_not_found"), (answer.Status, answer.Message, answer.Code));
        Assert.Equal(["code", "message", "requestId"], answer.Json.AsObject().Select(member => member.Key).Order());
        Assert.StartsWith("application/json", answer.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Equal("denied", AuditTail.Of(gateway, answer)["outcome"]!.GetValue<string>());
        Assert.Contains(answer.Json["requestId"]!.GetValue<string>(), gateway.Logs, StringComparison.Ordinal);
        Assert.NotEqual((await machine.Get("/v1/workspace/acme/project/nowhere")).Json["requestId"]!.GetValue<string>(), answer.Json["requestId"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "route_not_found")]
    [InlineData("POST", "/v1", 404, "route_not_found")]
    [InlineData("GET", "/nothing.php", 404, "route_not_found")]
    [InlineData("PATCH", "/v1/workspace", 405, "method_not_allowed")]
    [InlineData("POST", "/healthz", 405, "method_not_allowed")]
    [InlineData("DELETE", "/v1/auth/exchange", 405, "method_not_allowed")]
    public async Task What_is_not_there_is_answered_in_the_same_shape(string method, string path, int status, string code)
    {
        var answer = await gateway.Anonymous.Send(new HttpMethod(method), path);
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal(["code", "message", "requestId"], answer.Json.AsObject().Select(member => member.Key).Order());
        Assert.Equal(status == 405, answer.Headers.ContainsKey("Allow"));
    }

    [Fact]
    public async Task Ids_are_uuids_of_version_7_in_lower_case_and_dates_are_utc()
    {
        var (_, _, machine) = await gateway.Machine();
        var body = (await machine.Get("/v1/workspace/acme/project")).Body + (await machine.Get(Key)).Body;
        var ids = System.Text.RegularExpressions.Regex.Matches(body, "\"(?:id|environmentId)\":\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(ids);
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id));
        var dates = System.Text.RegularExpressions.Regex.Matches(body, "\"(?:created|updated)At\":\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(dates);
        Assert.All(dates, date => Assert.Equal("2026-06-01T12:00:00Z", date));
    }

    [Fact]
    public async Task A_refused_caller_is_counted_in_the_audit_log_as_nobody()
    {
        Assert.Equal(401, (await gateway.Bearer("a.b.c").Delete("/v1/workspace/acme/tokens/x")).Status);
        var entry = AuditTail.Entries(gateway).Last(one => one["action"]!.GetValue<string>() == "REFUSE");
        Assert.Equal(("anonymous", "denied", "bad_token"), (entry["actor"]!["kind"]!.GetValue<string>(), entry["outcome"]!.GetValue<string>(), entry["reason"]!.GetValue<string>()));
        Assert.Equal(("DELETE /v1/workspace/{ws}/tokens/{id}", "127.0.0.1"), (entry["target"]!["name"]!.GetValue<string>(), entry["address"]!.GetValue<string>()));
    }

    private Task<Answer> Raw(string line, string[] headers) => RawConnection.Send(gateway.Gateway.Urls[0], RawConnection.Request(line, headers));
}
