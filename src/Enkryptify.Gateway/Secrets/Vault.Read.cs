using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets.References;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// Caller in, plaintext out (contract section 6). Each operation authorises first, on the caller's view of the workspace; what lies outside that
/// view is missing. A read's audit entry names what was opened, references included, and is committed before anything leaves here
/// (docs/decisions/0005).
/// </summary>
internal sealed partial class Vault(Database database, Keyring keyring, RecentSecrets recent, IRemoteSecrets remotes, AuditTrail audit, TimeProvider time)
{
    /// <summary>All secrets of a project that have a value the caller sees, by name.</summary>
    public ValueTask<Outcome<IReadOnlyList<Secret>>> List(Caller caller, SecretQuery query)
    {
        var draft = new AuditDraft(AuditAction.View, new AuditTarget("secret"));
        return Read<IReadOnlyList<Secret>>(caller, query, draft, (rows, place) => Open(rows, caller, query, draft, place, place.Environment is { } environment
            ? rows.OfEnvironment(environment, OwnerOf(caller))
            : rows.OfProject(place.Project, OwnerOf(caller))));
    }

    /// <summary>One secret, by name or id.</summary>
    public ValueTask<Outcome<Secret>> Get(Caller caller, SecretQuery query, string key)
    {
        var draft = new AuditDraft(AuditAction.View, new AuditTarget("secret"));
        return Read<Secret>(
            caller, query, draft,
            (rows, place) =>
            {
                var found = Open(rows, caller, query, draft, place, Whole(rows, caller, place, key, draft));
                return found.Count == 0 ? Lookup.NoSecret : found[0];
            },
            place => Recent(caller, query, place, key, draft));
    }

    /// <summary>A read of what one place holds, from the database or from a backend (Vault.Remote.cs).</summary>
    /// <param name="known">The answer where it needs no query, or null.</param>
    private ValueTask<Outcome<T>> Read<T>(
        Caller caller, SecretQuery query, AuditDraft draft, Func<ISecretRows, SecretPlace, Outcome<T>> work, Func<SecretPlace, Outcome<T>?>? known = null) =>
        database.Structure.Find(query.Workspace)?.Remote is not null
            ? ReadRemote(caller, query.Workspace, draft, () => Place(database.Structure, caller, query, draft), place => place.View, work)
            : audit.Read<T>(caller, draft, () =>
                Place(database.Structure, caller, query, draft).Refused(out var refusal, out var place) ? refusal
                : place.View.Tree.Remote is not null ? BecameRemote
                : known?.Invoke(place) ?? Stored(place, work));

    /// <summary>From the database. The generation is asked first: what is then read may be kept under it.</summary>
    private Outcome<T> Stored<T>(SecretPlace place, Func<ISecretRows, SecretPlace, Outcome<T>> work)
    {
        var generation = recent.Generation(place.Project.Id);
        return InOneMoment(sql => work(new StoredRows(sql, keyring, (recent, generation)), place));
    }

    /// <summary>One read transaction: values and what they refer to are of the same moment. Where the read fails, its connection ends, and the transaction with it.</summary>
    private T InOneMoment<T>(Func<Sql, T> read) => database.Readers.Read(sql =>
    {
        sql.Execute("BEGIN");
        var found = read(sql);
        sql.Execute("COMMIT");
        return found;
    });

    private static List<Secret> Open(
        ISecretRows source, Caller caller, SecretQuery query, AuditDraft draft, SecretPlace place, List<(SecretRow Secret, ValueHead Value)> rows) =>
        Open(source, query.Resolve ? Resolver(source, caller, place.View) : null, caller, draft, place, rows);

    private static List<Secret> Open(
        ISealedRows source, ReferenceResolver? resolver, Caller caller, AuditDraft draft, SecretPlace place, List<(SecretRow Secret, ValueHead Value)> rows)
    {
        // Most secrets have one value in sight.
        var secrets = new List<Secret>(Math.Min(rows.Count, 64));
        var values = new List<SecretValue>(1);
        var own = false;
        for (var i = 0; i < rows.Count; i++)
        {
            var (secret, row) = rows[i];
            if (Visible(place, row) is { } environment)
            {
                var value = source.Open(row);
                values.Add(new SecretValue(environment, resolver is null ? value : Resolved(resolver, place.Project, environment, secret.Name, value), row.Owner.Length > 0));
                own |= ShowsItsSecret(row);
            }

            // Rows are sorted by secret: the last one of a secret closes it.
            if (values.Count > 0 && (i + 1 == rows.Count || rows[i + 1].Secret.Id != secret.Id))
            {
                var seen = own ? secret : Seen(source, caller, place, secret);
                secrets.Add(new Secret(seen.Id, seen.Name, seen.Note, seen.Type, seen.DataType, seen.CreatedAt, seen.UpdatedAt, values));
                values = i + 1 == rows.Count ? values : new List<SecretValue>(1);
                own = false;
            }
        }

        draft.Add("count", secrets.Count);
        if (resolver is { Opened.Count: > 0 })
        {
            draft.Add("resolved", (IReadOnlyList<string>)[.. resolver.Opened.Select(opened => Describe(place.View, opened))]);
        }

        return secrets;
    }

    /// <summary>The values of the project's secret of this name or id, in the caller's sight or not.</summary>
    private static List<(SecretRow Secret, ValueHead Value)> Whole(ISecretRows source, Caller caller, SecretPlace place, string key, AuditDraft draft)
    {
        var rows = source.Whole(place.Project, place.Environment, key, OwnerOf(caller));
        if (rows.Count > 0)
        {
            draft.Target = new AuditTarget("secret", rows[0].Secret.Id.ToString("D"), rows[0].Secret.Name);
        }

        return [.. rows.Where(row => row.Value is not null).Select(row => (row.Secret, row.Value!))];
    }

    /// <summary>The project's secret of this name or id, in the caller's sight or not.</summary>
    private static SecretRow? Named(ISecretRows rows, SecretPlace place, string key, AuditDraft draft)
    {
        var secret = rows.Find(place.Project, place.Environment, key);
        if (secret is not null)
        {
            draft.Target = new AuditTarget("secret", secret.Id.ToString("D"), secret.Name);
        }

        return secret;
    }

    /// <summary>The environment of a value that the caller sees, or null.</summary>
    private static Env? Visible(SecretPlace place, ValueHead row)
    {
        var environment = place.View.Tree.Environment(row.Environment);
        return environment is not null && place.View.Sees(environment)
            && (place.Environment is null || place.Environment.Id == environment.Id)
            && (row.Owner.Length == 0 || environment.HasPersonalOverrides)
            ? environment
            : null;
    }

    /// <summary>The values of a secret that the caller sees, whatever environment they asked for.</summary>
    private static List<ValueHead> SeesOf(ISealedRows rows, Caller caller, SecretPlace place, SecretRow secret) =>
        [.. rows.OfSecret(secret.Id, OwnerOf(caller)).Select(row => row.Value).Where(row => Visible(place with { Environment = null }, row) is not null)];

    /// <summary>Who sees a shared value that was added in sight of the secret sees the secret's own note, kinds and times.</summary>
    private static bool ShowsItsSecret(ValueHead row) => row is { Owner: "", Face: null };

    /// <summary>
    /// The secret as the caller sees it. Else someone who may write one environment could add a value to a name that lives in another, out of
    /// their sight, and read its note (docs/decisions/0023).
    /// </summary>
    private static SecretRow Seen(ISealedRows rows, Caller caller, SecretPlace place, SecretRow secret) => Seen(secret, SeesOf(rows, caller, place, secret));

    /// <param name="rows">All values of it that the caller sees.</param>
    private static SecretRow Seen(SecretRow secret, IReadOnlyList<ValueHead> rows)
    {
        if (rows.Any(ShowsItsSecret))
        {
            return secret;
        }

        var updated = rows.Max(row => row.UpdatedAt);
        var face = rows.FirstOrDefault(row => row.Face is not null)?.Face ?? new Face("", NewSecret.DefaultType, NewSecret.DefaultDataType, updated);
        return secret with { Note = face.Note, Type = face.Type, DataType = face.DataType, CreatedAt = face.CreatedAt, UpdatedAt = updated };
    }

    private static ReferenceResolver Resolver(ISecretRows rows, Caller caller, WorkspaceView view) => new(
        (project, environment) => view.Project(project) is { } p && p.Slug == project && p.Environment(environment) is { } e && view.Sees(e)
            ? new EnvironmentAddress(p.Id, e.Id)
            : null,
        address => OpenReferenced(rows, caller, view, address));

    /// <summary>The text that the caller themselves would see there: their personal value before the shared one.</summary>
    private static string? OpenReferenced(ISecretRows rows, Caller caller, WorkspaceView view, SecretAddress address) =>
        view.Tree.Environment(address.Environment.EnvironmentId) is { } environment && view.Sees(environment)
            ? rows.Referenced(environment, address.Name, environment.HasPersonalOverrides ? OwnerOf(caller) : "")?.Reveal()
            : null;

    private static Sensitive Resolved(ReferenceResolver resolver, Project project, Env environment, string name, Sensitive value) =>
        new(resolver.Resolve(new SecretAddress(project.Id, environment.Id, name), value.Reveal()));

    private static string Describe(WorkspaceView view, SecretAddress address) =>
        $"{view.Tree.Project(address.Environment.ProjectId)?.Slug}/{view.Tree.Environment(address.Environment.EnvironmentId)?.Name}/{address.Name}";

    private static string OwnerOf(Caller caller) => caller.SeesPersonalOf?.ToString("D") ?? "";

    /// <summary>
    /// Finds the project and, when one is named, the environment, as the caller sees them. Every change of a secret begins here, so that none can be made
    /// without those who keep values being told.
    /// </summary>
    private static Outcome<SecretPlace> Place(ITrees trees, Caller caller, SecretQuery query, AuditDraft draft)
    {
        if (trees.View(caller, query.Workspace, Act.ReadSecrets, draft).Refused(out var refusal, out var view))
        {
            return refusal;
        }

        if (trees is WriteTransaction transaction)
        {
            if (view.Tree.Remote is not null)
            {
                return Lookup.ReadOnly;
            }

            transaction.SecretsChanged(view.Tree.Id);
        }

        draft.Add("project", view.Tree.Project(query.Project)?.Slug);
        if (view.Project(query.Project) is not { } project)
        {
            return Lookup.NoProject;
        }

        (trees as WriteTransaction)?.SecretsChanged(project.Id);

        if (query.Environment is null)
        {
            return new SecretPlace(view, project, null);
        }

        return Environment(view, project, query.Environment, draft) is { } environment ? new SecretPlace(view, project, environment) : Lookup.NoEnvironment;
    }

    private static Env? Environment(WorkspaceView view, Project project, string reference, AuditDraft draft)
    {
        draft.Add("environment", view.Tree.Environment(project, reference)?.Name);
        return view.Environment(project, reference);
    }

    private sealed record SecretPlace(WorkspaceView View, Project Project, Env? Environment);
}
