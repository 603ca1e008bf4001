using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Credentials;

/// <summary>DELETE /v1/workspace/{ws}/tokens/{id}: immediate and final; the token stays listed with <c>revokedAt</c>.</summary>
internal sealed class RevokeToken(TokenStore tokens)
{
    public void Map(RouteTable routes) => routes.Delete("/v1/workspace/{ws}/tokens/{id}", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) =>
        Reply.Of(await tokens.Revoke(call.Caller, call.Segment("ws"), call.Segment("id")), _ => Reply.Success());
}
