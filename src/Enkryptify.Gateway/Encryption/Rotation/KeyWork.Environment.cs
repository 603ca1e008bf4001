using System.Security.Cryptography;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>The values of an environment go from its old data key to the current one; each keeps its version, so its seal is bound to the same place.</summary>
internal sealed partial class KeyWork
{
    private const string ValueColumns = "secret_id, owner_id, version, sealed, key_id";

    private async IAsyncEnumerable<string> Environment(string oldKey, Guid environment)
    {
        var (after, failed) = (("", ""), 0);
        while (true)
        {
            var from = after;
            var done = (await database.Writer.Relaxed<Moved>(transaction => Reseal(transaction.Sql, oldKey, environment, from), SpaceUse.Grows).ConfigureAwait(false)).Value;
            if (done.Count == 0)
            {
                break;
            }

            (after, failed) = (done.Last, failed + done.Failed);
            yield return $"environment {environment:D}: {done.Count} values moved";
        }

        if (failed > 0)
        {
            Stays(oldKey, $"{failed} values of environment {environment:D} do not open under it: set them again, or delete them");
            yield break;
        }

        if (Unreadable(environment) is var unreadable and > 0)
        {
            Stays(oldKey, $"{unreadable} values of environment {environment:D} do not open under their current key");
            yield break;
        }

        if (await Destroy("environment", oldKey, environment.ToString("D"), transaction =>
        {
            if (transaction.Sql.Execute(
                """
                UPDATE environment_key SET wrapped = x'', destroyed_at = ?3 WHERE id = ?1 AND state = 'retired' AND destroyed_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM secret_value WHERE environment_id = ?2 AND key_id = ?1)
                """,
                oldKey, environment, time.GetUtcNow()) == 0)
            {
                return false;
            }

            transaction.AfterCommit(() => ring.Forget(oldKey));
            return true;
        }).ConfigureAwait(false))
        {
            yield return $"environment {environment:D}: key {oldKey} destroyed";
        }
    }

    private Moved Reseal(Sql sql, string oldKey, Guid environment, (string Secret, string Owner) after)
    {
        var rows = sql.Query(
            $"SELECT {ValueColumns} FROM secret_value WHERE environment_id = ?1 AND key_id = ?2 AND (secret_id, owner_id) > (?3, ?4) ORDER BY secret_id, owner_id LIMIT ?5",
            ValueAt, environment, oldKey, after.Secret, after.Owner, Batch);
        var failed = 0;
        foreach (var row in rows)
        {
            try
            {
                Reseal(sql, environment, row);
            }
            catch (UnreadableValueException)
            {
                failed++;
            }
        }

        return rows.Count == 0 ? default : new Moved(rows.Count, failed, (rows[^1].Secret, rows[^1].Owner));
    }

    private void Reseal(Sql sql, Guid environment, StoredValue row)
    {
        var place = row.Place(environment);
        var plain = ring.OpenValue(sql, row.Key, row.Box, place);
        try
        {
            var (key, box) = ring.SealValue(sql, plain, place);
            var opened = ring.OpenValue(sql, key, box, place);
            var same = CryptographicOperations.FixedTimeEquals(opened, plain);
            CryptographicOperations.ZeroMemory(opened);
            if (!same)
            {
                throw new CryptographicException($"What was sealed again under {key} does not open.");
            }

            sql.Execute(
                "UPDATE secret_value SET key_id = ?4, sealed = ?5 WHERE secret_id = ?1 AND environment_id = ?2 AND owner_id = ?3",
                row.Secret, environment, row.Owner, key, box);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Reads back every value of the environment as committed, beside the traffic. How many do not open.</summary>
    private int Unreadable(Guid environment)
    {
        var unreadable = 0;
        for (var after = (Secret: "", Owner: ""); ;)
        {
            var from = after;
            var rows = database.Readers.Read(sql =>
            {
                var page = sql.Query(
                    $"SELECT {ValueColumns} FROM secret_value WHERE environment_id = ?1 AND (secret_id, owner_id) > (?2, ?3) ORDER BY secret_id, owner_id LIMIT ?4",
                    ValueAt, environment, from.Secret, from.Owner, Batch);
                foreach (var row in page)
                {
                    try
                    {
                        CryptographicOperations.ZeroMemory(ring.OpenValue(sql, row.Key, row.Box, row.Place(environment)));
                    }
                    catch (UnreadableValueException)
                    {
                        unreadable++;
                    }
                }

                return page;
            });
            if (rows.Count == 0)
            {
                return unreadable;
            }

            after = (rows[^1].Secret, rows[^1].Owner);
        }
    }

    private static StoredValue ValueAt(Row row) => new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.Bytes(3), row.GetString(4));

    private readonly record struct Moved(int Count, int Failed, (string Secret, string Owner) Last);

    private sealed record StoredValue(string Secret, string Owner, long Version, byte[] Box, string Key)
    {
        public ValuePlace Place(Guid environment) => new(environment, Guid.ParseExact(Secret, "D"), Version, Owner);
    }
}
