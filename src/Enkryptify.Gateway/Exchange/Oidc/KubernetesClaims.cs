using System.Text.Json;

namespace Enkryptify.Gateway.Exchange.Oidc;

/// <summary>What a cluster adds to its tokens: <c>{"kubernetes.io": {"namespace", "serviceaccount": {"name", "uid"}, "pod": {…}}}</c>.</summary>
internal static class KubernetesClaims
{
    public static string? ServiceAccountUid(JsonElement payload) =>
        payload.TryGetProperty("kubernetes.io", out var kubernetes) && kubernetes.ValueKind == JsonValueKind.Object
        && kubernetes.TryGetProperty("serviceaccount", out var account) && account.ValueKind == JsonValueKind.Object
        && account.TryGetProperty("uid", out var uid) && uid.ValueKind == JsonValueKind.String
            ? uid.GetString()
            : null;
}
