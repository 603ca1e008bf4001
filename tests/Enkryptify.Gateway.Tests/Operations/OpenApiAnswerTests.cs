using System.Text;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Operations;

/// <summary>Real answers against the document: the right status, every required member, none that is not described.</summary>
public class OpenApiAnswerTests
{
    private const string Workspace = "/v1/workspace/{ws}";
    private const string Project = Workspace + "/project/{prj}";
    private const string Secret = Project + "/secret/{key}";

    [Fact]
    public async Task Successes_are_as_described()
    {
        await using var run = await Run.Start();
        var (gateway, acme) = (run.Gateway, run.Acme);
        var (id, token, machine) = await gateway.Machine();
        await run.Check(200, gateway.Anonymous, "GET", "/healthz");
        await run.Check(200, gateway.Anonymous, "GET", "/readyz");
        await run.Check(200, gateway.Anonymous, "GET", "/.well-known/jwks.json");
        await run.Check(200, gateway.Bearer(token), "POST", "/v1/auth/exchange");

        await run.Check(201, gateway.Operator, "POST", "/v1/workspace", Json.Of(("name", "New"), ("slug", "new")));
        await run.Check(200, machine, "GET", "/v1/workspace");
        await run.Check(201, gateway.Operator, "POST", Workspace + "/team", Json.Of(("name", "grey")));
        await run.Check(200, machine, "GET", Workspace + "/team");
        await run.Check(201, gateway.Operator, "POST", Workspace + "/project", Json.Of(("name", "Till"), ("slug", "till"), ("teamId", acme.Red)));
        await run.Check(200, machine, "GET", Workspace + "/project");
        await run.Check(200, machine, "GET", Project);
        await run.Check(201, gateway.Operator, "POST", Project + "/environment", Json.Of(("name", "test")));
        await run.Check(200, machine, "GET", Project + "/environment");

        await run.Check(201, machine, "POST", Project + "/secret", Json.Secret("OTHER", "x", [acme.ShopDev, acme.ShopProd]));
        await run.Check(200, machine, "GET", Project + "/secret");
        await run.Check(200, machine, "GET", Secret);
        await run.Check(200, machine, "PUT", Secret, Json.Of(("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", "y"))))));
        await run.Check(200, machine, "DELETE", Secret);

        await run.Check(201, gateway.Operator, "POST", Workspace + "/tokens", Json.Of(("name", "ci"), ("permission", "read"), ("scope", Json.Scope(teams: [acme.Red])), ("expiresIn", "24h")));
        await run.Check(200, gateway.Operator, "POST", Workspace + "/tokens/{id}/rotate", id: id);
        await run.Check(200, gateway.Operator, "DELETE", Workspace + "/tokens/{id}", id: id);
        await run.Check(200, gateway.Operator, "GET", Workspace + "/tokens");

        await run.Check(200, gateway.Operator, "POST", "/v1/key/rotate", Json.Of(("kind", "digest")));
        await run.Check(200, gateway.Operator, "POST", "/v1/key/rotate", Json.Of(("kind", "environment"), ("environments", Json.List(acme.ShopDev))));
        await run.Check(409, gateway.Operator, "POST", "/v1/key/rotate", Json.Of(("kind", "master"), ("finish", true)), code: "no_rotation");
        await run.Check(200, gateway.Operator, "GET", "/v1/key");
        await run.Check(200, gateway.Operator, "POST", "/v1/cache/clear");
        await run.Check(200, gateway.Operator, "GET", Workspace + "/backends");
        await run.Check(200, gateway.Operator, "GET", "/v1/backup");
        await run.Check(200, gateway.Operator, "POST", "/v1/backup", Json.Of(("to", Path.Combine(gateway.DataDirectory, "nowhere", "file"))));
        await run.Check(200, gateway.Operator, "GET", "/v1/backup");
    }

    [Fact]
    public async Task Refusals_are_as_described()
    {
        await using var run = await Run.Start();
        var (gateway, acme) = (run.Gateway, run.Acme);
        var (id, token, machine) = await gateway.Machine();
        var (_, _, reader) = await gateway.Machine("read", Json.Scope(environments: [acme.ShopDev]));
        await run.Check(401, gateway.Anonymous, "POST", "/v1/auth/exchange", code: "invalid_token");
        await run.Check(401, gateway.Bearer(token), "GET", "/v1/workspace", code: "api_token_not_exchanged");
        await run.Check(403, machine, "POST", Workspace + "/team", Json.Of(("name", "grey")), code: "insufficient_permissions");
        await run.Check(404, machine, "GET", Workspace + "/team", ws: "nowhere", code: "workspace_not_found");
        await run.Check(404, machine, "GET", Project, prj: "nothing", code: "project_not_found");
        await run.Check(404, gateway.Operator, "POST", Workspace + "/project", Json.Of(("name", "A"), ("slug", "aa"), ("teamId", acme.Shop)), code: "team_not_found");
        await run.Check(404, reader, "GET", Secret, id: "NONE", code: "secret_not_found");
        await run.Check(404, reader, "GET", Secret, query: "?environmentId=prod", code: "environment_not_found");
        await run.Check(404, gateway.Operator, "DELETE", Workspace + "/tokens/{id}", id: "none", code: "token_not_found");
        await run.Check(409, gateway.Operator, "POST", Workspace + "/team", Json.Of(("name", "red")), code: "name_taken");
        await run.Check(409, gateway.Operator, "POST", "/v1/workspace", Json.Of(("name", "A"), ("slug", "acme")), code: "slug_taken");
        await run.Check(409, machine, "POST", Project + "/secret", Json.Secret("KEY", "x", [acme.ShopDev]), code: "secret_exists");
        await run.Check(400, machine, "GET", Secret, query: "?resolve=perhaps", code: "validation_failed");
        await run.Check(400, machine, "PUT", Secret, Json.Of(("name", "NOT A NAME")), code: "validation_failed");
        await run.Check(415, machine, "POST", Project + "/secret", content: new StringContent("x", Encoding.UTF8, "text/plain"), code: "unsupported_media_type");
        await run.Check(413, machine, "POST", Project + "/secret", content: new ByteArrayContent(new byte[(4 << 20) + 1]), code: "body_too_large");
        Assert.Equal(200, (await gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}")).Status);
        await run.Check(409, gateway.Operator, "POST", Workspace + "/tokens/{id}/rotate", id: id, code: "token_revoked");
        await run.Check(401, machine, "DELETE", Secret, code: "invalid_token");
    }

    [Fact]
    public async Task Answers_to_people_are_as_described()
    {
        await using var run = await Run.Start();
        var gateway = run.Gateway;
        var password = Json.Of(("email", "owner@acme.test"), ("password", "correct horse"));
        await run.Check(200, gateway.Operator, "POST", "/v1/user/password", password);
        var login = await run.Check(200, gateway.Anonymous, "POST", "/v1/auth/login", password);
        var owner = gateway.Bearer((string)login.Json["accessToken"]!);
        await run.Check(401, gateway.Anonymous, "POST", "/v1/auth/login", Json.Of(("email", "owner@acme.test"), ("password", "wrong")), code: "invalid_credentials");
        await run.Check(200, owner, "GET", "/v1/me");
        await run.Check(200, gateway.Operator, "GET", "/v1/me");
        await run.Check(200, (await gateway.Machine()).Api, "GET", "/v1/me");
        var sessions = await run.Check(200, owner, "GET", "/v1/me/sessions");
        Assert.Single(sessions.Json.AsArray());
        await run.Check(404, owner, "DELETE", "/v1/me/sessions/{id}", code: "session_not_found");
        await run.Check(201, owner, "POST", Workspace + "/tokens", Json.Of(("name", "mine"), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "24h")));
        await run.Check(200, owner, "POST", Workspace + "/tokens/cli", Json.Of(("environmentId", run.Acme.ShopDev)));
        await run.Check(200, owner, "GET", Workspace + "/tokens");

        var invited = await run.Check(201, owner, "POST", Workspace + "/rbac", Json.Of(("email", "new@acme.test"), ("role", "developer"), ("scope", Json.Scope(teams: [run.Acme.Red]))));
        var (member, code) = ((string)invited.Json["id"]!, (string)invited.Json["code"]!);
        await run.Check(200, owner, "GET", Workspace + "/rbac");
        await run.Check(200, owner, "PATCH", Workspace + "/rbac/{id}", Json.Of(("role", "member")), id: member);
        await run.Check(200, gateway.Anonymous, "GET", "/v1/invite/{code}", member: code);
        await run.Check(200, gateway.Anonymous, "POST", "/v1/invite/{code}/accept", Json.Of(("name", "New"), ("password", "correct horse")), member: code);
        await run.Check(404, gateway.Anonymous, "POST", "/v1/invite/{code}/decline", member: code, code: "invitation_not_found");
        await run.Check(409, owner, "POST", Workspace + "/rbac", Json.Of(("email", "new@acme.test"), ("role", "member"), ("scope", Json.Everything)), code: "already_member");
        await run.Check(200, owner, "GET", Workspace + "/rbac");
        await run.Check(200, owner, "DELETE", Workspace + "/rbac/{id}", id: member);
        await run.Check(404, owner, "DELETE", Workspace + "/rbac/{id}", id: member, code: "member_not_found");

        var device = await run.Check(200, gateway.Anonymous, "POST", "/v1/auth/device/code", Json.Of(("clientId", "enkryptify-cli")));
        var poll = Json.Of(("clientId", "enkryptify-cli"), ("deviceCode", (string)device.Json["deviceCode"]!));
        await run.Check(400, gateway.Anonymous, "POST", "/v1/auth/device/token", poll);
        await run.Check(400, gateway.Anonymous, "POST", "/v1/auth/device/token", Json.Of(("clientId", "x")), code: "validation_failed");
        await run.Check(200, owner, "GET", "/v1/auth/device/{userCode}", member: (string)device.Json["userCode"]!);
        await run.Check(404, owner, "POST", "/v1/auth/device/{userCode}/deny", member: "AAAAA-00000", code: "device_code_not_found");
        await run.Check(200, owner, "POST", "/v1/auth/device/{userCode}/approve", member: (string)device.Json["userCode"]!);
        await run.Check(200, gateway.Anonymous, "POST", "/v1/auth/device/token", poll);

        await run.Check(200, owner, "PATCH", Workspace, Json.Of(("name", "Acme, Inc.")));
        await run.Check(200, owner, "PATCH", Workspace + "/team/{team}", Json.Of(("name", "ruby")), member: run.Acme.Red);
        await run.Check(200, owner, "PATCH", Project, Json.Of(("name", "Shop")));
        await run.Check(200, owner, "PATCH", Project + "/environment/{env}", Json.Of(("hasPersonalOverrides", false)), member: run.Acme.ShopDev);
        await run.Check(409, owner, "DELETE", Project, code: "holds_secrets");
        await run.Check(200, owner, "DELETE", Project, query: "?force=true");
        await run.Check(200, owner, "GET", Workspace + "/audit", query: "?limit=500");

        await run.Check(200, owner, "PUT", "/v1/me/password", Json.Of(("current", "correct horse"), ("new", "battery staple")));
        await run.Check(200, gateway.Anonymous, "POST", "/auth/session", Json.Of(("email", "owner@acme.test"), ("password", "battery staple")));
        await run.Check(401, gateway.Anonymous, "GET", "/auth/session", code: "invalid_token");
        await run.Check(401, gateway.Anonymous, "DELETE", "/auth/session", code: "invalid_token");
        await run.Check(200, owner, "POST", "/v1/auth/cli/logout", Json.Of(("all", true)));
    }

    [Fact]
    public async Task Rate_limited_answers_are_as_described()
    {
        await using var run = await Run.Start(("rate_limits.exchanges_per_minute_per_credential", "1"));
        var (_, token, _) = await run.Gateway.Machine();
        var answer = await run.Check(429, run.Gateway.Bearer(token), "POST", "/v1/auth/exchange", code: "rate_limit_exceeded");
        var described = run.Document.Resolve(run.Document.Root["components"]!["responses"]!["RateLimited"]!)["headers"]!.AsObject();
        Assert.All(described, header => Assert.Contains(header.Key, answer.Headers.Keys));
    }

    /// <summary>A gateway and its document.</summary>
    private sealed class Run(TestGateway gateway, Acme acme, ApiDocument document) : IAsyncDisposable
    {
        public TestGateway Gateway => gateway;

        public Acme Acme => acme;

        public ApiDocument Document => document;

        public static async Task<Run> Start(params (string Key, string Value)[] flags)
        {
            var (gateway, acme) = await TestGateway.StartWithAcme(flags);
            return new Run(gateway, acme, await ApiDocument.Of(gateway));
        }

        public async Task<Answer> Check(
            int status, Api api, string method, string pattern, System.Text.Json.Nodes.JsonNode? body = null, string ws = "acme", string prj = "shop", string id = "KEY",
            string query = "", string member = "", string? code = null, HttpContent? content = null)
        {
            var path = pattern.Replace("{ws}", ws).Replace("{prj}", prj).Replace("{id}", id).Replace("{key}", id);
            path = Regex.Replace(path, @"\{(code|userCode|team|env)\}", member) + query;
            content ??= body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");

            // So that a body which is refused for its size is not sent, and the connection not cut while it is.
            var answer = await api.Send(new HttpMethod(method), path, content, request => request.Headers.ExpectContinue = content is not null);
            Assert.True(status == answer.Status, $"{method} {path}: {answer.Status} {answer.Body}");
            Assert.Empty(document.Undescribed(method, pattern, answer));
            if (code is not null)
            {
                Assert.Equal(code, answer.Code);
                Assert.Contains(code, document.ErrorCodes);
            }

            return answer;
        }

        public ValueTask DisposeAsync() => gateway.DisposeAsync();
    }
}
