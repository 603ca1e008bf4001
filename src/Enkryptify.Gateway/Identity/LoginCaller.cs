using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Identity;

/// <summary>A person, signed in: acts with their own role and scope in each workspace.</summary>
/// <param name="isNew">The session is being made by this very operation, so there is no row yet that could have ended.</param>
internal sealed class LoginCaller(Session session, string? address, string requestId, bool isNew = false) : Caller(address, requestId)
{
    public Session Session => session;

    public Account User => session.User;

    public override AuditActor Actor { get; } = new("user", session.UserId.ToString("D"), session.User.Email);

    public override Guid? SeesPersonalOf => session.UserId;

    public override Guid? WritesPersonalOf => session.UserId;

    public override Right? RightIn(WorkspaceTree tree) => tree.RightOf(session.UserId);

    public override Guid? ActsFor(WorkspaceTree tree) => session.UserId;

    public override bool StillStands(WriteTransaction transaction) => isNew || transaction.Sql.Any(
        "SELECT 1 FROM session WHERE id = ?1 AND ended_at IS NULL", session.Id);
}
