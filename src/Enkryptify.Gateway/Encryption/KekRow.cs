using System.Security.Cryptography;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption;

/// <summary>A key-encryption key as stored: wrapped under the master key and, while that changes, under the next one too. Either opens it.</summary>
internal sealed record KekRow(string Id, bool IsCurrent, string MasterId, byte[] Wrapped, string? NextMasterId, byte[]? NextWrapped)
{
    /// <summary>All that still have their material, the current one first.</summary>
    public static List<KekRow> Living(Sql sql) => sql.Query(
        """
        SELECT id, state = 'current', master_key_id, wrapped, next_master_key_id, next_wrapped FROM key_encryption_key
        WHERE destroyed_at IS NULL ORDER BY state = 'current' DESC, created_at DESC
        """,
        row => new KekRow(
            row.GetString(0), row.Truth(1), row.GetString(2), row.Bytes(3), row.TextOrNull(4), row.IsDBNull(5) ? null : row.Bytes(5)));

    public static string Purpose(string id) => $"key-encryption-key/{id}";

    /// <exception cref="MasterKeyException">It belongs to another master key, or was altered.</exception>
    public byte[] Open(MasterKey master)
    {
        var box = master.Id == MasterId ? Wrapped : master.Id == NextMasterId ? NextWrapped : null;
        if (box is null)
        {
            throw new MasterKeyException(
                $"this database is sealed under the master key with id {MasterId}{(NextMasterId is null ? "" : $" or {NextMasterId}")}, but the one given has id {master.Id}. Give the right key; nothing was changed.");
        }

        try
        {
            return Seal.Open(master.Bytes, box, Purpose(Id));
        }
        catch (CryptographicException)
        {
            throw new MasterKeyException($"the key-encryption key {Id} does not open under master key {master.Id}: the database was altered. Restore a backup.");
        }
    }
}
