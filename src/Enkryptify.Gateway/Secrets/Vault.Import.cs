using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// A <c>.env</c> file into one environment's shared values: first a plan that changes nothing, then all of it or nothing. Both need the right to write
/// there. A plan tells which values are the same, so it is a read of values, and audited as one.
/// </summary>
internal sealed partial class Vault
{
    public static readonly Refusal PlanChanged = Refusal.Conflict("plan_changed", "What is imported, or what it meets, is no longer what was shown");

    /// <param name="entries">Each name once, names and values within the rules of a secret.</param>
    public ValueTask<Outcome<ImportPlan>> PlanImport(Caller caller, string workspace, string project, string environment, IReadOnlyList<DotEnvEntry> entries)
    {
        var draft = new AuditDraft(AuditAction.View, new AuditTarget("secret"));
        return audit.Read<ImportPlan>(caller, draft, () =>
        {
            if (ImportPlace(database.Structure, caller, workspace, project, environment, draft).Refused(out var refusal, out var place))
            {
                return refusal;
            }

            var plan = InOneMoment(sql => Plan(sql, place, entries));
            draft.Add("count", plan.Count(ImportStep.Changed) + plan.Count(ImportStep.Unchanged));
            return plan;
        });
    }

    /// <param name="fingerprint">Of the plan that was agreed to.</param>
    public Task<Outcome<ImportPlan>> Import(
        Caller caller, string workspace, string project, string environment, IReadOnlyList<DotEnvEntry> entries, string fingerprint)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("secret"));
        return audit.Change<ImportPlan>(caller, draft, transaction =>
        {
            if (ImportPlace(transaction, caller, workspace, project, environment, draft).Refused(out var refusal, out var place))
            {
                return refusal;
            }

            var (sql, now) = (transaction.Sql, time.GetUtcNow());
            var plan = Plan(sql, place, entries);
            if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(plan.Fingerprint), Encoding.UTF8.GetBytes(fingerprint)))
            {
                return PlanChanged;
            }

            if (plan.Entries.FirstOrDefault(entry => entry.Step == ImportStep.Refused) is { } beyond)
            {
                return Refusal.Forbidden($"line {beyond.Line}: refers to what you may not read");
            }

            draft.Add("created", Names(plan, ImportStep.New));
            draft.Add("changed", Names(plan, ImportStep.Changed));
            draft.Add("count", plan.Count(ImportStep.New) + plan.Count(ImportStep.Changed));
            for (var i = 0; i < entries.Count; i++)
            {
                if (plan.Entries[i].Step is ImportStep.New or ImportStep.Changed)
                {
                    Put(sql, caller, place, entries[i], now);
                }
            }

            return plan;
        });
    }

    private static Outcome<SecretPlace> ImportPlace(ITrees trees, Caller caller, string workspace, string project, string environment, AuditDraft draft)
    {
        if (Place(trees, caller, new SecretQuery(workspace, project, environment, false), draft).Refused(out var refusal, out var place))
        {
            return refusal;
        }

        if (place.View.Tree.Remote is not null)
        {
            return Lookup.ReadOnly;
        }

        draft.Add("import", true);
        return place.View.Right.May(Act.WriteSecrets, place.Environment!.Place) ? place : Lookup.NotAllowed;
    }

    private ImportPlan Plan(Sql sql, SecretPlace place, IReadOnlyList<DotEnvEntry> entries)
    {
        var environment = place.Environment!;
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes($"{environment.Id:D}\n"));
        var planned = new List<PlannedEntry>(entries.Count);
        foreach (var entry in entries)
        {
            var row = SecretRows.Find(sql, place.Project.Id, entry.Name) is { } secret ? SecretRows.Value(sql, secret.Id, environment.Id, "") : null;
            var current = row?.Open(keyring, sql);
            var step = current?.Reveal() == entry.Value ? ImportStep.Unchanged
                : RefersBeyond(place.View, current, new Encryption.Sensitive(entry.Value)) ? ImportStep.Refused
                : current is null ? ImportStep.New
                : ImportStep.Changed;
            planned.Add(new PlannedEntry(entry.Name, entry.Line, step));

            // No field holds a NUL, so none can pass for the next.
            digest.AppendData(Encoding.UTF8.GetBytes($"{entry.Name}\0{step}\0{row?.Version}\0{entry.Value}\0"));
        }

        return new ImportPlan(place.View, place.Project, environment, planned, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    private void Put(Sql sql, Caller caller, SecretPlace place, DotEnvEntry entry, DateTimeOffset now)
    {
        Face? face = null;
        if (SecretRows.Find(sql, place.Project.Id, entry.Name) is { } row)
        {
            face = SeesOf(new StoredRows(sql, keyring), caller, place, row).Count > 0 ? null : new Face("", NewSecret.DefaultType, NewSecret.DefaultDataType, now);
            SecretRows.Touch(sql, row.Id, now);
        }
        else
        {
            row = new SecretRow(Ids.New(time), entry.Name, "", NewSecret.DefaultType, NewSecret.DefaultDataType, now, now);
            SecretRows.Insert(sql, place.Project.Id, row);
        }

        SecretRows.Put(sql, keyring, row.Id, place.Environment!.Id, "", new Encryption.Sensitive(entry.Value), now, face);
    }

    private static IReadOnlyList<string> Names(ImportPlan plan, ImportStep step) =>
        [.. plan.Entries.Where(entry => entry.Step == step).Take(MaxNamesInEntry).Select(entry => entry.Name)];
}
