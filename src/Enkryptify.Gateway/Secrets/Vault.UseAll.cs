using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Secrets;

/// <summary>Reads for a use of the gateway's own: values that go into a forwarded request and not to who asked.</summary>
internal sealed partial class Vault
{
    /// <summary>
    /// The values of these names in one environment, all of them or a refusal. Its one audit entry names them and <paramref name="use"/>, what they are
    /// for.
    /// </summary>
    /// <param name="use">A kind and a name of the operator's, such as a route.</param>
    public ValueTask<Outcome<IReadOnlyDictionary<string, Sensitive>>> UseAll(Caller caller, SecretQuery query, IReadOnlyList<string> names, AuditTarget use)
    {
        var draft = new AuditDraft(AuditAction.View, new AuditTarget("secret"));
        draft.Add(use.Kind, use.Name);
        draft.Add("names", names);
        return Read<IReadOnlyDictionary<string, Sensitive>>(caller, query, draft, (rows, place) =>
        {
            var found = Open(rows, caller, query, draft, place,
                [.. names.Select(name => rows.Find(place.Project, place.Environment, name)).OfType<SecretRow>().SelectMany(row => rows.OfSecret(row.Id, OwnerOf(caller)))]);

            // The last value is the caller's own where there is one.
            var values = found.ToDictionary(secret => secret.Name, secret => secret.Values[^1].Value, StringComparer.Ordinal);
            string[] missing = [.. names.Where(name => !values.ContainsKey(name))];
            if (missing.Length > 0)
            {
                draft.Add("missing", (IReadOnlyList<string>)missing);
                return Workspaces.Lookup.NoSecret;
            }

            return Outcome.Of<IReadOnlyDictionary<string, Sensitive>>(values);
        });
    }
}
