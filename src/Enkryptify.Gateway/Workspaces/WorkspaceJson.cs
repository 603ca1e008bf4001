using System.Text.Json.Serialization;

namespace Enkryptify.Gateway.Workspaces;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<WorkspaceBody>))]
[JsonSerializable(typeof(IReadOnlyList<TeamBody>))]
[JsonSerializable(typeof(IReadOnlyList<TeamProjectsBody>))]
[JsonSerializable(typeof(ProjectDetailBody))]
[JsonSerializable(typeof(IReadOnlyList<EnvironmentBody>))]
internal sealed partial class WorkspaceJson : JsonSerializerContext;
