using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Identity;

internal enum SessionKind
{
    /// <summary>A login JWT, as the CLI holds.</summary>
    Login,

    /// <summary>A dashboard cookie.</summary>
    Dashboard,
}

/// <summary>A person's sign-in, with the person.</summary>
internal sealed record Session(
    Guid Id, Guid UserId, SessionKind Kind, string? Address, string? Agent, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset LastSeenAt,
    DateTimeOffset? EndedAt, Account User)
{
    /// <summary>A dashboard left alone for this long asks again.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    public bool IsOpen(DateTimeOffset now) => EndedAt is null && now < ExpiresAt;
}

internal static class SessionRows
{
    private const string Select =
        """
        SELECT s.id, s.user_id, s.kind, s.address, s.agent, s.created_at, s.expires_at, s.last_seen_at, s.ended_at, u.email, u.name, u.verified
        FROM session s JOIN user_account u ON u.id = s.user_id
        """;

    public static Session? ById(Sql sql, Guid id) => sql.First(Select + " WHERE s.id = ?1", Map, id);

    public static Session? ByDigest(Sql sql, byte[] digest) => sql.First(Select + " WHERE s.digest = ?1", Map, digest);

    /// <summary>Open ones, newest first.</summary>
    public static List<Session> OpenOf(Sql sql, Guid user, DateTimeOffset now) => sql.Query(
        Select + " WHERE s.user_id = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2 AND (s.kind = 'login' OR s.last_seen_at >= ?3) ORDER BY s.created_at DESC, s.id DESC",
        Map, user, now, now - Session.Idle);

    public static void Insert(Sql sql, Session session, byte[]? digest) => sql.Execute(
        "INSERT INTO session (id, user_id, kind, digest, address, agent, created_at, expires_at, last_seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7)",
        session.Id, session.UserId, session.Kind == SessionKind.Login ? "login" : "dashboard", digest, session.Address, session.Agent, session.CreatedAt, session.ExpiresAt);

    /// <summary>Ends the open sessions of a user, but for one; gives their ids.</summary>
    public static List<Guid> EndAll(Sql sql, Guid user, Guid? but, DateTimeOffset now)
    {
        var ids = sql.Query("SELECT id FROM session WHERE user_id = ?1 AND ended_at IS NULL", row => row.Id(0), user);
        ids.RemoveAll(id => id == but);
        foreach (var id in ids)
        {
            sql.Execute("UPDATE session SET ended_at = ?2 WHERE id = ?1", id, now);
        }

        return ids;
    }

    /// <summary>Rows of sessions that ended long ago go with the next sign-in of their user; the audit log keeps what happened.</summary>
    public static void Prune(Sql sql, Guid user, DateTimeOffset before) => sql.Execute(
        "DELETE FROM session WHERE user_id = ?1 AND (expires_at < ?2 OR ended_at < ?2)", user, before);

    private static Session Map(Row row) => new(
        row.Id(0), row.Id(1), row.GetString(2) == "login" ? SessionKind.Login : SessionKind.Dashboard, row.TextOrNull(3), row.TextOrNull(4), row.Time(5), row.Time(6),
        row.Time(7), row.TimeOrNull(8), new Account(row.Id(1), row.GetString(9), row.GetString(10), row.Truth(11)));
}
