using System.Text.Json.Serialization;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Operations;

/// <summary>GET /healthz: alive; touches nothing. GET /readyz: 200 when every named check passes, else 503.</summary>
internal sealed class GetHealth(Readiness readiness)
{
    private static readonly RouteAccess Open = RouteAccess.Anonymous("load balancers and systemd ask without a credential; names of checks tell nothing of the data");
    private static readonly Reply Alive = new BytesReply("application/json; charset=utf-8", "{\"status\":\"ok\"}"u8.ToArray());

    public void Map(RouteTable routes)
    {
        routes.Get("/healthz", Open, static _ => ValueTask.FromResult(Alive));
        routes.Get("/readyz", Open, Ready);
    }

    private ValueTask<Reply> Ready(Call call)
    {
        var checks = readiness.Check().ToDictionary(check => check.Name, check => check.Problem ?? "ok");
        var ready = checks.Values.All(problem => problem == "ok");
        return ValueTask.FromResult<Reply>(new JsonReply<ReadyBody>(
            ready ? 200 : 503, new ReadyBody(ready ? "ok" : "unavailable", checks), OperationsJson.Default.ReadyBody));
    }
}

internal sealed record ReadyBody(string Status, Dictionary<string, string> Checks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReadyBody))]
internal sealed partial class OperationsJson : JsonSerializerContext;
