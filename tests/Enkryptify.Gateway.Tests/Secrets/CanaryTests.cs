using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>
/// Marked texts (a secret's value, a raw API token, a JWT) put through every endpoint in every position are found in no file of the data directory,
/// no log, no refusal and no audit entry. Names, where a name is asked for, are no secrets and are not marked.
/// </summary>
public class CanaryTests
{
    private const string Value = "c4n4ry-5Zt-of-a-secret-value-93817";
    private const string Secrets = "/v1/workspace/acme/project/shop/secret";

    [Fact]
    public async Task Nothing_secret_is_left_anywhere()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme(("log.level", "debug"));
        await using var _ = gateway;
        var (tokenId, token, machine) = await gateway.Machine();
        var jwt = machine.Token!;
        var rotated = await gateway.Operator.Post($"/v1/workspace/acme/tokens/{(await gateway.Machine()).Id}/rotate");
        var newToken = (string)rotated.Json["token"]!;
        var traces = new Traces(
            ("value", Value), ("token", token), ("rest of the token", token[12..]), ("rotated token", newToken[12..]), ("JWT", jwt), ("signature", jwt[(jwt.LastIndexOf('.') + 1)..]));

        // Where the value belongs, and where it is refused.
        await Store(gateway, acme, machine);
        foreach (var answer in await Refusals(gateway, acme, machine))
        {
            Assert.True(answer.Status >= 400, answer.Body);
            Assert.Empty(traces.In(answer));
        }

        // And every position of every route, for each of the three.
        var count = 0;
        foreach (var route in gateway.Gateway.Routes.Api)
        {
            foreach (var marked in new[] { Value, token, jwt })
            {
                foreach (var request in Requests(route, marked))
                {
                    foreach (var caller in new[] { machine, gateway.Operator, gateway.Anonymous })
                    {
                        var answer = await caller.Send(new HttpMethod(route.Method), request.Path, request.Body?.Invoke(), request.Headers);
                        count++;
                        if (answer.Status >= 400)
                        {
                            Assert.True(!traces.In(answer).Any(), $"{route.Method} {request.Path}: {answer.Body}");
                        }

                        Assert.True(answer.Status != 500, $"{route.Method} {request.Path}: {answer.Body}");
                    }
                }
            }
        }

        Assert.True(count > 3000);
        Assert.Equal(200, (await gateway.Operator.Delete($"/v1/workspace/acme/tokens/{tokenId}")).Status);
        Assert.Equal(401, (await machine.Get(Secrets)).Status);

        Assert.Empty((string[])[.. traces.InData(gateway, running: true), .. traces.In(gateway.Logs).Select(trace => "log: " + trace)]);
        await gateway.Close();
        Assert.Empty((string[])[.. traces.InData(gateway, running: false), .. traces.In(gateway.Logs).Select(trace => "log: " + trace)]);
        Assert.Contains("\"route\":\"/v1/workspace/{ws}/project/{prj}/secret/{key}\"", gateway.Logs, StringComparison.Ordinal);
        Assert.Empty(ChainVerifier.Verify(gateway.DataDirectory).Problems);
        await gateway.Open();
    }

    private static async Task Store(TestGateway gateway, Acme acme, Api machine)
    {
        Assert.Equal(201, (await machine.Post(Secrets, Json.Secret("CANARY", Value, [acme.ShopDev, acme.ShopProd]))).Status);
        Assert.Equal(201, (await machine.Post(Secrets, Json.Secret("POINTER", "${CANARY}", [acme.ShopDev]))).Status);
        Assert.Equal(200, (await machine.Put(Secrets + "/CANARY", Update(acme.ShopDev, Value + " again"))).Status);
        Assert.Equal(200, (await machine.Put(Secrets + "/CANARY", Update(acme.ShopDev, Value + " again"))).Status);
        foreach (var path in (string[])[$"{Secrets}", $"{Secrets}/CANARY", $"{Secrets}/POINTER?resolve=true", $"{Secrets}?resolve=true&environmentId=dev"])
        {
            Assert.Contains(Value, (await machine.Get(path)).Body, StringComparison.Ordinal);
            Assert.Contains(Value, (await gateway.Operator.Get(path)).Body, StringComparison.Ordinal);
        }

        Assert.Equal(200, (await machine.Delete(Secrets + "/CANARY?environmentId=prod")).Status);
    }

    private static async Task<List<Answer>> Refusals(TestGateway gateway, Acme acme, Api machine)
    {
        var (_, _, reader) = await gateway.Machine("read");
        var (_, _, confined) = await gateway.Machine(scope: Json.Scope(environments: [acme.SiteDev]));
        return
        [
            await machine.Post(Secrets, Json.Secret("CANARY", Value, [acme.ShopDev])),
            await machine.Post(Secrets, Json.Secret("NEW", Value, [acme.YardDev])),
            await machine.Post(Secrets, Json.Secret("NEW", Value, [Value])),
            await machine.Post(Secrets, Json.Secret("NEW", Value + "\0", [acme.ShopDev])),
            await machine.Post(Secrets, Json.Secret("NEW", string.Concat(Enumerable.Repeat(Value, 2000)), [acme.ShopDev])),
            await machine.Post(Secrets, Json.Secret(Value + "!", Value, [acme.ShopDev])),
            await machine.Put(Secrets + "/NONE", Update(acme.ShopDev, Value)),
            await machine.Put(Secrets + "/KEY", Update(Value, Value)),
            await machine.Put(Secrets + "/KEY", Json.Of(("name", "CANARY"), ("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", Value)))))),
            await machine.Put(Secrets + "/KEY", Json.Of(("values", Json.List(
                Json.Of(("environmentId", acme.ShopDev), ("value", Value)), Json.Of(("environmentId", acme.ShopDev), ("value", Value)))))),
            await machine.Put(Secrets + "/KEY", Json.Of(("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", Value), ("isPersonal", true)))))),
            await machine.Put(Secrets + "/KEY", Json.Of(("type", Value), ("dataType", Value), ("note", new string('x', 1000) + Value))),
            await reader.Post(Secrets, Json.Secret("NEW", Value, [acme.ShopDev])),
            await reader.Put(Secrets + "/KEY", Update(acme.ShopDev, Value)),
            await confined.Post("/v1/workspace/acme/project/site/secret", Json.Secret("NEW", "${shop.dev.CANARY}" + Value, [acme.SiteDev])),
            await confined.Put("/v1/workspace/acme/project/site/secret/KEY", Update(acme.SiteDev, Value + "${bank.prod.KEY}")),
            await gateway.Operator.Post("/v1/user/password", Json.Of(("email", "owner@acme.test"), ("password", Value + new string('x', 300)))),
            await gateway.Anonymous.Post("/v1/auth/login", Json.Of(("email", "owner@acme.test"), ("password", Value))),
            await gateway.Anonymous.Post("/v1/auth/login", Json.Of(("email", Value), ("password", Value))),
            await gateway.Anonymous.Post("/v1/auth/device/token", Json.Of(("clientId", "enkryptify-cli"), ("deviceCode", Value))),
        ];
    }

    private static JsonObject Update(string environment, string value) =>
        Json.Of(("values", Json.List(Json.Of(("environmentId", environment), ("value", value), ("isPersonal", false)))));

    private sealed record Request(string Path, Action<HttpRequestMessage>? Headers = null, Func<HttpContent>? Body = null);

    /// <summary>The marked text in each segment, each parameter, the query, the headers and the body, well-formed and not.</summary>
    private static IEnumerable<Request> Requests(GatewayRoute route, string marked)
    {
        const string nobody = "0197a000-0000-7000-8000-00000000dead";
        string[] parameters = [.. Regex.Matches(route.Pattern, @"\{([^}]*)\}").Select(match => match.Groups[1].Value)];
        string Path(string? place) => parameters.Aggregate(route.Pattern, (path, name) =>
            path.Replace($"{{{name}}}", name == place ? Uri.EscapeDataString(marked) : name switch { "ws" => "acme", "prj" => "shop", _ => nobody }, StringComparison.Ordinal));
        foreach (var parameter in parameters)
        {
            yield return new(Path(parameter));
        }

        yield return new(Path(null) + "/" + marked);
        yield return new(Path(null) + $"?environmentId={marked}&environment_id={marked}&resolve={marked}&{marked}={marked}");
        foreach (var name in (string[])["environmentId", "environment_id", "resolve", "force", "from", "limit", "before", "actor", "action", "target"])
        {
            yield return new(Path(null) + $"?{name}={marked}");
        }

        foreach (var (name, value) in ((string, string)[])[
            ("Proxy-Authorization", marked), ("Cookie", $"ekgw-session={marked}; __Host-ekgw-session={marked}"), ("X-Forwarded-For", marked), ("X-Request-Id", marked),
            ("Authorization", "Basic " + marked), ("Authorization", marked), ("Authorization", $"Bearer {marked}x"), ("User-Agent", marked), ("Origin", "https://" + marked[..20]), ("Referer", marked)])
        {
            yield return new(Path(null), request =>
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, value);
            });
        }

        if (route.Method is "GET" or "DELETE")
        {
            yield break;
        }

        foreach (var body in Bodies(marked))
        {
            yield return new(Path(null), null, () => new StringContent(body, Encoding.UTF8, "application/json"));
        }

        yield return new(Path(null), null, () => new StringContent(marked, Encoding.UTF8, "text/plain"));
        yield return new(Path(null), null, () =>
        {
            var content = new StringContent("{}");
            content.Headers.Remove("Content-Type");
            content.Headers.TryAddWithoutValidation("Content-Type", "application/" + marked[..30]);
            return content;
        });
    }

    private static IEnumerable<string> Bodies(string marked)
    {
        yield return marked;
        yield return $"\"{marked}\"";
        yield return $"{{\"name\": {marked}}}";
        yield return $"{{\"name\": \"{marked}";
        yield return $"[\"{marked}\"]";
        yield return $"{{\"{marked}\": 1, \"{marked}\": 2}}";
        yield return $"{{\"name\": \"a\", \"name\": \"{marked}\"}}";
        yield return $"{{\"name\": [\"{marked}\"], \"email\": [\"{marked}\"], \"clientId\": [\"{marked}\"], \"environmentId\": [\"{marked}\"], \"current\": [\"{marked}\"], \"all\": [\"{marked}\"]}}";
        yield return $"{{\"name\": \"ok\", \"slug\": \"{marked}\", \"teamId\": \"{marked}\", \"hasPersonalOverrides\": \"{marked}\"}}";
        yield return $"{{\"name\": \"ok\", \"permission\": \"{marked}\", \"scope\": \"{marked}\", \"expiresIn\": \"{marked}\"}}";
        yield return $"{{\"name\": \"ok\", \"permission\": \"read\", \"scope\": {{\"teams\": [\"{marked}\"]}}, \"expiresIn\": \"24h\"}}";
        yield return $"{{\"name\": \"ok\", \"permission\": \"read\", \"scope\": {{\"all\": true}}, \"expiresIn\": \"{marked}\"}}";
        yield return $"{{\"email\": \"{marked}\", \"role\": \"{marked}\", \"password\": \"{marked}\", \"clientId\": \"{marked}\", \"deviceCode\": \"{marked}\"}}";
        yield return $"{{\"environments\": [\"{marked}\"], \"secrets\": [{{\"key\": \"{marked} \", \"value\": \"{marked}\", \"type\": \"{marked}\"}}]}}";
        yield return $"{{\"environments\": [\"dev\"], \"secrets\": [{{\"key\": \"A\", \"value\": [\"{marked}\"]}}, {{\"key\": \"A\", \"value\": \"{marked}\"}}]}}";
        yield return $"{{\"name\": \"KEY\", \"values\": [{{\"environmentId\": \"{marked}\", \"value\": \"{marked}\", \"isPersonal\": \"{marked}\"}}]}}";
        yield return $"{{\"name\": \"KEY\", \"type\": \"{marked}\", \"note\": {{\"{marked}\": \"{marked}\"}}}}";
    }
}
