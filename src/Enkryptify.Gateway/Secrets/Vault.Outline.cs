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
        return audit.Read<OutlinePage>(caller, draft, () =>
        {
            if (Place(database.Structure, caller, new SecretQuery(workspace, project, null, false), draft).Refused(out var refusal, out var place))
            {
                return refusal;
            }

            var sight = SightOf(caller, place);
            return InOneMoment(sql =>
            {
                var (id, lower) = (place.Project.Id, part.ToLowerInvariant());
                var total = SecretRows.Count(sql, id, sight, lower);
                var nearest = Math.Clamp(page, 1, Math.Max(1, (total + size - 1) / size));
                var rows = SecretRows.Page(sql, id, sight, lower, size, (nearest - 1) * size);
                var heads = SecretRows.Heads(sql, rows.Select(row => row.Id), OwnerOf(caller));
                draft.Add("count", rows.Count);
                return new OutlinePage(place.View, place.Project, [.. rows.Select(row => Outline(place, row, heads[row.Id]))], nearest, total);
            });
        });
    }

    /// <summary>One secret, by name or id.</summary>
    public ValueTask<Outcome<PlacedOutline>> Outline(Caller caller, string workspace, string project, string key)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("secret"));
        return audit.Read<PlacedOutline>(caller, draft, () =>
            Place(database.Structure, caller, new SecretQuery(workspace, project, null, false), draft).Refused(out var refusal, out var place)
                ? refusal
                : InOneMoment(sql => Outline(sql, caller, place, key, draft)));
    }

    /// <summary>How many shared values each environment has that the caller sees.</summary>
    public ValueTask<Outcome<IReadOnlyDictionary<Guid, int>>> Counts(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("secret"));
        return audit.Read<IReadOnlyDictionary<Guid, int>>(caller, draft, () =>
            database.Structure.View(caller, workspace, Act.ReadSecrets, draft).Refused(out var refusal, out var view)
                ? refusal
                : database.Readers.Read(sql => SecretRows.Counts(sql, view.Tree.Id))
                    .Where(count => view.Tree.Environment(count.Key) is { } environment && view.Sees(environment)).ToDictionary());
    }

    private static Outcome<PlacedOutline> Outline(Sql sql, Caller caller, SecretPlace place, string key, AuditDraft draft) =>
        Named(sql, place, key, draft) is { } secret
        && Outline(place with { Environment = null }, secret, SecretRows.Heads(sql, [secret.Id], OwnerOf(caller))[secret.Id]) is { Values.Count: > 0 } outline
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
            Sight.Ids(seen.Select(environment => environment.Id)), OwnerOf(caller),
            Sight.Ids(seen.Where(environment => environment.HasPersonalOverrides).Select(environment => environment.Id)));
    }
}
