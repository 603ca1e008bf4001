using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>A secret as its caller sees it: only the values that they may see.</summary>
internal sealed record Secret(
    Guid Id, string Name, string Note, string Type, string DataType, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyList<SecretValue> Values);

internal sealed record SecretValue(Env Environment, Sensitive Value, bool IsPersonal);

/// <summary>What to read: one environment (by id or name) or all that the caller sees; references expanded or as stored.</summary>
internal sealed record SecretQuery(string Workspace, string Project, string? Environment, bool Resolve);

/// <summary>A secret to be made.</summary>
internal sealed record NewSecret(string Name, Sensitive Value, string Type, string DataType, string Note)
{
    public const string DefaultType = "runtime";
    public const string DefaultDataType = "text";
}

/// <summary>What a PUT says. Null members stay as they are.</summary>
internal sealed record SecretChange(string? Name, string? Type, string? DataType, string? Note, IReadOnlyList<ValueChange> Values);

internal sealed record ValueChange(string Environment, Sensitive Value, bool IsPersonal);
