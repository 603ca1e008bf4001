using Enkryptify.Gateway.Exchange.Issuers;

namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>
/// A column that holds something wrapped by a key-encryption key, with <c>kek_id</c> beside it. All of them are listed here: when the key-encryption
/// key changes, each is wrapped again. A test compares the list with the schema.
/// </summary>
/// <param name="Id">The row's key, the first part of its purpose.</param>
/// <param name="Extra">A second column that the purpose names, or the id again.</param>
internal sealed record SealedColumn(string Table, string Id, string Box, string Extra, Func<string, string, string> Purpose)
{
    public static readonly IReadOnlyList<SealedColumn> All =
    [
        new("environment_key", "id", "wrapped", "environment_id", Keyring.EnvironmentKeyPurpose),
        new("digest_key", "id", "wrapped", "id", (id, _) => DigestKeys.Purpose(id)),
        new("signing_key", "kid", "wrapped", "kid", (id, _) => SigningKeys.Purpose(id)),
        new("issuer", "id", "bearer_token", "id", (id, _) => SealedToken.Purpose(Guid.ParseExact(id, "D"))),
    ];

    /// <summary>Rows that a key-encryption key wraps, behind a given one, in order: ?1 is the key, ?2 the last id seen, ?3 the most.</summary>
    public string Page { get; } =
        $"SELECT {Id}, {Box}, {Extra} FROM {Table} WHERE kek_id = ?1 AND {Box} IS NOT NULL AND length({Box}) > 0 AND {Id} > ?2 ORDER BY {Id} LIMIT ?3";

    public string Count { get; } = $"SELECT count(*) FROM {Table} WHERE kek_id = ?1 AND {Box} IS NOT NULL AND length({Box}) > 0";

    public string Update { get; } = $"UPDATE {Table} SET kek_id = ?2, {Box} = ?3 WHERE {Id} = ?1 AND kek_id = ?4";
}
