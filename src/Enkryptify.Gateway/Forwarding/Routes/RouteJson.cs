using System.Text.Json.Serialization;

namespace Enkryptify.Gateway.Forwarding.Routes;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<RouteBody>))]
internal sealed partial class RouteJson : JsonSerializerContext;
