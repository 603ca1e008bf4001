namespace Enkryptify.Gateway.Access;

/// <summary>
/// The ceiling at the moment rights are lent: what a person gives to a credential or a member must be within their own right. Gives the
/// words for the 403, or null. Pure. (Later narrowing of the creator is <see cref="Right.Lend"/>'s part.)
/// </summary>
internal static class Ceiling
{
    /// <param name="placeOf">The lineage of an id, or null when the workspace has no such team, project or environment.</param>
    public static string? Lacking(Right lender, Permission permission, Scope scope, Func<ScopeLevel, Guid, Place?> placeOf)
    {
        if (permission == Permission.ReadWrite && !lender.Allows(Act.WriteSecrets))
        {
            return "permission: a credential cannot write where its creator cannot";
        }

        return LackingScope(lender.MemberScope, scope, placeOf);
    }

    /// <summary>
    /// Whether a member's right is more than one's own, so that one may neither edit nor remove them. An id that names nothing any more grants
    /// nothing, so it does not count here; it is not there to be lent either.
    /// </summary>
    public static bool Exceeds(Right own, Role role, Scope scope, Func<ScopeLevel, Guid, Place?> placeOf)
    {
        return role > own.Role || (!own.MemberScope.All && (scope.All
            || scope.Teams.Any(id => Beyond(ScopeLevel.Team, id)) || scope.Projects.Any(id => Beyond(ScopeLevel.Project, id))
            || scope.Environments.Any(id => Beyond(ScopeLevel.Environment, id))));

        bool Beyond(ScopeLevel level, Guid id) => placeOf(level, id) is { } place && !own.MemberScope.Covers(place);
    }

    public static string? LackingScope(Scope own, Scope lent, Func<ScopeLevel, Guid, Place?> placeOf)
    {
        if (own.All)
        {
            return null;
        }

        if (lent.All)
        {
            return "scope.all: your own scope is not the whole workspace";
        }

        // An id that does not exist and one out of the lender's sight give the same words: neither is theirs to lend.
        return First(lent.Teams, ScopeLevel.Team, "teams") ?? First(lent.Projects, ScopeLevel.Project, "projects") ?? First(lent.Environments, ScopeLevel.Environment, "environments");

        string? First(IReadOnlyList<Guid> ids, ScopeLevel level, string kind)
        {
            for (var i = 0; i < ids.Count; i++)
            {
                if (placeOf(level, ids[i]) is not { } place || !own.Covers(place))
                {
                    return $"scope.{kind}[{i}]: outside your own scope";
                }
            }

            return null;
        }
    }
}
