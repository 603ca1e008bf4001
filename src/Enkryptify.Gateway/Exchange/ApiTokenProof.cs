using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Exchange;

/// <summary>One way a machine proves itself: an API token whose digest the store knows. Every refusal is the same 401; the reason is for the audit.</summary>
internal sealed class ApiTokenProof(LiveCredentials credentials, DigestKeys digestKeys, Structure structure, TimeProvider time)
{
    public Outcome<Credential> Verify(Sensitive token)
    {
        if (!ApiToken.IsWellFormed(token.Reveal()))
        {
            return Refusal.Unauthenticated("malformed");
        }

        if (Find(token) is not { } credential)
        {
            return Refusal.Unauthenticated("unknown");
        }

        if (credential.Ended(time.GetUtcNow()) is { } ended)
        {
            return Refusal.Unauthenticated(ended);
        }

        return structure.Find(credential.WorkspaceId)?.RightOf(credential.CreatedBy) is null
            ? Refusal.Unauthenticated("creator_removed")
            : credential;
    }

    private Credential? Find(Sensitive token)
    {
        foreach (var digest in digestKeys.Digests(token))
        {
            if (credentials.ByDigest(digest) is { } credential)
            {
                return credential;
            }
        }

        return null;
    }
}
