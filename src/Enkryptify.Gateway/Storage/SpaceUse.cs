using Enkryptify.Gateway.Audit;

namespace Enkryptify.Gateway.Storage;

/// <summary>What room is left where the data directory is (docs/decisions/0044).</summary>
internal enum SpaceLevel
{
    Enough,

    /// <summary>Less than <c>storage.min_free_mib</c>: changes are refused, reads go on.</summary>
    Low,

    /// <summary>What is left is kept for revocations: reads are refused too, since their audit entries need room.</summary>
    Spent,
}

/// <summary>What a write is for, and so at which level it still goes through.</summary>
internal enum SpaceUse
{
    /// <summary>A change that makes the database grow.</summary>
    Grows,

    /// <summary>The audit entry of a read, an exchange, a refusal or a sign-in.</summary>
    Records,

    /// <summary>What takes access away or makes room, and the gateway's own upkeep.</summary>
    Needed,
}

internal static class SpaceUses
{
    /// <summary>Of a change, by the word in its audit entry.</summary>
    public static SpaceUse OfChange(string action) => action switch
    {
        AuditAction.Revoke or AuditAction.Delete or AuditAction.Logout or AuditAction.Deny => SpaceUse.Needed,
        AuditAction.Login => SpaceUse.Records,
        _ => SpaceUse.Grows,
    };

    /// <summary>Of an entry without a change.</summary>
    public static SpaceUse OfEntry(string action) => action is AuditAction.Start or AuditAction.Stop ? SpaceUse.Needed : SpaceUse.Records;
}

/// <summary>There is no room for this write; nothing was changed.</summary>
internal sealed class StorageFullException(string message) : Exception(message);
