namespace Enkryptify.Gateway.Access;

/// <summary>What a caller can want of a place. What is not listed cannot be asked for.</summary>
internal enum Act
{
    /// <summary>See names and ids of teams, projects, environments.</summary>
    ReadStructure,

    /// <summary>Create, rename, delete teams, projects, environments.</summary>
    ManageStructure,

    /// <summary>See secrets and their shared values; send them through the proxy.</summary>
    ReadSecrets,

    /// <summary>Create, change, delete secrets and their shared values.</summary>
    WriteSecrets,

    /// <summary>See, make, rotate and revoke one's own credentials, within the ceiling.</summary>
    ManageCredentials,

    /// <summary>See and revoke the credentials of others.</summary>
    ManageOthersCredentials,

    /// <summary>See, invite, change, remove members.</summary>
    ManageMembers,

    /// <summary>Create trusted issuers and change their keys, CA, token or URL.</summary>
    ManageIssuers,

    /// <summary>Change the origins that the proxy may open.</summary>
    ManageAllowList,

    ReadAudit,
}

/// <summary>
/// What one caller may do in one workspace, now: a member's role and scope, and for a credential also its own permission and scope. It is the
/// intersection that makes the ceiling: a credential is never asked alone, so it can never exceed its creator, also not later (contract section 1).
/// Pure; made anew for each operation from the current state.
/// </summary>
internal sealed class Right
{
    private readonly Role role;
    private readonly Scope memberScope;
    private readonly Permission? permission;
    private readonly Scope? credentialScope;

    private Right(Role role, Scope memberScope, Permission? permission, Scope? credentialScope) =>
        (this.role, this.memberScope, this.permission, this.credentialScope) = (role, memberScope, permission, credentialScope);

    /// <summary>The workspace's owner, and the local operator who acts for them.</summary>
    public static Right Owner { get; } = new(Role.Admin, Scope.Everything, null, null);

    public static Right OfMember(Role role, Scope scope) => new(role, scope, null, null);

    /// <summary>A credential's right: its permission and scope within what its creator has now.</summary>
    public Right Lend(Permission lent, Scope scope) => new(role, memberScope, lent, scope);

    /// <summary>A person manages; a credential only reads structure and reads or writes secrets.</summary>
    public bool IsPerson => permission is null;

    /// <summary>Role of the person (of the creator, for a credential).</summary>
    public Role Role => role;

    public Scope MemberScope => memberScope;

    public bool Covers(Place place) => memberScope.Covers(place) && (credentialScope is null || credentialScope.Covers(place));

    /// <summary>Whether the act is one this caller may do at all, somewhere. Place is judged by <see cref="Covers"/>.</summary>
    public bool Allows(Act act) => act switch
    {
        Act.ReadStructure or Act.ReadSecrets => true,
        Act.WriteSecrets => role >= Role.Developer && permission is not Permission.Read,
        Act.ManageCredentials => IsPerson,
        _ => IsPerson && role == Role.Admin,
    };

    public bool May(Act act, Place place) => Allows(act) && Covers(place);
}
