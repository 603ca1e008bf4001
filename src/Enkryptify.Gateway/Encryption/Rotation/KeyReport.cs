using System.Text.Json.Serialization;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>All keys that still have a use, without what is secret of them.</summary>
internal sealed record KeyReport(MasterKeyBody MasterKey, IReadOnlyList<KeyBody> Keys)
{
    public static KeyReport Load(Sql sql, Keyring ring, IReadOnlyDictionary<string, string> problems, DateTimeOffset now)
    {
        var keks = KekRow.Living(sql);
        List<KeyBody> keys =
        [
            .. sql.Query(
                "SELECT id, state, created_at, retired_at FROM key_encryption_key WHERE destroyed_at IS NULL ORDER BY created_at, id",
                row => new KeyBody(row.GetString(0), "kek", State(row.GetString(1)), row.Time(2).UtcDateTime, row.TimeOrNull(3)?.UtcDateTime)),
            .. sql.Query(
                """
                SELECT k.id, k.state, k.created_at, k.retired_at, e.id, e.name, p.slug, w.slug
                FROM environment_key k JOIN environment e ON e.id = k.environment_id JOIN project p ON p.id = e.project_id JOIN workspace w ON w.id = p.workspace_id
                WHERE k.destroyed_at IS NULL ORDER BY w.slug, p.slug, e.name, k.created_at, k.id
                """,
                row => new KeyBody(row.GetString(0), "environment", State(row.GetString(1)), row.Time(2).UtcDateTime, row.TimeOrNull(3)?.UtcDateTime)
                {
                    Environment = new KeyPlaceBody(row.Id(4), row.GetString(5), row.GetString(6), row.GetString(7)),
                }),
            .. sql.Query(
                "SELECT id, state, created_at, retired_at FROM digest_key WHERE destroyed_at IS NULL ORDER BY created_at, id",
                row => new KeyBody(row.GetString(0), "digest", State(row.GetString(1)), row.Time(2).UtcDateTime, row.TimeOrNull(3)?.UtcDateTime)),
            .. sql.Query(
                """
                SELECT kid, purpose, state, created_at, retired_at, public_key FROM signing_key WHERE purpose = 'audit' OR state <> 'retired'
                ORDER BY purpose DESC, created_at, kid
                """,
                row => new KeyBody(
                    row.GetString(0), row.GetString(1) == "jwt" ? "signing" : "audit", row.GetString(2), row.Time(3).UtcDateTime, row.TimeOrNull(4)?.UtcDateTime)
                {
                    PublicKey = Convert.ToBase64String(row.Bytes(5)),
                }),
        ];
        return new KeyReport(
            new MasterKeyBody(keks[0].MasterId, keks.Find(kek => kek.NextMasterId is not null)?.NextMasterId, ring.MasterKeyId),
            [.. keys.Select(key => key.State == "retiring" ? key with { Holds = Held(sql, key, now), Problem = problems.GetValueOrDefault(key.Id) } : key)]);
    }

    /// <summary>What keeps an old key: rows that it wraps, values that it seals, live tokens.</summary>
    private static long Held(Sql sql, KeyBody key, DateTimeOffset now) => key.Kind switch
    {
        "kek" => SealedColumn.All.Sum(column => sql.Number(column.Count, key.Id) ?? 0),
        "environment" => sql.Number("SELECT count(*) FROM secret_value WHERE environment_id = ?1 AND key_id = ?2", key.Environment!.Id, key.Id) ?? 0,
        _ => sql.Number(
            "SELECT count(*) FROM credential WHERE digest_key_id = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)", key.Id, now) ?? 0,
    };

    /// <summary>A replaced key that still has its material is on its way out.</summary>
    private static string State(string stored) => stored == "retired" ? "retiring" : stored;
}

/// <param name="NextId">While the master key is rotated: the one that opens everything too.</param>
/// <param name="RunningWith">The one that the gateway was started with.</param>
internal sealed record MasterKeyBody(string Id, string? NextId, string RunningWith);

/// <param name="State">next, current, previous (still verifies), retiring (until what it holds has moved or ended), retired.</param>
internal sealed record KeyBody(string Id, string Kind, string State, DateTime CreatedAt, DateTime? RetiredAt)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public KeyPlaceBody? Environment { get; init; }

    /// <summary>Of a retiring key: how many rows, values or live tokens still need it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Holds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PublicKey { get; init; }
}

internal sealed record KeyPlaceBody(Guid Id, string Name, string Project, string Workspace);

internal sealed record RotatedBody(string Kind, IReadOnlyList<RotatedKeyBody> Keys, int Skipped);

internal sealed record RotatedKeyBody(string From, string To);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeyReport))]
[JsonSerializable(typeof(RotatedBody))]
internal sealed partial class KeyJson : JsonSerializerContext;
