using System.Globalization;
using System.Security.Cryptography;
using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// The public keys that checkpoints are verified with. Whoever can write the database can put a key of theirs into it, so the check is worth what its
/// first key is: given from outside (what <c>init</c> or <c>key rotate audit</c> printed), or, failing that, the oldest in the database. From
/// there the signed hand-overs lead to the others, backwards and forwards.
/// </summary>
internal sealed class AuditKeys
{
    private readonly string of;
    private readonly Dictionary<string, byte[]> trusted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> ends = new(StringComparer.Ordinal);

    private AuditKeys(string of) => this.of = of;

    /// <summary>The audit keys that a database knows, oldest first.</summary>
    public static IReadOnlyList<AuditKeyRow> Rows(Sql sql)
    {
        // A copy from before keys could be rotated has no such column.
        var handOvers = sql.Any("SELECT 1 FROM pragma_table_info('signing_key') WHERE name = 'handover'") ? "handover" : "NULL";
        return sql.Query(
            $"SELECT kid, public_key, {handOvers} FROM signing_key WHERE purpose = 'audit' ORDER BY created_at, kid",
            row => new AuditKeyRow(row.GetString(0), row.Bytes(1), row.TextOrNull(2)));
    }

    /// <param name="of">Where the rows are from, for the messages.</param>
    public static AuditKeys Load(IReadOnlyList<AuditKeyRow> rows, IReadOnlyList<byte[]> given, List<string> problems, string of = "this database")
    {
        var keys = new AuditKeys(of);
        foreach (var row in given.Count == 0 ? rows.Where(row => row.HandOver is null).Take(1) : rows.Where(row => given.Any(key => key.AsSpan().SequenceEqual(row.Key))))
        {
            keys.trusted[row.Id] = row.Key;
        }

        if (given.Count > 0 && keys.trusted.Count == 0)
        {
            problems.Add($"none of the keys given is an audit key of {of}");
        }

        keys.Follow([.. rows.Where(row => row.HandOver is not null).Select(row => HandOver.Parse(row.HandOver!)).OfType<HandOver>()]);
        foreach (var (id, key, _) in rows)
        {
            if (!keys.trusted.TryGetValue(id, out var vouched) || !vouched.AsSpan().SequenceEqual(key))
            {
                problems.Add($"audit key {id} of {of} is not vouched for by a trusted key");
            }
        }

        return keys;
    }

    /// <summary>Why the checkpoint proves nothing, or null.</summary>
    public string? Problem(Checkpoint checkpoint) => Problem(checkpoint.KeyId, checkpoint.Sequence, checkpoint.Verifies, "vouches for");

    /// <summary>Why the statement about a segment proves nothing, or null.</summary>
    public string? Problem(SegmentStatement statement, string word) => statement.IsSigned
        ? Problem(statement.KeyId, statement.At, key => statement.Verifies(word, key), "was signed at")
        : "is not signed";

    private string? Problem(string keyId, long at, Func<ECDsa, bool> verifies, string does)
    {
        if (!trusted.TryGetValue(keyId, out var key) || !Verifies(key, verifies))
        {
            return $"is not signed by the audit key of {of}";
        }

        return ends.TryGetValue(keyId, out var end) && at > end
            ? string.Create(CultureInfo.InvariantCulture, $"{does} entry {at} with a key that was replaced at entry {end}")
            : null;
    }

    /// <summary>Each hand-over that a trusted key signed makes the other key trusted. Ends: each round adds a key or is the last.</summary>
    private void Follow(List<HandOver> handOvers)
    {
        for (var grew = true; grew;)
        {
            grew = false;
            foreach (var handOver in handOvers)
            {
                var (old, made) = (Trusts(handOver.OldId, handOver.OldKey), Trusts(handOver.NewId, handOver.NewKey));
                if ((old && handOver.SignedByOld) || (made && handOver.SignedByNew))
                {
                    grew |= trusted.TryAdd(handOver.OldId, handOver.OldKey) | trusted.TryAdd(handOver.NewId, handOver.NewKey);
                    ends[handOver.OldId] = handOver.Sequence;
                }
            }
        }
    }

    private bool Trusts(string id, byte[] key) => trusted.TryGetValue(id, out var known) && known.AsSpan().SequenceEqual(key);

    private static bool Verifies(byte[] key, Func<ECDsa, bool> verifies)
    {
        try
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(key, out _);
            return verifies(ecdsa);
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            return false;
        }
    }
}

/// <summary>An audit key as the database or a file of the log has it.</summary>
/// <param name="HandOver">The statement by which the key before handed over to this one; null for the first.</param>
internal sealed record AuditKeyRow(string Id, byte[] Key, string? HandOver);
