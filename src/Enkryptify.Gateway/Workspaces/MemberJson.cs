using System.Text.Json.Serialization;
using Enkryptify.Gateway.Credentials;

namespace Enkryptify.Gateway.Workspaces;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ScopeConverter)])]
[JsonSerializable(typeof(IReadOnlyList<MemberBody>))]
[JsonSerializable(typeof(InvitedBody))]
[JsonSerializable(typeof(InvitationBody))]
internal sealed partial class MemberJson : JsonSerializerContext;
