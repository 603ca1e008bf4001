using System.Buffers;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Credentials;

/// <summary>
/// What a workload must prove to be a credential of type <see cref="CredentialType.Kubernetes"/>: a token of this issuer object, for this audience,
/// about this subject, all to the letter; and what else it is bound to.
/// </summary>
/// <param name="IssuerId">Null once its issuer was removed; it then opens nothing.</param>
/// <param name="Claims">Further claims that must be there with exactly these values; JSON, names sorted.</param>
/// <param name="ServiceAccountUid">A re-made service account keeps its name, but not its uid.</param>
internal sealed record WorkloadIdentity(
    Guid CredentialId, Guid? IssuerId, string IssuerUrl, string Audience, string Subject, RequiredClaims Claims, string? ServiceAccountUid)
{
    /// <summary>How much it asks for beside the subject: of several that fit one token, the one that asks most is meant.</summary>
    public int Strictness => Claims.Items.Count + (ServiceAccountUid is null ? 0 : 1);
}

/// <summary>Claims with the exact values they must have: strings, whole numbers, truth values.</summary>
internal sealed class RequiredClaims
{
    public const int Max = 16;
    private const int MaxText = 1024;

    /// <summary>What is judged by rules of its own, so that a second rule could only contradict.</summary>
    private static readonly string[] Reserved = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

    public static readonly RequiredClaims None = new([]);

    private RequiredClaims(IReadOnlyList<(string Name, JsonElement Value)> items) => Items = items;

    public IReadOnlyList<(string Name, JsonElement Value)> Items { get; }

    public static RequiredClaims Of(IEnumerable<(string Name, JsonElement Value)> items) =>
        new([.. items.OrderBy(item => item.Name, StringComparer.Ordinal).Select(item => (item.Name, item.Value.Clone()))]);

    /// <summary>Why no identity can be bound to this claim, or null.</summary>
    public static string? Problem(string name, JsonElement value) =>
        name.Length is 0 or > 128 || name.Any(char.IsControl) ? "names must be 1 to 128 characters"
        : Reserved.Contains(name) ? $"{name} is judged already and cannot be bound to here"
        : !Bindable(value) ? $"values must be non-empty strings of at most {MaxText} characters without *, whole numbers, true or false"
        : null;

    public static RequiredClaims FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Of(document.RootElement.EnumerateObject().Select(member => (member.Name, member.Value)));
    }

    public static bool Same(JsonElement required, JsonElement found) => required.ValueKind == found.ValueKind && required.ValueKind switch
    {
        JsonValueKind.String => required.GetString() == found.GetString(),
        JsonValueKind.Number => required.TryGetInt64(out var wanted) && found.TryGetInt64(out var number) && wanted == number,
        JsonValueKind.True or JsonValueKind.False => true,
        _ => false,
    };

    private static bool Bindable(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() is { Length: > 0 and <= MaxText } text && !text.Contains('*'),
                JsonValueKind.Number => value.TryGetInt64(out _),
                JsonValueKind.True or JsonValueKind.False => true,
                _ => false,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in Items)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>The table of identities.</summary>
internal static class IdentityRows
{
    private const string Columns = "credential_id, issuer_id, issuer_url, audience, subject, claims, service_account_uid";

    /// <summary>All of a workspace, oldest first, those of revoked credentials too.</summary>
    public static List<WorkloadIdentity> Of(Sql sql, Guid workspace) =>
        sql.Query($"SELECT {Columns} FROM identity WHERE workspace_id = ?1 ORDER BY credential_id", Map, workspace);

    public static WorkloadIdentity? ById(Sql sql, Guid credential) => sql.First($"SELECT {Columns} FROM identity WHERE credential_id = ?1", Map, credential);

    public static bool Exists(Sql sql, Guid issuer, string audience, string subject, string claims) => sql.Any(
        """
        SELECT 1 FROM identity i JOIN credential c ON c.id = i.credential_id
        WHERE i.issuer_id = ?1 AND i.audience = ?2 AND i.subject = ?3 AND i.claims = ?4 AND c.revoked_at IS NULL
        """,
        issuer, audience, subject, claims);

    public static bool HeldByAnother(Sql sql, Guid issuer, string audience, string subject, Guid creator) => sql.Any(
        """
        SELECT 1 FROM identity i JOIN credential c ON c.id = i.credential_id
        WHERE i.issuer_id = ?1 AND i.audience = ?2 AND i.subject = ?3 AND c.created_by <> ?4 AND c.revoked_at IS NULL
        """,
        issuer, audience, subject, creator);

    public static void Insert(Sql sql, Guid workspace, WorkloadIdentity identity) => sql.Execute(
        $"INSERT INTO identity ({Columns}, workspace_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        identity.CredentialId, identity.IssuerId, identity.IssuerUrl, identity.Audience, identity.Subject, identity.Claims.ToJson(), identity.ServiceAccountUid, workspace);

    private static WorkloadIdentity Map(Row row) => new(
        row.Id(0), row.IsDBNull(1) ? null : row.Id(1), row.GetString(2), row.GetString(3), row.GetString(4), RequiredClaims.FromJson(row.GetString(5)), row.TextOrNull(6));
}
