using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Credentials;

/// <summary>The credential table's columns as a <see cref="Credential"/>.</summary>
internal static class CredentialRows
{
    private const string Columns =
        "id, workspace_id, created_by, type, name, permission, scope, version, prefix, lifetime, created_at, expires_at, rotated_at, revoked_at, last_used_at, digest";

    /// <summary>The two look-ups of the hot path; a test holds their plans against the index.</summary>
    public const string ByIdQuery = $"SELECT {Columns} FROM credential WHERE id = ?1";

    public const string ByDigestQuery = $"SELECT {Columns} FROM credential WHERE digest = ?1";

    public static Credential? ById(Sql sql, Guid id) => sql.First(ByIdQuery, Map, id);

    public static Credential? ByDigest(Sql sql, byte[] digest) => sql.First(ByDigestQuery, Map, digest);

    /// <summary>Newest first. <paramref name="creator"/> null lists everyone's.</summary>
    public static List<Credential> Of(Sql sql, Guid workspace, Guid? creator) => creator is { } user
        ? sql.Query($"SELECT {Columns} FROM credential WHERE workspace_id = ?1 AND created_by = ?2 ORDER BY created_at DESC, id DESC", Map, workspace, user)
        : sql.Query($"SELECT {Columns} FROM credential WHERE workspace_id = ?1 ORDER BY created_at DESC, id DESC", Map, workspace);

    private static Credential Map(Row row) => new(
        row.Id(0), row.Id(1), row.Id(2), CredentialTypes.Parse(row.GetString(3)), row.GetString(4), AccessNames.ParsePermission(row.GetString(5))!.Value,
        Scope.FromJson(row.GetString(6)), row.GetInt64(7), row.TextOrNull(8), row.TextOrNull(9), row.Time(10), row.TimeOrNull(11), row.TimeOrNull(12),
        row.TimeOrNull(13), row.TimeOrNull(14), row.IsDBNull(15) ? null : row.Bytes(15));
}
