using System.Collections.Concurrent;
using System.Security.Cryptography;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Forwarding;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>
/// Finishes rotations that <see cref="KeyBegin"/> began: moves what the old key holds to the new one, in batches among the traffic's, reads all of
/// it back under the new one, and only then destroys the old. What is to be done is read from the database each time, and each batch can be
/// repeated, so it does not matter when a process ends.
/// </summary>
internal sealed partial class KeyWork(
    Database database, Keyring ring, DigestKeys digests, SigningKeys signing, OfflineCache? offline, TimeProvider time, ILogger log)
{
    /// <summary>Rows of one transaction; values have 64 KiB at most.</summary>
    private const int Batch = 32;

    /// <summary>The longest life of a JWT (a login, a CLI token: 8 h), and a little for clocks.</summary>
    public static readonly TimeSpan JwtLife = TimeSpan.FromHours(8) + TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, string> problems = new(StringComparer.Ordinal);

    /// <summary>Why an old key must stay, by its id.</summary>
    public IReadOnlyDictionary<string, string> Problems => problems;

    /// <summary>All that there is to do. Each step is one committed transaction; whoever stops in between leaves a whole database.</summary>
    public async IAsyncEnumerable<string> Steps()
    {
        foreach (var (id, environment) in database.Readers.Read(sql => sql.Query(
            "SELECT id, environment_id FROM environment_key WHERE state = 'retired' AND destroyed_at IS NULL ORDER BY id",
            row => (row.GetString(0), row.Id(1)))))
        {
            await foreach (var step in Environment(id, environment))
            {
                yield return step;
            }
        }

        foreach (var id in database.Readers.Read(sql => sql.Query(
            "SELECT id FROM key_encryption_key WHERE state = 'retired' AND destroyed_at IS NULL ORDER BY id", row => row.GetString(0))))
        {
            await foreach (var step in Kek(id))
            {
                yield return step;
            }
        }

        await foreach (var step in Expired())
        {
            yield return step;
        }
    }

    /// <summary>An old key stays. Said once in the log, and by <c>key status</c> until it is mended.</summary>
    private void Stays(string key, string problem)
    {
        if (!problems.TryGetValue(key, out var known) || known != problem)
        {
            log.LogError("encryption: the old key {Key} is kept: {Problem}", key, problem);
        }

        problems[key] = problem;
    }

    private async Task<bool> Destroy(string kind, string id, string? environment, Func<WriteTransaction, bool> destroy)
    {
        var destroyed = await database.Writer.Change<bool>(transaction =>
        {
            if (!destroy(transaction))
            {
                return false;
            }

            transaction.Audit(new AuditEntry(time.GetUtcNow(), AuditActor.Gateway, null, null, AuditAction.Retire, new AuditTarget("key", id, kind))
            {
                Data = environment is null ? [] : [("environment", environment)],
            });
            return true;
        }).ConfigureAwait(false);
        if (destroyed.Value)
        {
            problems.TryRemove(id, out _);
        }

        return destroyed.Value;
    }

    /// <summary>Digest keys whose last token has ended, and JWT keys whose last token has.</summary>
    private async IAsyncEnumerable<string> Expired()
    {
        const string Unneeded =
            """
            state = 'retired' AND destroyed_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM credential c WHERE c.digest_key_id = digest_key.id AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > ?1))
            """;
        foreach (var id in database.Readers.Read(sql => sql.Query($"SELECT id FROM digest_key WHERE {Unneeded}", row => row.GetString(0), time.GetUtcNow())))
        {
            // A key that still makes digests in memory is not old yet: its successor is in the batch that is being committed.
            if (await Destroy("digest", id, null, transaction =>
            {
                if (digests.CurrentId == id
                    || transaction.Sql.Execute($"UPDATE digest_key SET wrapped = x'', destroyed_at = ?1 WHERE id = ?2 AND {Unneeded}", time.GetUtcNow(), id) == 0)
                {
                    return false;
                }

                digests.Reload(transaction, ring);
                return true;
            }).ConfigureAwait(false))
            {
                yield return $"digest {id} destroyed";
            }
        }

        foreach (var id in database.Readers.Read(sql => sql.Query(
            "SELECT kid FROM signing_key WHERE purpose = 'jwt' AND state = 'previous' AND retired_at <= ?1", row => row.GetString(0), time.GetUtcNow() - JwtLife)))
        {
            if (await Destroy("signing", id, null, transaction =>
            {
                var done = transaction.Sql.Execute("UPDATE signing_key SET state = 'retired', wrapped = NULL WHERE kid = ?1 AND state = 'previous'", id) == 1;
                signing.Reload(transaction, ring);
                return done;
            }).ConfigureAwait(false))
            {
                yield return $"signing {id} retired";
            }
        }
    }
}
