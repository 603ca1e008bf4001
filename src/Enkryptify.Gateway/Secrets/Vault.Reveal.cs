using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets.References;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>One value for a person to look at: that one is opened, and what it refers to.</summary>
internal sealed partial class Vault
{
    /// <param name="personal">The caller's own value there, else the shared one.</param>
    public ValueTask<Outcome<RevealedValue>> Reveal(Caller caller, string workspace, string project, string key, string environment, bool personal)
    {
        var draft = new AuditDraft(AuditAction.View, new AuditTarget("secret"));
        return Read<RevealedValue>(caller, new SecretQuery(workspace, project, environment, true), draft, (rows, place) =>
        {
            draft.Add("personal", personal ? true : null);
            var owner = personal ? OwnerOf(caller) : "";
            if (Outline(rows, caller, place, key, draft).Refused(out var missing, out var found))
            {
                return missing;
            }

            var here = place.Environment!;
            if (found.Secret.In(here, personal) is null || rows.Value(found.Secret.Id, here, owner) is not { } row)
            {
                return Lookup.NoSecret;
            }

            var stored = rows.Open(row);
            var resolver = Resolver(rows, caller, place.View);
            var outcomes = new List<ReferenceOutcome>();
            var resolved = resolver.Resolve(new SecretAddress(place.Project.Id, here.Id, found.Secret.Name), stored.Reveal(), outcomes);
            draft.Add("count", 1);
            if (resolver.Opened.Count > 0)
            {
                draft.Add("resolved", (IReadOnlyList<string>)[.. resolver.Opened.Select(opened => Describe(place.View, opened))]);
            }

            return new RevealedValue(
                found, here, personal, stored, outcomes.Count == 0 ? null : new Encryption.Sensitive(resolved),
                [.. outcomes.Where(outcome => !outcome.IsResolved).Select(outcome => stored.Reveal().Substring(outcome.Span.Offset, outcome.Span.Length)).Distinct()]);
        });
    }
}
