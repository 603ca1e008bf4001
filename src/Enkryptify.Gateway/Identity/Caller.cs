using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// Who is calling, proven. Made by <see cref="Authenticator"/> alone, and the first parameter of everything that touches data (invariant 1).
/// </summary>
internal abstract class Caller(string? address, string requestId)
{
    public string? Address => address;

    public string RequestId => requestId;

    public abstract AuditActor Actor { get; }

    /// <summary>When the proof itself ends: a request whose body takes its time must not outlive it.</summary>
    public DateTimeOffset ProofEnds { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>How old the oldest kept answer is that this request was given because a backend could not be asked; null when there was none.</summary>
    public TimeSpan? KeptAnswer { get; private set; }

    public void GivenKept(TimeSpan age) => KeptAnswer = KeptAnswer is { } older && older > age ? older : age;

    /// <summary>What this caller may do in a workspace as it stands now, or null when it is none of theirs.</summary>
    public abstract Right? RightIn(WorkspaceTree tree);

    /// <summary>The user to whom belongs what this caller makes there; null for a caller who can make nothing of the kind.</summary>
    public abstract Guid? ActsFor(WorkspaceTree tree);

    /// <summary>Whose personal values this caller sees; null sees shared values only (contract section 1).</summary>
    public virtual Guid? SeesPersonalOf => null;

    /// <summary>Whose personal values this caller writes.</summary>
    public virtual Guid? WritesPersonalOf => null;

    /// <summary>Whether the proof still holds, asked within the transaction of a change.</summary>
    public abstract bool StillStands(WriteTransaction transaction);
}

/// <summary>A machine, through a credential that a person made: reads structure, reads or writes secrets, and manages nothing.</summary>
internal sealed class CredentialCaller(Credential credential, string? address, string requestId) : Caller(address, requestId)
{
    public Credential Credential => credential;

    public override AuditActor Actor => credential.Actor;

    public override Right? RightIn(WorkspaceTree tree) =>
        tree.Id == credential.WorkspaceId ? tree.RightOf(credential.CreatedBy)?.Lend(credential.Permission, credential.Scope) : null;

    public override Guid? ActsFor(WorkspaceTree tree) => null;

    /// <summary>A person's CLI token shows them their own values; a machine has none.</summary>
    public override Guid? SeesPersonalOf => credential.Type == CredentialType.Cli ? credential.CreatedBy : null;

    public override bool StillStands(WriteTransaction transaction) => transaction.Sql.Any(
        "SELECT 1 FROM credential WHERE id = ?1 AND version = ?2 AND revoked_at IS NULL", credential.Id, credential.Version);
}

/// <summary>Root or the service's own user at the admin socket of this host: acts with the rights of each workspace's owner.</summary>
internal sealed class OperatorCaller(uint userId, string requestId) : Caller(null, requestId)
{
    public override AuditActor Actor { get; } = new("local-operator", $"uid={userId}", $"local-operator uid={userId}");

    public override Right? RightIn(WorkspaceTree tree) => Right.Owner;

    public override Guid? ActsFor(WorkspaceTree tree) => tree.Workspace.OwnerId;

    public override bool StillStands(WriteTransaction transaction) => true;
}
