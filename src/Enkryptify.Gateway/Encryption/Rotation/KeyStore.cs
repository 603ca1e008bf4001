using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>What a rotation was asked for.</summary>
/// <param name="Environments">Of kind 'environment'; null means all of them.</param>
/// <param name="NewMaster">Of kind 'master': where the next one is.</param>
internal sealed record KeyRequest(string Kind, IReadOnlyList<Guid>? Environments, SecretReference? NewMaster, bool Finish)
{
    public static readonly string[] Kinds = ["master", "kek", "environment", "digest", "signing", "audit"];
}

/// <summary>Keys as the operator manages them: only at the admin socket, every attempt in the audit log. Ids alone leave here, and public keys.</summary>
internal sealed class KeyStore(Database database, Keyring ring, KeyBegin begin, KeyWork work, KeyLoop loop, AuditTrail audit, TimeProvider time)
{
    public ValueTask<Outcome<KeyReport>> List(Caller caller) => audit.Read<KeyReport>(
        caller, new AuditDraft(AuditAction.List, new AuditTarget("key")),
        () => caller is OperatorCaller ? database.Readers.Read(sql => KeyReport.Load(sql, ring, work.Problems, time.GetUtcNow())) : Refusal.Forbidden());

    /// <summary>Begins a rotation. When this returns the new key serves; what the old one holds is moved in the background.</summary>
    public async Task<Outcome<RotatedBody>> Rotate(Caller caller, KeyRequest request)
    {
        var draft = new AuditDraft(AuditAction.Rotate, new AuditTarget("key", null, request.Kind));
        var next = caller is OperatorCaller && request.NewMaster is { } reference ? Load(reference) : default(Outcome<MasterKey>?);
        var outcome = await audit.Change<RotatedBody>(caller, draft, transaction =>
        {
            if (caller is not OperatorCaller)
            {
                return Refusal.Forbidden();
            }

            if (next?.Refusal is { } unusable)
            {
                return unusable;
            }

            if ((request.Kind switch
            {
                "master" when request.Finish => One(begin.FinishMaster(transaction)),
                "master" => One(begin.Master(transaction, next!.Value.Value)),
                "kek" => One(begin.Kek(transaction)),
                "digest" => One(begin.Digest(transaction)),
                "signing" => One(begin.Signing(transaction)),
                "audit" => One(begin.Audit(transaction)),
                _ => Environments(transaction, request.Environments),
            }).Refused(out var refusal, out var rotated))
            {
                return refusal;
            }

            draft.Add("finish", request.Finish ? true : null);
            draft.Add("count", rotated.Keys.Count);
            if (rotated.Keys is [var only])
            {
                draft.Add("from", only.From);
                draft.Add("to", only.To);
            }

            return new RotatedBody(request.Kind, [.. rotated.Keys.Select(key => new RotatedKeyBody(key.From, key.To))], rotated.Skipped);
        });
        if (outcome.Refusal is null)
        {
            loop.Wake();
        }

        return outcome;
    }

    private static Outcome<(List<(string From, string To)> Keys, int Skipped)> One(Outcome<(string From, string To)> rotated) =>
        rotated.Refused(out var refusal, out var key) ? refusal : (new List<(string, string)> { key }, 0);

    /// <summary>All in one transaction: a kill leaves all of them begun, or none.</summary>
    private Outcome<(List<(string From, string To)> Keys, int Skipped)> Environments(WriteTransaction transaction, IReadOnlyList<Guid>? asked)
    {
        var all = transaction.Sql.Query("SELECT id FROM environment ORDER BY id", row => row.Id(0));
        if (asked?.Any(id => !all.Contains(id)) == true)
        {
            return Refusal.NotFound("Environment");
        }

        var (keys, skipped) = (new List<(string, string)>(), 0);
        foreach (var environment in asked?.Distinct() ?? all)
        {
            if (begin.Environment(transaction, environment) is { } rotated)
            {
                keys.Add(rotated);
            }
            else
            {
                skipped++;
            }
        }

        return keys.Count > 0 || skipped == 0 ? (keys, skipped) : KeyBegin.InProgress;
    }

    private static Outcome<MasterKey> Load(SecretReference reference)
    {
        try
        {
            return MasterKey.Load(reference);
        }
        catch (MasterKeyException unusable)
        {
            return Refusal.Invalid("new", unusable.Message);
        }
    }
}
