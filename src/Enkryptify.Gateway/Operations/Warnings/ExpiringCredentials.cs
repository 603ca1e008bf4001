using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Operations.Warnings;

/// <summary>A credential that will end.</summary>
internal sealed record ExpiringCredential(Guid Id, Guid WorkspaceId, CredentialType Type, string Name, DateTimeOffset ExpiresAt);

/// <summary>
/// Which credentials end soon. One is due for a warning in the configured span before its end and in the last third of its life, so that a token made
/// for a day does not warn from its first minute. CLI tokens, which live for hours, are not looked at.
/// </summary>
internal sealed class ExpiringCredentials(Database database, TimeProvider time)
{
    public const int MostNearest = 10;
    public const int MostDue = 500;

    /// <summary>The table is read whole for this, so not at each scrape.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private IReadOnlyList<ExpiringCredential> nearest = [];
    private IReadOnlyList<ExpiringCredential> due = [];
    private TimeSpan dueWithin;
    private DateTimeOffset? readAt;

    public static bool IsDue(Credential credential, TimeSpan within, DateTimeOffset now) =>
        credential.ExpiresAt is { } end && end - now <= within && (end - now) * 3 <= end - (credential.RotatedAt ?? credential.CreatedAt);

    /// <summary>Those that end next.</summary>
    public IReadOnlyList<ExpiringCredential> Nearest()
    {
        Refresh(dueWithin);
        return nearest;
    }

    /// <summary>Those to warn of, at most <see cref="MostDue"/>, the next first.</summary>
    public IReadOnlyList<ExpiringCredential> Due(TimeSpan within)
    {
        Refresh(within);
        return due;
    }

    public static List<ExpiringCredential> Due(Sql sql, DateTimeOffset now, TimeSpan within) => sql.Query(
        """
        SELECT id, workspace_id, type, name, expires_at FROM credential
        WHERE revoked_at IS NULL AND expires_at > ?1 AND expires_at <= ?2 AND (expires_at - ?1) * 3 <= expires_at - coalesce(rotated_at, created_at) AND type <> 'cli'
        ORDER BY expires_at LIMIT ?3
        """,
        Map, now, now + within, MostDue);

    private void Refresh(TimeSpan within)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (readAt is { } at && now - at < Kept && dueWithin == within)
            {
                return;
            }

            (nearest, due) = database.Readers.Read(sql => (
                sql.Query(
                    "SELECT id, workspace_id, type, name, expires_at FROM credential WHERE revoked_at IS NULL AND expires_at > ?1 AND type <> 'cli' ORDER BY expires_at LIMIT ?2",
                    Map, now, MostNearest),
                Due(sql, now, within)));
            (readAt, dueWithin) = (now, within);
        }
    }

    private static ExpiringCredential Map(Row row) =>
        new(row.Id(0), row.Id(1), CredentialTypes.Parse(row.GetString(2)), row.GetString(3), row.Time(4));
}
