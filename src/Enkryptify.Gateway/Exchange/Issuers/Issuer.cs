using System.Text.Json;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>
/// A party that a workspace trusts to vouch for its workloads: a cluster, a CI system. Its tokens carry <paramref name="Url"/> as <c>iss</c>, to the
/// letter. Its keys verify for the identities bound to this object alone, also when another one has the same URL.
/// </summary>
/// <param name="Version">Grows with each change of what its keys are fetched by, so that keys fetched before are not used after.</param>
/// <param name="BearerToken">Sealed; opened when keys are fetched.</param>
internal sealed record Issuer(
    Guid Id, Guid WorkspaceId, string Name, string Url, bool Discovery, string? JwksOrigin, string? Ca, SealedToken? BearerToken, long Version,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>Newest first, at most two.</summary>
    public IReadOnlyList<UploadedKeys> Uploads { get; init; } = [];

    /// <summary>All uploaded keys.</summary>
    public KeySet Uploaded { get; init; } = KeySet.Empty;
}

internal sealed record SealedToken(string KekId, byte[] Box)
{
    public static string Purpose(Guid issuer) => $"issuer-token/{issuer:D}";
}

internal sealed record UploadedKeys(Guid Id, string Jwks, KeySet Keys, DateTimeOffset UploadedAt);

/// <summary>The tables of issuers.</summary>
internal static class IssuerRows
{
    private const string Columns = "id, workspace_id, name, url, discovery, jwks_origin, ca, kek_id, bearer_token, version, created_at, updated_at";

    public static List<Issuer> Of(Sql sql, Guid workspace) =>
        [.. sql.Query($"SELECT {Columns} FROM issuer WHERE workspace_id = ?1 ORDER BY created_at, id", Map, workspace).Select(issuer => WithKeys(sql, issuer))];

    public static Issuer? ById(Sql sql, Guid id) => sql.First($"SELECT {Columns} FROM issuer WHERE id = ?1", Map, id) is { } issuer ? WithKeys(sql, issuer) : null;

    public static void Insert(Sql sql, Issuer issuer, Guid creator) => sql.Execute(
        $"INSERT INTO issuer ({Columns}, created_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        issuer.Id, issuer.WorkspaceId, issuer.Name, issuer.Url, issuer.Discovery, issuer.JwksOrigin, issuer.Ca, issuer.BearerToken?.KekId, issuer.BearerToken?.Box,
        issuer.Version, issuer.CreatedAt, issuer.UpdatedAt, creator);

    public static void Update(Sql sql, Issuer issuer)
    {
        sql.Execute(
            """
            UPDATE issuer SET name = ?2, url = ?3, discovery = ?4, jwks_origin = ?5, ca = ?6, kek_id = ?7, bearer_token = ?8, version = ?9, updated_at = ?10
            WHERE id = ?1
            """,
            issuer.Id, issuer.Name, issuer.Url, issuer.Discovery, issuer.JwksOrigin, issuer.Ca, issuer.BearerToken?.KekId, issuer.BearerToken?.Box, issuer.Version,
            issuer.UpdatedAt);
        sql.Execute("UPDATE identity SET issuer_url = ?2 WHERE issuer_id = ?1", issuer.Id, issuer.Url);
    }

    /// <summary>The set comes beside the newest one there is, or in place of all.</summary>
    public static void AddKeys(Sql sql, Guid issuer, Guid id, string jwks, bool keepNewest, DateTimeOffset now)
    {
        sql.Execute(
            """
            DELETE FROM issuer_key_set WHERE issuer_id = ?1 AND (?2 = 0 OR id <> (SELECT id FROM issuer_key_set WHERE issuer_id = ?1 ORDER BY rowid DESC LIMIT 1))
            """,
            issuer, keepNewest);
        sql.Execute("INSERT INTO issuer_key_set (id, issuer_id, jwks, uploaded_at) VALUES (?1, ?2, ?3, ?4)", id, issuer, jwks, now);
    }

    private static Issuer WithKeys(Sql sql, Issuer issuer)
    {
        var uploads = sql.Query(
            "SELECT id, jwks, uploaded_at FROM issuer_key_set WHERE issuer_id = ?1 ORDER BY rowid DESC",
            row => new UploadedKeys(row.Id(0), row.GetString(1), Parsed(row.GetString(1)), row.Time(2)), issuer.Id);
        return issuer with { Uploads = uploads, Uploaded = KeySet.Union(uploads.Select(upload => upload.Keys)) };
    }

    private static KeySet Parsed(string jwks)
    {
        using var document = JsonDocument.Parse(jwks);
        return KeySet.Uploaded(document.RootElement).Keys;
    }

    private static Issuer Map(Row row) => new(
        row.Id(0), row.Id(1), row.GetString(2), row.GetString(3), row.Truth(4), row.TextOrNull(5), row.TextOrNull(6),
        row.IsDBNull(7) ? null : new SealedToken(row.GetString(7), row.Bytes(8)), row.GetInt64(9), row.Time(10), row.Time(11));
}
