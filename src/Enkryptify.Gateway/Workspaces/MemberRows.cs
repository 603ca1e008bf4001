using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>Members and open invitations as one kind of row.</summary>
internal static class MemberRows
{
    private const string Members =
        "SELECT m.id, m.user_id, u.email, u.name, u.verified, m.role, m.scope, m.created_at FROM member m JOIN user_account u ON u.id = m.user_id";

    private const string Invitations = "SELECT id, email, role, scope, invited_at, expires_at, declined_at, invited_by FROM invitation";

    public static List<Membership> Of(Sql sql, Workspace workspace, DateTimeOffset now) =>
    [
        .. sql.Query(Members + " WHERE m.workspace_id = ?1 ORDER BY m.created_at, m.id", row => Member(row, workspace), workspace.Id),
        .. sql.Query(Invitations + " WHERE workspace_id = ?1 ORDER BY invited_at, id", row => Invitation(row, workspace.Id, now), workspace.Id),
    ];

    /// <summary>The invitation that this e-mail could accept now.</summary>
    public static Membership? OpenInvitation(Sql sql, Workspace workspace, string email, DateTimeOffset now) =>
        sql.First(Invitations + " WHERE workspace_id = ?1 AND email = ?2", row => Invitation(row, workspace.Id, now), workspace.Id, email) is { Status: MemberStatus.InviteSent } open
            ? open
            : null;

    public static Membership? ById(Sql sql, Workspace workspace, Guid id, DateTimeOffset now) =>
        sql.First(Members + " WHERE m.id = ?1 AND m.workspace_id = ?2", row => Member(row, workspace), id, workspace.Id)
        ?? sql.First(Invitations + " WHERE id = ?1 AND workspace_id = ?2", row => Invitation(row, workspace.Id, now), id, workspace.Id);

    private static Membership Member(Row row, Workspace workspace) => new(
        row.Id(0), workspace.Id, row.Id(1), row.GetString(2), row.GetString(3), row.Truth(4), AccessNames.ParseRole(row.GetString(5))!.Value,
        Scope.FromJson(row.GetString(6)), MemberStatus.AccountCreated, row.Id(1) == workspace.OwnerId, row.Time(7));

    private static Membership Invitation(Row row, Guid workspace, DateTimeOffset now) => new(
        row.Id(0), workspace, null, row.GetString(1), null, false, AccessNames.ParseRole(row.GetString(2))!.Value, Scope.FromJson(row.GetString(3)),
        !row.IsDBNull(6) ? MemberStatus.Declined : row.Time(5) <= now ? MemberStatus.Expired : MemberStatus.InviteSent, false, row.Time(4),
        row.IsDBNull(7) ? null : row.Id(7));
}
