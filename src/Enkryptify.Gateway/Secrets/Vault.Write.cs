using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets.References;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>Changes. Each runs in one transaction on the writer thread: all of it or nothing.</summary>
internal sealed partial class Vault
{
    /// <summary>Names of a request that its audit entry lists; it always has their count.</summary>
    private const int MaxNamesInEntry = 100;

    /// <summary>Every secret into every environment listed; write is needed on each; 409 when a name already has a shared value there.</summary>
    public Task<Outcome<Done>> Create(Caller caller, string workspace, string project, IReadOnlyList<string> environments, IReadOnlyList<NewSecret> secrets)
    {
        if (IsChangedElsewhere(workspace))
        {
            return CreateRemote(caller, workspace, project, environments, secrets);
        }

        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("secret", null, secrets.Count == 1 ? secrets[0].Name : null));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (Place(transaction, caller, new SecretQuery(workspace, project, null, false), draft).Refused(out var refusal, out var place))
            {
                return refusal;
            }

            if (Writable(place, environments).Refused(out refusal, out var targets))
            {
                return refusal;
            }

            draft.Add("environments", (IReadOnlyList<string>)[.. targets.Select(target => target.Name)]);
            draft.Add("names", (IReadOnlyList<string>)[.. secrets.Take(MaxNamesInEntry).Select(secret => secret.Name)]);
            draft.Add("count", secrets.Count);
            var (sql, now) = (transaction.Sql, time.GetUtcNow());
            for (var i = 0; i < secrets.Count; i++)
            {
                var secret = secrets[i];
                if (RefersBeyond(place.View, null, secret.Value))
                {
                    return Refusal.Forbidden($"secrets[{i}].value: refers to what you may not read");
                }

                Face? face = null;
                if (SecretRows.Find(sql, place.Project.Id, secret.Name) is { } row)
                {
                    face = SeesOf(new StoredRows(sql, keyring), caller, place, row).Count > 0 ? null : new Face(secret.Note, secret.Type, secret.DataType, now);
                }
                else
                {
                    row = new SecretRow(Ids.New(time), secret.Name, secret.Note, secret.Type, secret.DataType, now, now);
                    SecretRows.Insert(sql, place.Project.Id, row);
                }

                foreach (var target in targets)
                {
                    if (SecretRows.Value(sql, row.Id, target.Id, "") is not null)
                    {
                        return Refusal.Conflict("secret_exists", $"secrets[{i}].key: {secret.Name} already has a value in {target.Name}");
                    }

                    SecretRows.Put(sql, keyring, row.Id, target.Id, "", secret.Value, now, face);
                }
            }

            return Done.Value;
        });
    }

    /// <summary>Changes what differs and deletes nothing: clients echo every value that they saw, so an unchanged entry needs no right to write.</summary>
    public Task<Outcome<Done>> Update(Caller caller, string workspace, string project, string key, SecretChange change)
    {
        if (IsChangedElsewhere(workspace))
        {
            return UpdateRemote(caller, workspace, project, key, change);
        }

        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("secret"));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, project, key, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            var place = found.Place;
            var (sql, now) = (transaction.Sql, time.GetUtcNow());
            var secret = Seen(found.Secret, found.InSight);
            var changed = new List<string>();
            var touched = new HashSet<(Guid, bool)>();
            for (var i = 0; i < change.Values.Count; i++)
            {
                var entry = change.Values[i];
                if (place.View.Environment(place.Project, entry.Environment) is not { } environment)
                {
                    return Lookup.NoEnvironment;
                }

                if (!touched.Add((environment.Id, entry.IsPersonal)))
                {
                    return Refusal.Invalid($"values[{i}]", "is a second entry for the same environment");
                }

                if (PutValue(sql, caller, found, environment, entry, $"values[{i}].value", now).Refused(out refusal, out var wrote))
                {
                    return refusal;
                }

                if (wrote)
                {
                    changed.Add(entry.IsPersonal ? $"{environment.Name} (personal)" : environment.Name);
                }
            }

            draft.Add("environments", changed);
            var renamed = secret with
            {
                Name = change.Name ?? secret.Name, Type = change.Type ?? secret.Type, DataType = change.DataType ?? secret.DataType, Note = change.Note ?? secret.Note,
            };
            if (renamed != secret)
            {
                draft.Add("fields", (IReadOnlyList<string>)[.. Changed(secret, renamed)]);
                if (!MayWriteEverywhere(sql, place, secret))
                {
                    return Lookup.NotAllowed;
                }

                if (renamed.Name != secret.Name && SecretRows.Find(sql, place.Project.Id, renamed.Name) is not null)
                {
                    return Refusal.Conflict("name_taken", "name: another secret of the project has this name");
                }

                SecretRows.Update(sql, renamed with { UpdatedAt = now });
            }
            else if (changed.Count > 0)
            {
                SecretRows.Touch(sql, secret.Id, now);
            }

            return Done.Value;
        });
    }

    /// <summary>
    /// The secret with all its values; with <paramref name="environment"/> its shared value there alone, or with <paramref name="personal"/> the caller's
    /// own.
    /// </summary>
    public Task<Outcome<Done>> Delete(Caller caller, string workspace, string project, string key, string? environment, bool personal)
    {
        if (IsChangedElsewhere(workspace))
        {
            return DeleteRemote(caller, workspace, project, key, environment, personal);
        }

        var draft = new AuditDraft(AuditAction.Delete, new AuditTarget("secret"));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, project, key, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            var (place, secret, _) = found;
            var sql = transaction.Sql;
            if (environment is null)
            {
                if (!MayWriteEverywhere(sql, place, secret))
                {
                    return Lookup.NotAllowed;
                }

                sql.Execute("DELETE FROM secret WHERE id = ?1", secret.Id);
                return Done.Value;
            }

            if (Environment(place.View, place.Project, environment, draft) is not { } target)
            {
                return Lookup.NoEnvironment;
            }

            if (personal && caller.SeesPersonalOf is null)
            {
                return Lookup.NotAllowed;
            }

            var owner = personal ? OwnerOf(caller) : "";
            if (SecretRows.Value(sql, secret.Id, target.Id, owner) is not { } value || Visible(place, value) is null)
            {
                return Lookup.NoSecret;
            }

            if (personal ? caller.WritesPersonalOf is null : !place.View.Right.May(Act.WriteSecrets, target.Place))
            {
                return Lookup.NotAllowed;
            }

            draft.Add("personal", personal ? true : null);
            sql.Execute("DELETE FROM secret_value WHERE secret_id = ?1 AND environment_id = ?2 AND owner_id = ?3", secret.Id, target.Id, owner);
            sql.Execute("DELETE FROM secret WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM secret_value WHERE secret_id = ?1)", secret.Id);
            SecretRows.Touch(sql, secret.Id, time.GetUtcNow());
            return Done.Value;
        });
    }

    /// <summary>Writes one entry of a PUT if it differs. True when it did.</summary>
    private Outcome<bool> PutValue(
        Sql sql, Caller caller, FoundSecret found, Env environment, ValueChange entry, string field, DateTimeOffset now)
    {
        var (place, secret, inSight) = found;
        var owner = "";
        if (entry.IsPersonal)
        {
            if (caller.SeesPersonalOf is not { } own)
            {
                return Lookup.NotAllowed;
            }

            owner = own.ToString("D");
        }

        // The environment is in sight, so its shared value was read already, if it has one.
        var stored = entry.IsPersonal
            ? SecretRows.Value(sql, secret.Id, environment.Id, owner)
            : (ValueRow?)inSight.Find(row => row.Environment == environment.Id && row.Owner.Length == 0);
        var current = stored?.Open(keyring, sql);
        if (current is { } same && same.Reveal() == entry.Value.Reveal())
        {
            return false;
        }

        if (entry.IsPersonal ? caller.WritesPersonalOf is null : !place.View.Right.May(Act.WriteSecrets, environment.Place))
        {
            return Lookup.NotAllowed;
        }

        if (entry.IsPersonal && !environment.HasPersonalOverrides)
        {
            return Refusal.Conflict("personal_overrides_off", $"Personal values are switched off in {environment.Name}");
        }

        if (RefersBeyond(place.View, current, entry.Value))
        {
            return Refusal.Forbidden($"{field}: refers to what you may not read");
        }

        SecretRows.Put(sql, keyring, new ValuePlace(environment.Id, secret.Id, (stored?.Version ?? 0) + 1, owner), entry.Value, now);
        return true;
    }

    /// <summary>
    /// Whether the new text adds a reference to what its writer may not read: else a writer of one environment would make a wider reader
    /// fetch for them. To someone who sees the whole workspace a reference to nothing is plain text. To anybody else what does not exist and
    /// what they may not see are the same, and refused alike, so that writing cannot be used to find out.
    /// </summary>
    private static bool RefersBeyond(WorkspaceView view, Sensitive? before, Sensitive after)
    {
        if (view.Right.Covers(Access.Place.Workspace))
        {
            return false;
        }

        return ReferenceParser.Added(before?.Reveal(), after.Reveal()).Exists(reference =>
            reference.Project is { } slug
            && (view.Project(slug) is not { } project || project.Slug != slug
                || project.Environment(reference.Environment!) is not { } environment || !view.Sees(environment)));
    }

    private static Outcome<List<Env>> Writable(SecretPlace place, IReadOnlyList<string> references)
    {
        var targets = new List<Env>();
        for (var i = 0; i < references.Count; i++)
        {
            if (place.View.Environment(place.Project, references[i]) is not { } environment)
            {
                return Lookup.NoEnvironment;
            }

            if (targets.Contains(environment))
            {
                return Refusal.Invalid($"environments[{i}]", "is given more than once");
            }

            targets.Add(environment);
        }

        return targets.TrueForAll(target => place.View.Right.May(Act.WriteSecrets, target.Place)) ? targets : Lookup.NotAllowed;
    }

    /// <summary>A secret of which the caller sees a value.</summary>
    private Outcome<FoundSecret> Find(
        WriteTransaction transaction, Caller caller, string workspace, string project, string key, AuditDraft draft)
    {
        if (Place(transaction, caller, new SecretQuery(workspace, project, null, false), draft).Refused(out var refusal, out var place))
        {
            return refusal;
        }

        var rows = new StoredRows(transaction.Sql, keyring);
        return Named(rows, place, key, draft) is { } secret && SeesOf(rows, caller, place, secret) is { Count: > 0 } inSight
            ? new FoundSecret(place, secret, inSight)
            : Lookup.NoSecret;
    }

    /// <param name="InSight">All values of it that the caller sees.</param>
    private sealed record FoundSecret(SecretPlace Place, SecretRow Secret, List<ValueHead> InSight);

    /// <summary>What belongs to the secret as a whole needs the right to write wherever it has a value, in sight or not.</summary>
    private static bool MayWriteEverywhere(Sql sql, SecretPlace place, SecretRow secret) =>
        place.View.Right.Allows(Act.WriteSecrets)
        && SecretRows.Environments(sql, secret.Id).TrueForAll(id =>
            place.View.Tree.Environment(id) is { } environment && place.View.Right.May(Act.WriteSecrets, environment.Place));

    private static IEnumerable<string> Changed(SecretRow before, SecretRow after)
    {
        if (before.Name != after.Name)
        {
            yield return "name";
        }

        if (before.Note != after.Note)
        {
            yield return "note";
        }

        if (before.Type != after.Type)
        {
            yield return "type";
        }

        if (before.DataType != after.DataType)
        {
            yield return "dataType";
        }
    }
}
