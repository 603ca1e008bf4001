using System.Text.Json.Serialization;

namespace Enkryptify.Gateway.Identity;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JwksBody))]
[JsonSerializable(typeof(LoginBody))]
[JsonSerializable(typeof(MeBody))]
[JsonSerializable(typeof(IReadOnlyList<SessionBody>))]
[JsonSerializable(typeof(DeviceCodeBody))]
[JsonSerializable(typeof(DeviceErrorBody))]
[JsonSerializable(typeof(DeviceRequestBody))]
internal sealed partial class IdentityJson : JsonSerializerContext;
