using System.Security.Cryptography;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>Whatever an old key-encryption key wraps is wrapped by the current one, column by column, and the offline cache with it.</summary>
internal sealed partial class KeyWork
{
    private async IAsyncEnumerable<string> Kek(string old)
    {
        var failed = 0;
        foreach (var column in SealedColumn.All)
        {
            for (var after = ""; ;)
            {
                var from = after;
                var (last, bad) = (await database.Writer.Relaxed<(string?, int)>(transaction => Rewrap(transaction.Sql, column, old, from), SpaceUse.Grows).ConfigureAwait(false)).Value;
                if (last is null)
                {
                    break;
                }

                (after, failed) = (last, failed + bad);
                yield return $"{column.Table} up to {last} wrapped again";
            }
        }

        // Before the old key goes: what the cache holds is needed when an issuer is down.
        offline?.Reseal(old);
        if (failed + Unreadable() is var problems and > 0)
        {
            Stays(old, $"{problems} of the keys and tokens that it wraps, or that were wrapped again, do not open");
            yield break;
        }

        if (await Destroy("kek", old, null, transaction =>
            ring.CurrentKek != old
            && SealedColumn.All.All(column => transaction.Sql.Number(column.Count, old) == 0)
            && transaction.Sql.Execute(
                """
                UPDATE key_encryption_key SET wrapped = x'', next_wrapped = NULL, next_master_key_id = NULL, destroyed_at = ?2
                WHERE id = ?1 AND state = 'retired' AND destroyed_at IS NULL
                """,
                old, time.GetUtcNow()) == 1).ConfigureAwait(false))
        {
            yield return $"kek {old} destroyed";
        }
    }

    private (string? Last, int Failed) Rewrap(Sql sql, SealedColumn column, string old, string after)
    {
        var rows = sql.Query(column.Page, row => (Id: row.GetString(0), Box: row.Bytes(1), Extra: row.GetString(2)), old, after, Batch);
        var failed = 0;
        foreach (var (id, box, extra) in rows)
        {
            try
            {
                var (kek, wrapped) = ring.Rewrap(old, box, column.Purpose(id, extra));
                sql.Execute(column.Update, id, kek, wrapped, old);
            }
            catch (CryptographicException)
            {
                failed++;
            }
        }

        return (rows.Count == 0 ? null : rows[^1].Id, failed);
    }

    /// <summary>Reads back, as committed, all that the current key wraps. How many do not open.</summary>
    private int Unreadable()
    {
        var (unreadable, kek) = (0, ring.CurrentKek);
        foreach (var column in SealedColumn.All)
        {
            for (string? after = ""; after is not null;)
            {
                var from = after;
                after = database.Readers.Read(sql =>
                {
                    var rows = sql.Query(column.Page, row => (Id: row.GetString(0), Box: row.Bytes(1), Extra: row.GetString(2)), kek, from, Batch);
                    foreach (var (id, box, extra) in rows)
                    {
                        try
                        {
                            CryptographicOperations.ZeroMemory(ring.Unwrap(kek, box, column.Purpose(id, extra)));
                        }
                        catch (CryptographicException)
                        {
                            unreadable++;
                        }
                    }

                    return rows.Count == 0 ? null : rows[^1].Id;
                });
            }
        }

        return unreadable;
    }
}
