using System.Text.Json;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Credentials;

/// <summary>
/// GET, POST /v1/workspace/{ws}/oidc; DELETE …/oidc/{id}. Issuer, audience and subject are mandatory and exact. Unknown fields are refused: a misspelt
/// <c>claims</c> would let in more than was meant.
/// </summary>
internal sealed class IdentityEndpoints(IdentityStore identities)
{
    private const string All = "/v1/workspace/{ws}/oidc";

    public void Map(RouteTable routes)
    {
        routes.Get(All, RouteAccess.Proven, List);
        routes.Post(All, RouteAccess.Proven, Create);
        routes.Delete(All + "/{id}", RouteAccess.Proven, Revoke);
    }

    private async ValueTask<Reply> List(Call call) => Reply.Of(
        await identities.List(call.Caller, call.Segment("ws")),
        list => Reply.Ok([.. list.Identities.Select(identity => IdentityBody.Of(identity, list.Viewer))], CredentialJson.Default.IReadOnlyListIdentityBody));

    private async ValueTask<Reply> Create(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var request = Read(body);
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await identities.Create(call.Caller, call.Segment("ws"), request),
                made => Reply.Created(IdentityBody.Of(made, made.Credential.CreatedBy), CredentialJson.Default.IdentityBody));
    }

    private async ValueTask<Reply> Revoke(Call call) => Reply.Of(await identities.Revoke(call.Caller, call.Segment("ws"), call.Segment("id")), _ => Reply.Success());

    private static IdentityRequest Read(JsonFields body)
    {
        body.NoOthers("name", "issuerId", "issuer", "audience", "subject", "permission", "scope", "claims", "serviceAccountUid", "jwks");
        var name = Names.Read(body, "name");
        Guid? issuerId = body.Has("issuerId") ? body.Id("issuerId") : null;
        var issuer = issuerId is null ? Exact("issuer") : null;
        if (issuerId is not null && (body.Has("issuer") || body.Has("jwks")))
        {
            body.Complain("issuerId", "names an issuer: leave out issuer and jwks");
        }

        var (audience, subject) = (Exact("audience"), Exact("subject"));
        var permission = ScopeBody.ReadPermission(body);
        var scope = ScopeBody.Read(body);
        var uid = body.Has("serviceAccountUid") ? Exact("serviceAccountUid", 128) : null;
        var (jwks, _) = IssuerRequest.ReadKeys(body, "jwks");
        return new IdentityRequest(name, issuerId, issuer, jwks, audience, subject, permission, scope, Claims(body), uid);

        string Exact(string field, int max = IssuerUrl.MaxLength)
        {
            var text = body.Text(field);
            if (IssuerUrl.ExactProblem(text, max) is { } wrong)
            {
                body.Complain(field, wrong);
            }

            return text;
        }
    }

    private static RequiredClaims Claims(JsonFields body)
    {
        var entries = body.Entries("claims", RequiredClaims.Max);
        foreach (var (name, value) in entries)
        {
            if (RequiredClaims.Problem(name, value) is { } problem)
            {
                body.Complain("claims", problem);
            }
        }

        return body.Problem is null ? RequiredClaims.Of(entries) : RequiredClaims.None;
    }
}

internal sealed record IdentityBody(
    Guid Id, string Name, string Permission, Scope Scope, string Type, bool IsOwner, Guid CreatedById, DateTime CreatedAt, DateTime? ExpiresAt, DateTime? LastUsedAt,
    DateTime? RevokedAt, Guid? IssuerId, string Issuer, string Audience, string Subject, Dictionary<string, JsonElement> Claims, string? ServiceAccountUid)
{
    public static IdentityBody Of(RegisteredIdentity registered, Guid? viewer)
    {
        var (credential, identity) = registered;
        return new IdentityBody(
            credential.Id, credential.Name, credential.Permission.Wire(), credential.Scope, credential.Type.Wire(), credential.CreatedBy == viewer, credential.CreatedBy,
            credential.CreatedAt.UtcDateTime, credential.ExpiresAt?.UtcDateTime, credential.LastUsedAt?.UtcDateTime, credential.RevokedAt?.UtcDateTime, identity.IssuerId,
            identity.IssuerUrl, identity.Audience, identity.Subject, identity.Claims.Items.ToDictionary(claim => claim.Name, claim => claim.Value), identity.ServiceAccountUid);
    }
}
