using System.Globalization;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Exchange.Oidc;

/// <summary>
/// One way a machine proves itself: a token that an issuer of its workspace signed. Who may have signed it is found by workspace, issuer URL and
/// key id; what a token says of itself chooses among what is trusted already and never adds to it. The library verifies the signature under one
/// key with one algorithm; audience and subject are compared here, because its comparison of audiences forgives a trailing slash.
/// </summary>
internal sealed class OidcProof(Structure structure, Trust trust, IssuerKeys issuerKeys, LiveCredentials credentials, TimeProvider time)
{
    /// <summary>How far the clocks may be apart, in seconds.</summary>
    public const int Skew = 60;

    /// <param name="workspace">Slug or id, as the caller named it.</param>
    public async ValueTask<Examination> Examine(string text, string workspace, CancellationToken aborted)
    {
        var exam = new Examination();
        if (structure.Find(workspace) is not { } tree)
        {
            return exam.Refuse("workspace", "unknown_workspace", workspace, "the slug or id of a workspace");
        }

        exam.Workspace = tree.Id;
        exam.Pass("workspace");
        if (OidcToken.Parse(text) is var (token, problem) && token is null)
        {
            return exam.Refuse("form", "malformed", problem, "a signed JWT (RFC 7519) of a service account or workload");
        }

        exam.Pass("form");
        var own = trust.Of(tree.Id);
        var issuers = own.Issuers(token.Issuer).ToList();
        if (issuers.Count == 0)
        {
            return exam.Refuse("issuer", "unknown_issuer", token.Issuer, Examination.Some(own.Urls));
        }

        exam.Pass("issuer", token.Issuer);
        if (!TrustedKey.AllAlgorithms.Contains(token.Algorithm))
        {
            return exam.Refuse("algorithm", "algorithm", token.Algorithm, string.Join(", ", TrustedKey.AllAlgorithms));
        }

        return await Signed(exam, token, own, issuers, aborted).ConfigureAwait(false) is { } signers ? Claimed(exam, token, own, signers, tree) : exam;
    }

    /// <summary>The issuer objects that hold the key that signed it; null when there is none, and the examination says why.</summary>
    private async ValueTask<List<Issuer>?> Signed(Examination exam, OidcToken token, WorkspaceTrust own, List<Issuer> issuers, CancellationToken aborted)
    {
        var signers = new List<Issuer>();
        var (found, fits) = (false, false);
        KeyLookup missed = default;
        foreach (var issuer in issuers)
        {
            var lookup = await issuerKeys.Find(issuer, token.Kid, aborted).ConfigureAwait(false);
            if (lookup.Keys.Count == 0)
            {
                missed = missed.Unreachable ? missed : lookup;
                continue;
            }

            found = true;
            foreach (var key in lookup.Keys.Where(key => key.Algorithms.Contains(token.Algorithm)))
            {
                fits = true;
                if (key.Verifies(token.Algorithm, token.Signed, token.Signature))
                {
                    signers.Add(issuer);
                    break;
                }
            }
        }

        if (!found)
        {
            foreach (var issuer in issuers)
            {
                issuerKeys.NotHeld(issuer, token.Kid, own.BySubject[(issuer.Id, token.Subject)].Any(identity => token.Audiences.Contains(identity.Audience)));
            }

            exam.Refuse("key", missed.Unreachable ? "issuer_unreachable" : "unknown_key", token.Kid, missed.Problem);
            return null;
        }

        exam.Pass("key", token.Kid);
        if (!fits)
        {
            exam.Refuse("algorithm", "algorithm", token.Algorithm, "an algorithm of the key with this kid");
            return null;
        }

        exam.Pass("algorithm", token.Algorithm);
        if (signers.Count == 0)
        {
            exam.Refuse("signature", "bad_signature", null, "a signature under the key with this kid");
            return null;
        }

        exam.Pass("signature");
        exam.ProvenSubject = token.Subject;
        return signers;
    }

    private Examination Claimed(Examination exam, OidcToken token, WorkspaceTrust own, List<Issuer> signers, WorkspaceTree tree)
    {
        var now = time.GetUtcNow();
        var seconds = now.ToUnixTimeSeconds();
        if (seconds >= token.ExpiresAt + Skew)
        {
            return exam.Refuse("times", "expired", "exp " + Shown(token.ExpiresAt), "later than " + Shown(seconds - Skew));
        }

        if (token.NotBefore > seconds + Skew || token.IssuedAt > seconds + Skew)
        {
            var from = Math.Max(token.NotBefore ?? 0, token.IssuedAt ?? 0);
            return exam.Refuse("times", "not_yet_valid", "nbf or iat " + Shown(from), "not later than " + Shown(seconds + Skew));
        }

        exam.Pass("times", "exp " + Shown(token.ExpiresAt));

        // By subject first, which the hot path finds at once; the reason named is the audience's when no identity of these issuers has it. What was
        // revoked stays in view, so that its holder's refusal says so.
        var audiences = Examination.Some(token.Audiences);
        var forSubject = signers.SelectMany(signer => own.BySubject[(signer.Id, token.Subject)]).Where(ForUs).ToList();
        if (forSubject.Count == 0)
        {
            var bound = signers.SelectMany(signer => own.Identities(signer.Id)).ToList();
            if (!bound.Exists(identity => ForUs(identity)))
            {
                return exam.Refuse("audience", "wrong_audience", audiences, Examination.Some(Live(bound, now).Select(identity => identity.Audience)));
            }

            exam.Pass("audience", audiences);
            return exam.Refuse("subject", "wrong_subject", token.Subject, Examination.Some(Live(bound.Where(ForUs), now).Select(identity => identity.Subject)));
        }

        exam.Pass("audience", audiences);
        exam.Pass("subject", token.Subject);
        var uid = KubernetesClaims.ServiceAccountUid(token.Payload);
        var forUid = forSubject.Where(identity => identity.ServiceAccountUid is null || identity.ServiceAccountUid == uid).ToList();
        if (forUid.Count == 0)
        {
            return exam.Refuse("service_account_uid", "uid_mismatch", uid ?? "none", Examination.Some(forSubject.Select(identity => identity.ServiceAccountUid!)));
        }

        exam.Pass("service_account_uid", uid);
        var fitting = forUid.Where(identity => identity.Claims.Items.All(claim =>
            token.Payload.TryGetProperty(claim.Name, out var value) && RequiredClaims.Same(claim.Value, value))).ToList();
        if (fitting.Count == 0)
        {
            var wanted = forUid[0].Claims.Items.First(claim => !token.Payload.TryGetProperty(claim.Name, out var value) || !RequiredClaims.Same(claim.Value, value));
            var held = token.Payload.TryGetProperty(wanted.Name, out var other) ? other.GetRawText() : "none";
            return exam.Refuse("claims", "claim_mismatch", $"{wanted.Name}: {held}", $"{wanted.Name}: {wanted.Value.GetRawText()}");
        }

        exam.Pass("claims");
        return Chosen(exam, fitting, now, tree);

        bool ForUs(WorkloadIdentity identity) => token.Audiences.Contains(identity.Audience);
    }

    /// <summary>Of those that fit, the one that asks most of the token, the oldest first, and none that has ended.</summary>
    private Examination Chosen(Examination exam, List<WorkloadIdentity> fitting, DateTimeOffset now, WorkspaceTree tree)
    {
        var ended = "revoked";
        foreach (var identity in fitting.OrderByDescending(identity => identity.Strictness).ThenBy(identity => identity.CredentialId))
        {
            if (credentials.ById(identity.CredentialId) is not { } credential)
            {
                continue;
            }

            if (credential.Ended(now) is { } end)
            {
                ended = end;
                continue;
            }

            if (tree.RightOf(credential.CreatedBy) is null)
            {
                ended = "creator_removed";
                continue;
            }

            return exam.Accept(credential);
        }

        return exam.Refuse("identity", ended, null, "an identity that is neither revoked nor without its creator");
    }

    private IEnumerable<WorkloadIdentity> Live(IEnumerable<WorkloadIdentity> identities, DateTimeOffset now) =>
        identities.Where(identity => credentials.ById(identity.CredentialId)?.Ended(now) is null);

    private static string Shown(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
