using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// What a caller may change in a backend: the rules of Vault.Write.cs, which the gateway's own credential over there would not hold them to. Only what the
/// caller changes and may change is sent, never an echo, so that a value which moved meanwhile is not put back with a right that they lack.
/// </summary>
internal sealed partial class Vault
{
    private static readonly Refusal NoPersonalValues = Refusal.Conflict(
        "backend_personal_values", "A remote workspace has shared values only; a personal value is written at its backend");

    private Task<Outcome<Done>> CreateRemote(Caller caller, string workspace, string project, IReadOnlyList<string> environments, IReadOnlyList<NewSecret> secrets) => ChangeRemote(
        caller, workspace, project, () => new AuditDraft(AuditAction.Create, new AuditTarget("secret", null, secrets.Count == 1 ? secrets[0].Name : null)), (rows, place, draft) =>
        {
            if (Writable(place, environments).Refused(out var refusal, out var targets))
            {
                return refusal;
            }

            draft.Add("environments", (IReadOnlyList<string>)[.. targets.Select(target => target.Name)]);
            draft.Add("names", (IReadOnlyList<string>)[.. secrets.Take(MaxNamesInEntry).Select(secret => secret.Name)]);
            draft.Add("count", secrets.Count);
            for (var i = 0; i < secrets.Count; i++)
            {
                if (RefersBeyond(place.View, null, secrets[i].Value))
                {
                    return Refusal.Forbidden($"secrets[{i}].value: refers to what you may not read");
                }
            }

            var held = targets.ToDictionary(target => target, target => rows.OfEnvironment(target, "").Select(row => row.Secret.Name).ToHashSet(StringComparer.Ordinal));

            // The backend would take a value of such a name for one of that secret, and show its writer the note, as it would to the gateway (docs/decisions/0023).
            var unseen = place.Project.Environments.All(place.View.Sees) ? [] : rows.NamesOutOfSight(place.Project);
            for (var i = 0; i < secrets.Count; i++)
            {
                if (targets.Find(target => held[target].Contains(secrets[i].Name)) is { } taken)
                {
                    return Refusal.Conflict("secret_exists", $"secrets[{i}].key: {secrets[i].Name} already has a value in {taken.Name}");
                }

                if (unseen.Contains(secrets[i].Name))
                {
                    return Refusal.Conflict("name_taken", $"secrets[{i}].key: another secret of the project has this name");
                }
            }

            return new RemoteCreation(place.Project, targets, secrets);
        });

    private Task<Outcome<Done>> UpdateRemote(Caller caller, string workspace, string project, string key, SecretChange change) => ChangeRemote(
        caller, workspace, project, () => new AuditDraft(AuditAction.Update, new AuditTarget("secret")), (rows, place, draft) =>
        {
            if (Named(rows, place, key, draft) is not { } secret)
            {
                return Lookup.NoSecret;
            }

            var values = new List<(Env Environment, Sensitive Value)>();
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

                if (Entry(rows, caller, place, secret, environment, entry, $"values[{i}].value").Refused(out var refusal, out var differs))
                {
                    return refusal;
                }

                if (differs)
                {
                    values.Add((environment, entry.Value));
                }
            }

            draft.Add("environments", (IReadOnlyList<string>)[.. values.Select(value => value.Environment.Name)]);
            var renamed = secret with
            {
                Name = change.Name ?? secret.Name, Type = change.Type ?? secret.Type, DataType = change.DataType ?? secret.DataType, Note = change.Note ?? secret.Note,
            };
            IReadOnlyList<Env> reached = [.. values.Select(value => value.Environment)];
            if (renamed != secret)
            {
                draft.Add("fields", (IReadOnlyList<string>)[.. Changed(secret, renamed)]);
                if (!MayWriteEverywhere(rows, place, secret, out var holders))
                {
                    return Lookup.NotAllowed;
                }

                reached = [.. reached.Union(holders)];
            }

            return new RemoteUpdate(place.Project, reached, renamed, renamed != secret, renamed.Note == secret.Note ? null : renamed.Note, values);
        });

    /// <summary>True when this entry of a PUT is to be sent; an unchanged echo needs no right to write, and is not.</summary>
    private static Outcome<bool> Entry(RemoteRows rows, Caller caller, SecretPlace place, SecretRow secret, Env environment, ValueChange entry, string field)
    {
        if (entry.IsPersonal)
        {
            return caller.SeesPersonalOf is null ? Lookup.NotAllowed : NoPersonalValues;
        }

        var current = rows.Value(secret.Id, environment, "") is { } value ? rows.Open(value) : (Sensitive?)null;
        return current?.Reveal() == entry.Value.Reveal() ? false
            : !place.View.Right.May(Act.WriteSecrets, environment.Place) ? Lookup.NotAllowed
            : RefersBeyond(place.View, current, entry.Value) ? Refusal.Forbidden($"{field}: refers to what you may not read")
            : true;
    }

    private Task<Outcome<Done>> DeleteRemote(Caller caller, string workspace, string project, string key, string? environment, bool personal) => ChangeRemote(
        caller, workspace, project, () => new AuditDraft(AuditAction.Delete, new AuditTarget("secret")), (rows, place, draft) =>
        {
            if (Named(rows, place, key, draft) is not { } secret)
            {
                return Lookup.NoSecret;
            }

            if (environment is null)
            {
                return MayWriteEverywhere(rows, place, secret, out var all) ? new RemoteDeletion(place.Project, all, secret.Id, null) : Lookup.NotAllowed;
            }

            if (Environment(place.View, place.Project, environment, draft) is not { } target)
            {
                return Lookup.NoEnvironment;
            }

            if (personal && caller.SeesPersonalOf is null)
            {
                return Lookup.NotAllowed;
            }

            if (personal || rows.Value(secret.Id, target, "") is null)
            {
                return Lookup.NoSecret;
            }

            if (!place.View.Right.May(Act.WriteSecrets, target.Place))
            {
                return Lookup.NotAllowed;
            }

            return new RemoteDeletion(place.Project, [target], secret.Id, target);
        });

    /// <summary>
    /// As for a local secret: what belongs to it as a whole needs the right to write wherever it has, or may have, a value. Where personal values are allowed
    /// it may have one of somebody's, which the backend shows to nobody else.
    /// </summary>
    private static bool MayWriteEverywhere(RemoteRows rows, SecretPlace place, SecretRow secret, out IReadOnlyList<Env> holders)
    {
        holders = place.View.Right.Allows(Act.WriteSecrets) ? rows.Holders(place.Project, secret.Id) : [];
        return place.View.Right.Allows(Act.WriteSecrets)
            && holders.Union(place.Project.Environments.Where(environment => environment.HasPersonalOverrides)).All(holder => place.View.Right.May(Act.WriteSecrets, holder.Place));
    }
}
