using System.Text;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>A secret's row without its values.</summary>
internal sealed record SecretRow(Guid Id, string Name, string Note, string Type, string DataType, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>What a value added by someone who saw nothing else of its secret shows in place of the secret's own (docs/decisions/0023).</summary>
internal sealed record Face(string Note, string Type, string DataType, DateTimeOffset CreatedAt);

/// <summary>That there is a value, and whose; not what it is. <paramref name="Owner"/> is empty for the shared value.</summary>
internal record ValueHead(Guid Secret, Guid Environment, string Owner, DateTimeOffset UpdatedAt, Face? Face);

/// <summary>A sealed value as stored.</summary>
internal sealed record ValueRow(Guid Secret, Guid Environment, string Owner, long Version, string KeyId, byte[] Sealed, DateTimeOffset UpdatedAt, Face? Face)
    : ValueHead(Secret, Environment, Owner, UpdatedAt, Face)
{
    public ValuePlace Place => new(Environment, Secret, Version, Owner);

    public Sensitive Open(Keyring keyring, Sql? sql) => keyring.OpenText(sql, KeyId, Sealed, Place);
}

/// <summary>The SQL of secrets and values. Decides nothing: who may see what is the vault's part.</summary>
internal static class SecretRows
{
    private const string ValueColumns =
        "v.secret_id, v.environment_id, v.owner_id, v.version, v.key_id, v.sealed, v.updated_at, v.face_note, v.face_type, v.face_data_type, v.face_created_at";

    private const string Joined =
        $"""
        SELECT {ValueColumns}, s.id, s.name, s.note, s.type, s.data_type, s.created_at, s.updated_at
        FROM secret s JOIN secret_value v ON v.secret_id = s.id
        """;

    private const string LeftJoined =
        $"""
        SELECT {ValueColumns}, s.id, s.name, s.note, s.type, s.data_type, s.created_at, s.updated_at
        FROM secret s LEFT JOIN secret_value v ON v.secret_id = s.id AND v.owner_id IN ('', ?3)
        """;

    private const string Row = "SELECT id, name, note, type, data_type, created_at, updated_at FROM secret";

    /// <summary>Shared values and those of <paramref name="owner"/>, by name of secret, shared before personal.</summary>
    public static List<(SecretRow Secret, ValueHead Value)> OfProject(Sql sql, Guid project, string owner) => sql.Query(
        Joined + " WHERE s.project_id = ?1 AND v.owner_id IN ('', ?2) ORDER BY s.name, v.owner_id", Map, project, owner);

    public static List<(SecretRow Secret, ValueHead Value)> OfEnvironment(Sql sql, Guid project, Guid environment, string owner) => sql.Query(
        Joined + " WHERE s.project_id = ?1 AND v.environment_id = ?2 AND v.owner_id IN ('', ?3) ORDER BY s.name, v.owner_id", Map, project, environment, owner);

    public static List<(SecretRow Secret, ValueHead Value)> OfSecret(Sql sql, Guid secret, string owner) => sql.Query(
        Joined + " WHERE s.id = ?1 AND v.owner_id IN ('', ?2) ORDER BY v.owner_id", Map, secret, owner);

    /// <summary>
    /// One secret by name, or by id where the text is one, with the values of <see cref="OfSecret"/>; a secret without any has one row, without a value.
    /// </summary>
    public static List<(SecretRow Secret, ValueHead? Value)> Whole(Sql sql, Guid project, string reference, string owner) => Ids.TryParse(reference, out var id)
        ? sql.Query(LeftJoined + " WHERE s.project_id = ?1 AND s.id = ?2 ORDER BY v.owner_id", MapWhole, project, id, owner)
        : sql.Query(LeftJoined + " WHERE s.project_id = ?1 AND s.name = ?2 ORDER BY v.owner_id", MapWhole, project, reference, owner);

    /// <summary>By name, or by id where the text is one.</summary>
    public static SecretRow? Find(Sql sql, Guid project, string reference) => Ids.TryParse(reference, out var id)
        ? sql.First(Row + " WHERE project_id = ?1 AND id = ?2", MapRow, project, id)
        : sql.First(Row + " WHERE project_id = ?1 AND name = ?2", MapRow, project, reference);

    public static ValueRow? Value(Sql sql, Guid secret, Guid environment, string owner) => sql.First(
        $"SELECT {ValueColumns} FROM secret_value v WHERE v.secret_id = ?1 AND v.environment_id = ?2 AND v.owner_id = ?3", MapValue, secret, environment, owner);

    /// <summary>How many secrets of the project with this in their name have a value in sight.</summary>
    /// <param name="part">In lower case; empty is in every name.</param>
    public static int Count(Sql sql, Guid project, Sight sight, string part) =>
        (int)sql.Number("SELECT COUNT(*) FROM secret s" + InSight, project, Sight.Ids(sight.Shared), sight.Owner, Sight.Ids(sight.Own), part)!.Value;

    /// <summary>Some of them, by name.</summary>
    public static List<SecretRow> Page(Sql sql, Guid project, Sight sight, string part, int count, int skip) => sql.Query(
        "SELECT s.id, s.name, s.note, s.type, s.data_type, s.created_at, s.updated_at FROM secret s" + InSight + " ORDER BY s.name LIMIT ?6 OFFSET ?7",
        MapRow, project, Sight.Ids(sight.Shared), sight.Owner, Sight.Ids(sight.Own), part, count, skip);

    private const string InSight =
        """
         WHERE s.project_id = ?1 AND instr(lower(s.name), ?5) > 0 AND EXISTS (
            SELECT 1 FROM secret_value v WHERE v.secret_id = s.id AND (
                (v.owner_id = '' AND v.environment_id IN (SELECT value FROM json_each(?2)))
                OR (v.owner_id = ?3 AND v.owner_id <> '' AND v.environment_id IN (SELECT value FROM json_each(?4)))))
        """;

    /// <summary>What values these secrets have, shared and of <paramref name="owner"/>, shared before personal.</summary>
    public static ILookup<Guid, ValueHead> Heads(Sql sql, IEnumerable<Guid> secrets, string owner) => sql.Query(
        """
        SELECT secret_id, environment_id, owner_id, updated_at, face_note, face_type, face_data_type, face_created_at
        FROM secret_value WHERE secret_id IN (SELECT value FROM json_each(?1)) AND owner_id IN ('', ?2) ORDER BY owner_id
        """,
        row => new ValueHead(row.Id(0), row.Id(1), row.GetString(2), row.Time(3), FaceAt(row, 4)), Sight.Ids(secrets), owner).ToLookup(head => head.Secret);

    /// <summary>How many shared values each environment of the workspace has.</summary>
    public static Dictionary<Guid, int> Counts(Sql sql, Guid workspace) => sql.Query(
        """
        SELECT v.environment_id, COUNT(*) FROM project p JOIN environment e ON e.project_id = p.id JOIN secret_value v ON v.environment_id = e.id
        WHERE p.workspace_id = ?1 AND v.owner_id = '' GROUP BY v.environment_id
        """,
        row => (Id: row.Id(0), Count: row.GetInt32(1)), workspace).ToDictionary(row => row.Id, row => row.Count);

    /// <summary>Environments in which the secret has a value of anybody's, whoever asks.</summary>
    public static List<Guid> Environments(Sql sql, Guid secret) =>
        sql.Query("SELECT DISTINCT environment_id FROM secret_value WHERE secret_id = ?1", row => row.Id(0), secret);

    public static void Insert(Sql sql, Guid project, SecretRow secret) => sql.Execute(
        "INSERT INTO secret (id, project_id, name, note, type, data_type, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        secret.Id, project, secret.Name, secret.Note, secret.Type, secret.DataType, secret.CreatedAt);

    /// <summary>What belongs to the secret as a whole. From then on each of its values shows this.</summary>
    public static void Update(Sql sql, SecretRow secret)
    {
        sql.Execute(
            "UPDATE secret SET name = ?2, note = ?3, type = ?4, data_type = ?5, updated_at = ?6 WHERE id = ?1",
            secret.Id, secret.Name, secret.Note, secret.Type, secret.DataType, secret.UpdatedAt);
        sql.Execute(
            "UPDATE secret_value SET face_note = NULL, face_type = NULL, face_data_type = NULL, face_created_at = NULL WHERE secret_id = ?1 AND face_note IS NOT NULL",
            secret.Id);
    }

    /// <summary>One of its values changed.</summary>
    public static void Touch(Sql sql, Guid secret, DateTimeOffset now) => sql.Execute("UPDATE secret SET updated_at = ?2 WHERE id = ?1", secret, now);

    /// <summary>Writes a value under the next version, which its seal is bound to.</summary>
    /// <param name="face">Of a value that is new; one that is there keeps its own.</param>
    public static void Put(Sql sql, Keyring keyring, Guid secret, Guid environment, string owner, Sensitive value, DateTimeOffset now, Face? face = null)
    {
        var version = sql.Number("SELECT version FROM secret_value WHERE secret_id = ?1 AND environment_id = ?2 AND owner_id = ?3", secret, environment, owner);
        Put(sql, keyring, new ValuePlace(environment, secret, (version ?? 0) + 1, owner), value, now, face);
    }

    /// <param name="place">With the version that follows the one that is there.</param>
    public static void Put(Sql sql, Keyring keyring, ValuePlace place, Sensitive value, DateTimeOffset now, Face? face = null)
    {
        var (keyId, box) = keyring.SealValue(sql, Encoding.UTF8.GetBytes(value.Reveal()), place);
        sql.Execute(
            """
            INSERT INTO secret_value
                (secret_id, environment_id, owner_id, version, key_id, sealed, updated_at, face_note, face_type, face_data_type, face_created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (secret_id, environment_id, owner_id) DO UPDATE SET
                version = excluded.version, key_id = excluded.key_id, sealed = excluded.sealed, updated_at = excluded.updated_at
            """,
            place.Secret, place.Environment, place.Owner, place.Version, keyId, box, now, face?.Note, face?.Type, face?.DataType, face?.CreatedAt);
    }

    private static SecretRow MapRow(Row row) => MapRow(row, 0);

    private static SecretRow MapRow(Row row, int at) =>
        new(row.Id(at), row.GetString(at + 1), row.GetString(at + 2), row.GetString(at + 3), row.GetString(at + 4), row.Time(at + 5), row.Time(at + 6));

    private static ValueRow MapValue(Row row) => new(
        row.Id(0), row.Id(1), row.GetString(2), row.GetInt64(3), row.GetString(4), row.Bytes(5), row.Time(6), FaceAt(row, 7));

    private static Face? FaceAt(Row row, int at) =>
        row.IsDBNull(at) ? null : new Face(row.GetString(at), row.GetString(at + 1), row.GetString(at + 2), row.Time(at + 3));

    private static (SecretRow, ValueHead?) MapWhole(Row row) => (MapRow(row, 11), row.IsDBNull(0) ? null : MapValue(row));

    private static (SecretRow, ValueHead) Map(Row row) => (MapRow(row, 11), MapValue(row));
}

/// <summary>The environments whose shared values a caller sees, and those where they see their own.</summary>
internal sealed record Sight(IReadOnlyList<Guid> Shared, string Owner, IReadOnlyList<Guid> Own)
{
    /// <summary>A JSON list for a statement.</summary>
    public static string Ids(IEnumerable<Guid> ids) => "[" + string.Join(',', ids.Select(id => $"\"{id:D}\"")) + "]";
}
