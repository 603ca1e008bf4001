using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Credentials;

/// <summary>GET /v1/workspace/{ws}/tokens: newest first; admins see all, others their own.</summary>
internal sealed class ListTokens(TokenStore tokens)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/tokens", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => Reply.Of(
        await tokens.List(call.Caller, call.Segment("ws")),
        list => Reply.Ok([.. list.Tokens.Select(token => TokenBody.Of(token, list.Viewer))], CredentialJson.Default.IReadOnlyListTokenBody));
}

internal sealed record TokenBody(
    Guid Id, string Name, string? Prefix, string Permission, Scope Scope, string Type, bool IsOwner, Guid CreatedById, DateTime CreatedAt, DateTime? ExpiresAt,
    DateTime? LastUsedAt, DateTime? RevokedAt)
{
    public static TokenBody Of(Credential token, Guid? viewer) => new(
        token.Id, token.Name, token.Prefix, token.Permission.Wire(), token.Scope, token.Type.Wire(), token.CreatedBy == viewer, token.CreatedBy,
        token.CreatedAt.UtcDateTime, token.ExpiresAt?.UtcDateTime, token.LastUsedAt?.UtcDateTime, token.RevokedAt?.UtcDateTime);
}
