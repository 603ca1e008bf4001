namespace Enkryptify.Gateway.Access;

/// <summary>What a member of a workspace is (contract section 1). Ordered: a greater role can do all that a lesser one can.</summary>
internal enum Role
{
    Member = 0,
    Developer = 1,
    Admin = 2,
}

/// <summary>What a credential may do at most, before its scope and its creator narrow it.</summary>
internal enum Permission
{
    Read = 0,
    ReadWrite = 1,
}

/// <summary>The spellings of the wire and of the database.</summary>
internal static class AccessNames
{
    public static string Wire(this Role role) => role switch
    {
        Role.Admin => "admin",
        Role.Developer => "developer",
        _ => "member",
    };

    public static string Wire(this Permission permission) => permission == Permission.ReadWrite ? "read-write" : "read";

    public static Role? ParseRole(string? text) => text switch
    {
        "admin" => Role.Admin,
        "developer" => Role.Developer,
        "member" => Role.Member,
        _ => null,
    };

    public static Permission? ParsePermission(string? text) => text switch
    {
        "read" => Permission.Read,
        "read-write" => Permission.ReadWrite,
        _ => null,
    };
}
