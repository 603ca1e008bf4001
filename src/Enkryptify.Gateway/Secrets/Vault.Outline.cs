using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// Names without values: nothing is opened, so it is audited as a list and not as a view. Who sees a name here is who would read a value of it, and
/// what they see beside it is the face that <see cref="Seen(SecretRow, IReadOnlyList{ValueHead})"/> gives them (docs/decisions/0023).
/// </summary>
internal sealed partial class Vault
{
    /// <summary>A page of the secrets that have a value in the caller's sight.</summary>
    /// <param name="part">What the name must hold, in any case.</param>
    public ValueTask<Outcome<OutlinePage>> Outlines(Caller caller, string workspace, string project, string part, int page, int size)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("secret"));
        return Read<OutlinePage>(caller, new SecretQuery(workspace, project, null, false), draft, (rows, place) =>
        {
            var (sight, lower) = (SightOf(caller, place), part.ToLowerInvariant());
            var total = rows.Count(place.Project, sight, lower);
            var nearest = Math.Clamp(page, 1, Math.Max(1, (total + size - 1) / size));
            var found = rows.Page(place.Project, sight, lower, size, (nearest - 1) * size);
            var heads = rows.Heads([.. found.Select(row => row.Id)], OwnerOf(caller));
            draft.Add("count", found.Count);
            return new OutlinePage(place.View, place.Project, [.. found.Select(row => Outline(place, row, heads[row.Id]))], nearest, total);
        });
    }

    /// <summary>One secret, by name or id.</summary>
    public ValueTask<Outcome<PlacedOutline>> Outline(Caller caller, string workspace, string project, string key)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("secret"));
        return Read<PlacedOutline>(caller, new SecretQuery(workspace, project, null, false), draft, (rows, place) => Outline(rows, caller, place, key, draft));
    }

    /// <summary>How many shared values each environment has that the caller sees.</summary>
    public ValueTask<Outcome<IReadOnlyDictionary<Guid, int>>> Counts(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("secret"));
        return database.Structure.Find(workspace)?.Remote is not null
            ? ReadRemote(caller, workspace, draft, View, view => view, (rows, view) => Seen(rows, view))
            : audit.Read<IReadOnlyDictionary<Guid, int>>(caller, draft, () =>
                View().Refused(out var refusal, out var view) ? refusal
                : view.Tree.Remote is not null ? BecameRemote
                : database.Readers.Read(sql => Seen(new StoredRows(sql, keyring), view)));

        Outcome<WorkspaceView> View() => database.Structure.View(caller, workspace, Act.ReadSecrets, draft);

        static Outcome<IReadOnlyDictionary<Guid, int>> Seen(ISecretRows rows, WorkspaceView view) =>
            rows.Counts(view.Tree).Where(count => view.Tree.Environment(count.Key) is { } environment && view.Sees(environment)).ToDictionary();
    }

    private static Outcome<PlacedOutline> Outline(ISecretRows rows, Caller caller, SecretPlace place, string key, AuditDraft draft) =>
        Named(rows, place, key, draft) is { } secret
        && Outline(place with { Environment = null }, secret, rows.Heads([secret.Id], OwnerOf(caller))[secret.Id]) is { Values.Count: > 0 } outline
            ? new PlacedOutline(place.View, place.Project, outline)
            : Lookup.NoSecret;

    private static SecretOutline Outline(SecretPlace place, SecretRow secret, IEnumerable<ValueHead> heads)
    {
        var seen = heads.Where(head => Visible(place, head) is not null).ToList();
        var face = seen.Count == 0 ? secret : Seen(secret, seen);
        return new SecretOutline(
            face.Id, face.Name, face.Note, face.Type, face.DataType, face.CreatedAt, face.UpdatedAt,
            [.. seen.Select(head => new ValueOutline(Visible(place, head)!, head.Owner.Length > 0, head.UpdatedAt))]);
    }

    private static Sight SightOf(Caller caller, SecretPlace place)
    {
        var seen = place.View.EnvironmentsOf(place.Project).ToList();
        return new Sight(
            [.. seen.Select(environment => environment.Id)], OwnerOf(caller),
            [.. seen.Where(environment => environment.HasPersonalOverrides).Select(environment => environment.Id)]);
    }
}
