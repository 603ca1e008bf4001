using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

internal sealed partial class Vault
{
    /// <summary>
    /// The values that a request is to carry elsewhere on the caller's behalf, references expanded with the caller's rights. Which names are wanted can
    /// depend on which there are (contract section 7: percent-escapes), so <paramref name="choose"/> is asked once the place is known; only what it names is
    /// opened, and the entry lists that, before anything leaves here.
    /// </summary>
    /// <param name="query">With an environment.</param>
    /// <param name="personal">Takes the caller's personal value of a name, where there is one, before the shared one.</param>
    /// <param name="choose">Given whether the caller sees a value of a name there; gives the names to open, which must all be seen.</param>
    public ValueTask<Outcome<IReadOnlyDictionary<string, Sensitive>>> Use(
        Caller caller, SecretQuery query, bool personal, Func<Func<string, bool>, Outcome<IReadOnlyList<string>>> choose)
    {
        var draft = new AuditDraft(AuditAction.View, new AuditTarget("secret"));
        return Read<IReadOnlyDictionary<string, Sensitive>>(caller, query, draft, (rows, place) => OpenNamed(rows, caller, draft, place, personal, choose));
    }

    private static Outcome<IReadOnlyDictionary<string, Sensitive>> OpenNamed(
        ISecretRows rows, Caller caller, AuditDraft draft, SecretPlace place, bool personal, Func<Func<string, bool>, Outcome<IReadOnlyList<string>>> choose)
    {
        var environment = place.Environment ?? throw new InvalidOperationException("Values are used from one environment.");
        if (choose(name => ValueOf(rows, caller, place, environment, name, personal) is not null).Refused(out var refusal, out var names))
        {
            return refusal;
        }

        var resolver = Resolver(rows, caller, place.View);
        var values = new Dictionary<string, Sensitive>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var row = ValueOf(rows, caller, place, environment, name, personal) ?? throw new InvalidOperationException("A name was chosen that is not there.");
            values.Add(name, Resolved(resolver, place.Project, environment, name, rows.Open(row)));
        }

        draft.Add("count", values.Count);
        draft.Add("secrets", names);
        if (resolver.Opened.Count > 0)
        {
            draft.Add("resolved", (IReadOnlyList<string>)[.. resolver.Opened.Select(opened => Describe(place.View, opened))]);
        }

        return values;
    }

    private static ValueHead? ValueOf(ISecretRows rows, Caller caller, SecretPlace place, Env environment, string name, bool personal)
    {
        // No secret has an id's form for its name; one that is asked for by its id is not asked for by its name.
        if (Ids.TryParse(name, out _) || rows.Find(place.Project, environment, name) is not { } secret)
        {
            return null;
        }

        var own = personal && environment.HasPersonalOverrides && OwnerOf(caller) is { Length: > 0 } owner ? rows.Value(secret.Id, environment, owner) : null;
        return own ?? rows.Value(secret.Id, environment, "");
    }
}
