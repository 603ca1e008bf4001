using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>
/// Trusted issuers of a workspace (contract section 4). Whoever holds a key that verifies can be any workload bound to the issuer, so only an admin of
/// full scope or the local operator makes one or changes its keys, CA, token or URL. All who make credentials see them.
/// </summary>
internal sealed class IssuerStore(Database database, Trust trust, IssuerKeys keys, Keyring ring, AuditTrail audit, TimeProvider time)
{
    /// <summary>Of one workspace. All of them may be asked for one token.</summary>
    public const int Max = 64;

    public static readonly Refusal NoIssuer = Refusal.NotFound("Issuer");
    public static readonly Refusal NeedsFullScope = Refusal.Forbidden("only an admin of the whole workspace may say whom it trusts");

    public ValueTask<Outcome<IReadOnlyList<Issuer>>> List(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("issuer"));
        return audit.Read<IReadOnlyList<Issuer>>(caller, draft, () =>
            database.Structure.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view)
                ? refusal
                : Outcome.Of<IReadOnlyList<Issuer>>(database.Readers.Read(sql => IssuerRows.Of(sql, view.Tree.Id))));
    }

    public Task<Outcome<Issuer>> Create(Caller caller, string workspace, IssuerRequest request)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("issuer", null, request.Name));
        return audit.Change<Issuer>(caller, draft, transaction =>
            transaction.View(caller, workspace, Act.ManageIssuers, draft).Refused(out var refusal, out var view) ? refusal
            : Make(transaction, caller, view, request).Refused(out refusal, out var issuer) ? refusal
            : Told(draft, issuer));
    }

    /// <summary>Within a transaction, also for an identity that brings its issuer with it.</summary>
    public Outcome<Issuer> Make(WriteTransaction transaction, Caller caller, WorkspaceView view, IssuerRequest request)
    {
        if (!MayManage(view))
        {
            return NeedsFullScope;
        }

        if (Reach(caller, request.Url, request.JwksOrigin) is { } unfit)
        {
            return unfit;
        }

        if (transaction.Sql.Number("SELECT count(*) FROM issuer WHERE workspace_id = ?1", view.Tree.Id) >= Max)
        {
            return Refusal.Conflict("too_many_issuers", $"A workspace trusts at most {Max} issuers");
        }

        var (id, now) = (Ids.New(time), time.GetUtcNow());
        var made = new Issuer(
            id, view.Tree.Id, request.Name!, request.Url!, request.Discovery ?? true, Text(request.JwksOrigin), Text(request.Ca), Sealed(id, request.BearerToken), 1, now, now);
        IssuerRows.Insert(transaction.Sql, made, caller.ActsFor(view.Tree)!.Value);
        if (request.Jwks is { } jwks)
        {
            IssuerRows.AddKeys(transaction.Sql, id, Ids.New(time), jwks, keepNewest: false, now);
        }
        else if (!made.Discovery)
        {
            return Refusal.Invalid("jwks", "must be given when discovery is false: no token could be verified");
        }

        trust.Changes(transaction, view.Tree.Id);
        return IssuerRows.ById(transaction.Sql, id)!;
    }

    public Task<Outcome<Issuer>> Change(Caller caller, string workspace, string id, IssuerRequest request)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("issuer"));
        return audit.Change<Issuer>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, id, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            if (Reach(caller, request.Url, request.JwksOrigin) is { } beyond)
            {
                return beyond;
            }

            var changed = found with
            {
                Name = request.Name ?? found.Name,
                Url = request.Url ?? found.Url,
                Discovery = request.Discovery ?? found.Discovery,
                JwksOrigin = request.JwksOrigin is null ? found.JwksOrigin : Text(request.JwksOrigin),
                Ca = request.Ca is null ? found.Ca : Text(request.Ca),
                BearerToken = request.BearerToken is null ? found.BearerToken : Sealed(found.Id, request.BearerToken),
                UpdatedAt = time.GetUtcNow(),
            };
            if (changed.Discovery && IssuerUrl.Problem(changed.Url) is { } unfit)
            {
                return Refusal.Invalid("url", unfit);
            }

            if (found.BearerToken is not null && request.BearerToken is null && (changed.Ca != found.Ca || !SameReader(changed.Url, found.Url)))
            {
                // Who may change the issuer may not read its token, and must not have it sent to themselves.
                return Refusal.Invalid("bearerToken", "must be given again, or taken away with an empty text, when the origin of url or the ca changes: they say who reads it");
            }

            if (!changed.Discovery && found.Uploads.Count == 0)
            {
                return Refusal.Conflict("no_keys", "Upload keys first: without discovery no token could be verified");
            }

            if (changed != found with { Name = changed.Name, UpdatedAt = changed.UpdatedAt })
            {
                changed = changed with { Version = found.Version + 1 };
                transaction.AfterCommit(() => keys.Forget(found));
            }

            IssuerRows.Update(transaction.Sql, changed);
            trust.Changes(transaction, changed.WorkspaceId);
            return Told(draft, changed);
        });
    }

    /// <summary>The new set serves beside the newest one there is, so that tokens of both keys pass during a roll-over; or, after a leak, alone.</summary>
    public Task<Outcome<Issuer>> PutKeys(Caller caller, string workspace, string id, string jwks, bool keepPrevious)
    {
        var draft = new AuditDraft(AuditAction.Rotate, new AuditTarget("issuer"));
        return audit.Change<Issuer>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, id, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            // The set that is the newest already: a repeated upload must not push out the one before.
            if (!keepPrevious || found.Uploads.Count == 0 || found.Uploads[0].Jwks != jwks)
            {
                IssuerRows.AddKeys(transaction.Sql, found.Id, Ids.New(time), jwks, keepPrevious, time.GetUtcNow());
            }

            draft.Add("keepPrevious", keepPrevious);
            trust.Changes(transaction, found.WorkspaceId);
            var changed = IssuerRows.ById(transaction.Sql, found.Id)!;
            transaction.AfterCommit(() => keys.Uploaded(changed));
            return Told(draft, changed);
        });
    }

    public Task<Outcome<Done>> Delete(Caller caller, string workspace, string id)
    {
        var draft = new AuditDraft(AuditAction.Delete, new AuditTarget("issuer"));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (Find(transaction, caller, workspace, id, draft).Refused(out var refusal, out var found))
            {
                return refusal;
            }

            if (transaction.Sql.Any(
                "SELECT 1 FROM identity i JOIN credential c ON c.id = i.credential_id WHERE i.issuer_id = ?1 AND c.revoked_at IS NULL", found.Id))
            {
                return Refusal.Conflict("issuer_in_use", "Identities are bound to this issuer; remove them first");
            }

            transaction.Sql.Execute("DELETE FROM issuer WHERE id = ?1", found.Id);
            trust.Changes(transaction, found.WorkspaceId);
            transaction.AfterCommit(() => keys.Forget(found));
            return Done.Value;
        });
    }

    /// <summary>
    /// A service on this host's loopback may take a request for one of its own user's. Only the local operator has the gateway ask there in clear text;
    /// anywhere else TLS stands before the first byte of a request.
    /// </summary>
    private static Refusal? Reach(Caller caller, params ReadOnlySpan<string?> urls)
    {
        foreach (var text in urls)
        {
            if (caller is not OperatorCaller && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp)
            {
                return Refusal.Forbidden("only the local operator may have keys fetched over http, which is to this host alone");
            }
        }

        return null;
    }

    private static bool SameReader(string a, string b) =>
        Uri.TryCreate(a, UriKind.Absolute, out var one) && Uri.TryCreate(b, UriKind.Absolute, out var other) && KeyFetcher.SameOrigin(one, other);

    private static bool MayManage(WorkspaceView view) => view.Right.May(Act.ManageIssuers, Place.Workspace);

    private static Outcome<Issuer> Find(WriteTransaction transaction, Caller caller, string workspace, string id, AuditDraft draft)
    {
        if (transaction.View(caller, workspace, Act.ManageIssuers, draft).Refused(out var refusal, out var view))
        {
            return refusal;
        }

        if (!Guid.TryParseExact(id, "D", out var parsed) || IssuerRows.ById(transaction.Sql, parsed) is not { } issuer || issuer.WorkspaceId != view.Tree.Id)
        {
            return NoIssuer;
        }

        draft.Target = new AuditTarget("issuer", issuer.Id.ToString("D"), issuer.Name);
        return MayManage(view) ? issuer : NeedsFullScope;
    }

    private static Issuer Told(AuditDraft draft, Issuer issuer)
    {
        draft.Target = new AuditTarget("issuer", issuer.Id.ToString("D"), issuer.Name);
        draft.Add("url", issuer.Url);
        draft.Add("discovery", issuer.Discovery);
        draft.Add("uploadedKids", Oidc.Examination.Some(issuer.Uploaded.Kids));
        return issuer;
    }

    private static string? Text(string? given) => string.IsNullOrEmpty(given) ? null : given;

    private SealedToken? Sealed(Guid issuer, Sensitive? token)
    {
        if (token is not { } given || given.Reveal().Length == 0)
        {
            return null;
        }

        var (kek, box) = ring.Wrap(Encoding.UTF8.GetBytes(given.Reveal()), SealedToken.Purpose(issuer));
        return new SealedToken(kek, box);
    }
}
