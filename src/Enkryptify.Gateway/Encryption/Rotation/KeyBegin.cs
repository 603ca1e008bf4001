using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>
/// The first step of each rotation, one transaction: the new key is made and serves from the commit on, the old one is marked as retired. From then on
/// the rotation is in the database and nowhere else: <see cref="KeyWork"/> finishes it, in this process or in the next.
/// </summary>
internal sealed class KeyBegin(Keyring ring, DigestKeys digests, SigningKeys signing, AuditChain chain, TimeProvider time)
{
    /// <summary>Digest keys that may live at once: each is tried for a token that is not known.</summary>
    public const int MostDigestKeys = 8;

    /// <summary>JWT keys that may be published at once.</summary>
    public const int MostJwtKeys = 64;

    public static readonly Refusal InProgress = Refusal.Conflict(
        "rotation_in_progress", "The rotation before this one is not finished; 'key status' shows what it waits for");

    private static readonly Refusal MasterPending = Refusal.Conflict(
        "master_rotation_pending", "The master key is being rotated: finish that first ('key rotate master --finish')");

    /// <summary>Wraps the key-encryption keys under the next master key too: a start then accepts either.</summary>
    public Outcome<(string From, string To)> Master(WriteTransaction transaction, MasterKey next)
    {
        var keks = KekRow.Living(transaction.Sql);
        if (next.Id == ring.MasterKeyId || keks.Exists(kek => kek.MasterId == next.Id))
        {
            return Refusal.Conflict("master_key_in_use", $"new: is the master key in use already (id {next.Id})");
        }

        if (keks.Exists(kek => kek.NextMasterId == ring.MasterKeyId))
        {
            return MasterPending;
        }

        foreach (var kek in keks)
        {
            transaction.Sql.Execute(
                "UPDATE key_encryption_key SET next_master_key_id = ?2, next_wrapped = ?3 WHERE id = ?1", kek.Id, next.Id, ring.WrapKek(kek.Id, next));
        }

        return (ring.MasterKeyId, next.Id);
    }

    /// <summary>Drops what the old master key wraps; only in a process that was started with the new one, so that it is known to be at hand.</summary>
    public Outcome<(string From, string To)> FinishMaster(WriteTransaction transaction)
    {
        var keks = KekRow.Living(transaction.Sql);
        if (keks.Find(kek => kek.NextMasterId is not null) is not { } pending)
        {
            return Refusal.Conflict("no_rotation", "No rotation of the master key is pending");
        }

        if (pending.NextMasterId != ring.MasterKeyId)
        {
            return Refusal.Conflict(
                "master_key_not_changed",
                $"The gateway runs with the old master key (id {ring.MasterKeyId}): restart it with the new one (id {pending.NextMasterId}) first");
        }

        transaction.Sql.Execute(
            """
            UPDATE key_encryption_key SET master_key_id = next_master_key_id, wrapped = next_wrapped, next_master_key_id = NULL, next_wrapped = NULL
            WHERE next_master_key_id IS NOT NULL
            """);
        return (pending.MasterId, ring.MasterKeyId);
    }

    public Outcome<(string From, string To)> Kek(WriteTransaction transaction)
    {
        var keks = KekRow.Living(transaction.Sql);
        if (keks.Exists(kek => kek.NextMasterId is not null))
        {
            return MasterPending;
        }

        if (keks.Count > 1)
        {
            return InProgress;
        }

        var old = keks[0].Id;
        transaction.Sql.Execute("UPDATE key_encryption_key SET state = 'retired', retired_at = ?2 WHERE id = ?1", old, time.GetUtcNow());
        var made = ring.MakeKek(transaction.Sql, time);
        transaction.AfterCommit(() => ring.Adopt(made));
        return (old, made);
    }

    /// <summary>Null when the environment's last rotation is not finished.</summary>
    public (string From, string To)? Environment(WriteTransaction transaction, Guid environment)
    {
        var sql = transaction.Sql;
        if (sql.Any("SELECT 1 FROM environment_key WHERE environment_id = ?1 AND state = 'retired' AND destroyed_at IS NULL", environment)
            || sql.First("SELECT id FROM environment_key WHERE environment_id = ?1 AND state = 'current'", row => row.GetString(0), environment) is not { } old)
        {
            return null;
        }

        sql.Execute("UPDATE environment_key SET state = 'retired', retired_at = ?2 WHERE id = ?1", old, time.GetUtcNow());
        return (old, ring.CreateEnvironmentKey(sql, environment, time));
    }

    public Outcome<(string From, string To)> Digest(WriteTransaction transaction)
    {
        var sql = transaction.Sql;
        if (sql.Number("SELECT count(*) FROM digest_key WHERE destroyed_at IS NULL") >= MostDigestKeys)
        {
            return Refusal.Conflict(
                "too_many_digest_keys", $"{MostDigestKeys} digest keys live at once at the most: rotate or revoke the tokens of the oldest, or let them expire ('key list')");
        }

        var old = sql.First("SELECT id FROM digest_key WHERE state = 'current'", row => row.GetString(0))!;
        sql.Execute("UPDATE digest_key SET state = 'retired', retired_at = ?2 WHERE id = ?1", old, time.GetUtcNow());
        var made = DigestKeys.Create(sql, ring, time);
        digests.Reload(transaction, ring);
        return (old, made);
    }

    /// <summary>The key that was published as next signs from now on; the one before still verifies, and loses its private part at once.</summary>
    public Outcome<(string From, string To)> Signing(WriteTransaction transaction)
    {
        var sql = transaction.Sql;
        if (sql.Number("SELECT count(*) FROM signing_key WHERE purpose = 'jwt' AND state <> 'retired'") >= MostJwtKeys)
        {
            return Refusal.Conflict("too_many_signing_keys", $"{MostJwtKeys} JWT keys are published at once at the most: wait until tokens of the oldest have ended");
        }

        var old = sql.First("SELECT kid FROM signing_key WHERE purpose = 'jwt' AND state = 'current'", row => row.GetString(0))!;
        var made = sql.First("SELECT kid FROM signing_key WHERE purpose = 'jwt' AND state = 'next'", row => row.GetString(0))!;
        sql.Execute("UPDATE signing_key SET state = 'current' WHERE kid = ?1", made);
        sql.Execute("UPDATE signing_key SET state = 'previous', wrapped = NULL, retired_at = ?2 WHERE kid = ?1", old, time.GetUtcNow());
        SigningKeys.Create(sql, ring, "jwt", "next", time);
        signing.Reload(transaction, ring);
        return (old, made);
    }

    /// <summary>Checkpoints are signed by a new key from now on; the old one's last signature is under the hand-over.</summary>
    public Outcome<(string From, string To)> Audit(WriteTransaction transaction)
    {
        var sql = transaction.Sql;
        var old = signing.Audit;
        if (sql.First("SELECT kid FROM signing_key WHERE purpose = 'audit' AND state = 'current'", row => row.GetString(0)) != old.Id)
        {
            // A second one in the same batch: the key in memory is not yet the current one.
            return InProgress;
        }

        sql.Execute("UPDATE signing_key SET state = 'retired', wrapped = NULL, retired_at = ?2 WHERE kid = ?1", old.Id, time.GetUtcNow());
        var made = SigningKeys.Create(sql, ring, "audit", "current", time);
        var handOver = HandOver.Sign(old, signing.Reload(transaction, ring).Audit, chain.Head.Sequence, time.GetUtcNow());
        sql.Execute("UPDATE signing_key SET handover = ?2 WHERE kid = ?1", made, handOver.ToLine());
        return (old.Id, made);
    }
}
