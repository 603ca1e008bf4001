using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets.References;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>One secret out of memory. The caller was authorised before, as for a read from the database, and the same code decides what of it they see.</summary>
internal sealed partial class Vault
{
    /// <summary>Null where the database has to be asked: it is not here, its key is not open, the caller has values of their own, or it refers to others.</summary>
    private Outcome<Secret>? Recent(Caller caller, SecretQuery query, SecretPlace place, string key, AuditDraft draft)
    {
        if (OwnerOf(caller).Length > 0 || recent.Find(place.Project.Id, key) is not { } found)
        {
            return null;
        }

        var blank = draft.Mark();
        draft.Target = new AuditTarget("secret", found.Row.Id.ToString("D"), found.Row.Name);
        try
        {
            var secrets = Open(new RecentRows(found, keyring), null, caller, draft, place, found.Values);
            // What the caller does not see takes the road of what is missing, also in time.
            if (secrets.Count > 0 && (!query.Resolve || !secrets.Exists(static secret => secret.Values.Any(static value => ReferenceParser.TryNext(value.Value.Reveal(), 0, out _)))))
            {
                return secrets[0];
            }
        }
        catch (UnreadableValueException)
        {
            // Its key was destroyed meanwhile: the value now lies under another one.
        }

        draft.Return(blank);
        return null;
    }

    private sealed class RecentRows(RecentSecret secret, Keyring keyring) : ISealedRows
    {
        public List<(SecretRow Secret, ValueHead Value)> OfSecret(Guid id, string owner) => secret.Values;

        public Sensitive Open(ValueHead value) => ((ValueRow)value).Open(keyring, null);
    }
}
