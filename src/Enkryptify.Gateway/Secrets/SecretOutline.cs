using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>A secret as its caller sees it, without its values: what a list shows. Nothing was opened for it.</summary>
internal sealed record SecretOutline(
    Guid Id, string Name, string Note, string Type, string DataType, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyList<ValueOutline> Values)
{
    public ValueOutline? In(Env environment, bool isPersonal) =>
        Values.FirstOrDefault(value => value.Environment.Id == environment.Id && value.IsPersonal == isPersonal);
}

/// <summary>That there is a value.</summary>
internal sealed record ValueOutline(Env Environment, bool IsPersonal, DateTimeOffset UpdatedAt);

/// <summary>Some of a project's secrets, by name.</summary>
/// <param name="Page">From 1: the one asked for, or the nearest there is.</param>
internal sealed record OutlinePage(WorkspaceView View, Project Project, IReadOnlyList<SecretOutline> Items, int Page, int Total);

/// <summary>One secret in the place where it was found.</summary>
internal sealed record PlacedOutline(WorkspaceView View, Project Project, SecretOutline Secret);

/// <summary>One value, opened.</summary>
/// <param name="Resolved">With its references expanded; null when it has none.</param>
/// <param name="Unresolved">The references that stayed as written.</param>
internal sealed record RevealedValue(PlacedOutline Place, Env Environment, bool IsPersonal, Sensitive Stored, Sensitive? Resolved, IReadOnlyList<string> Unresolved);
