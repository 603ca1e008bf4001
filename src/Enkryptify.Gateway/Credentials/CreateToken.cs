using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Credentials;

/// <summary>POST /v1/workspace/{ws}/tokens: the value appears in this answer only.</summary>
internal sealed class CreateToken(TokenStore tokens)
{
    public void Map(RouteTable routes) => routes.Post("/v1/workspace/{ws}/tokens", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var name = Names.Read(body, "name");
        var permission = ScopeBody.ReadPermission(body);
        var scope = ScopeBody.Read(body);
        var lifetime = body.Text("expiresIn");
        if (Lifetime.From(DateTimeOffset.UnixEpoch, lifetime) is null)
        {
            body.Complain("expiresIn", $"must be one of {Lifetime.Choices}");
        }

        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await tokens.Create(call.Caller, call.Segment("ws"), name, permission, scope, lifetime),
                issued => Reply.Created(IssuedTokenBody.Of(issued), CredentialJson.Default.IssuedTokenBody));
    }
}

internal sealed record IssuedTokenBody(Guid Id, string Token, string Name, string Prefix, string Permission, Scope Scope, DateTime ExpiresAt)
{
    public static IssuedTokenBody Of(IssuedToken issued) => new(
        issued.Credential.Id, issued.Value.Reveal(), issued.Credential.Name, issued.Credential.Prefix!, issued.Credential.Permission.Wire(),
        issued.Credential.Scope, issued.Credential.ExpiresAt!.Value.UtcDateTime);

    /// <summary>A record prints its members; this one must not.</summary>
    public override string ToString() => $"token {Id}";
}
