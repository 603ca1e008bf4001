namespace Enkryptify.Gateway.Audit;

/// <summary>Who did it: a person, a credential, the local operator, or nobody who has proven anything.</summary>
internal sealed record AuditActor(string Kind, string? Id, string? Name)
{
    public static readonly AuditActor Anonymous = new("anonymous", null, null);

    public static readonly AuditActor Gateway = new("gateway", null, null);
}

/// <summary>What it was done to.</summary>
internal sealed record AuditTarget(string Kind, string? Id = null, string? Name = null);

/// <summary>
/// One decision, before it is numbered and chained. Never holds a value, a token or a password: <see cref="Data"/> takes ids, names, counts
/// and words of our own.
/// </summary>
internal sealed record AuditEntry(DateTimeOffset Time, AuditActor Actor, string? Address, string? RequestId, string Action, AuditTarget Target)
{
    public Guid? Workspace { get; init; }

    /// <summary>Null means allowed; otherwise the refusal's code or a more precise reason.</summary>
    public string? Denied { get; init; }

    /// <summary>Values are string, long, bool or a list of strings.</summary>
    public IReadOnlyList<(string Name, object Value)> Data { get; init; } = [];
}

/// <summary>The words of <see cref="AuditEntry.Action"/>; the operator filters by them, so they are stable (docs/api.md).</summary>
internal static class AuditAction
{
    public const string View = "VIEW";
    public const string List = "LIST";
    public const string Create = "CREATE";
    public const string Update = "UPDATE";
    public const string Delete = "DELETE";
    public const string Exchange = "EXCHANGE";
    public const string Rotate = "ROTATE";
    public const string Revoke = "REVOKE";
    public const string Retire = "RETIRE";
    public const string Seal = "SEAL";
    public const string Refuse = "REFUSE";
    public const string Proxy = "PROXY";
    public const string Forward = "FORWARD";
    public const string Accept = "ACCEPT";
    public const string Approve = "APPROVE";
    public const string Deny = "DENY";
    public const string Login = "LOGIN";
    public const string Logout = "LOGOUT";
    public const string Examine = "EXAMINE";
    public const string Backup = "BACKUP";
    public const string Restore = "RESTORE";
    public const string Start = "START";
    public const string Stop = "STOP";
    public const string Reload = "RELOAD";
    public const string Clear = "CLEAR";
}
