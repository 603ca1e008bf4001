using System.Text.Json.Serialization;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Operations;

/// <summary>
/// GET /healthz: alive; touches nothing. GET /readyz: 200 when every named check passes, else 503. Beside them are warnings, which make nothing unready: to
/// everybody that there is one, at the admin socket whom it is about.
/// </summary>
internal sealed class GetHealth(Readiness readiness)
{
    private static readonly RouteAccess Open = RouteAccess.Anonymous("load balancers and systemd ask without a credential; names of checks tell nothing of the data");
    private static readonly Reply Alive = new BytesReply("application/json; charset=utf-8", "{\"status\":\"ok\"}"u8.ToArray());

    private const string StaleKeys = "tokens named a key that is not among an issuer's uploaded keys: its cluster may have rolled its keys over";

    public void Map(RouteTable routes)
    {
        routes.Get("/healthz", Open, static _ => ValueTask.FromResult(Alive));
        routes.Get("/readyz", Open, Ready);
    }

    private ValueTask<Reply> Ready(Call call)
    {
        var checks = readiness.Check().ToDictionary(check => check.Name, check => check.Problem ?? "ok");
        var ready = checks.Values.All(problem => problem == "ok");
        var stale = readiness.IssuerKeys();
        var warnings = stale.Count == 0 ? null : new Dictionary<string, string> { ["issuer_keys"] = StaleKeys };
        var details = stale.Count == 0 || !call.AtAdminSocket ? null : stale.Select(IssuerKeysBody.Of).ToList();
        return ValueTask.FromResult<Reply>(new JsonReply<ReadyBody>(
            ready ? 200 : 503, new ReadyBody(ready ? "ok" : "unavailable", checks, warnings, details), OperationsJson.Default.ReadyBody));
    }
}

/// <param name="Warnings">By name; absent when there is none.</param>
/// <param name="IssuerKeys">What the warning of that name is about; at the admin socket alone.</param>
internal sealed record ReadyBody(string Status, Dictionary<string, string> Checks, Dictionary<string, string>? Warnings, IReadOnlyList<IssuerKeysBody>? IssuerKeys);

/// <param name="Workspace">Its id.</param>
internal sealed record IssuerKeysBody(Guid Workspace, Guid IssuerId, string Name, string Url, IReadOnlyList<UnmatchedKidBody> Kids)
{
    public static IssuerKeysBody Of(KeyWarning warning) => new(
        warning.Issuer.WorkspaceId, warning.Issuer.Id, warning.Issuer.Name, warning.Issuer.Url,
        [.. warning.Kids.Select(kid => new UnmatchedKidBody(kid.Kid, kid.Since.UtcDateTime, kid.LastSeen.UtcDateTime, kid.Count, kid.NamesAnIdentity))]);
}

internal sealed record UnmatchedKidBody(string Kid, DateTime Since, DateTime LastSeen, long Count, bool NamesAnIdentity);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReadyBody))]
internal sealed partial class OperationsJson : JsonSerializerContext;
