using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Credentials;

/// <summary>POST /v1/workspace/{ws}/tokens/{id}/rotate: same credential, new value; the old one and its JWTs end at once.</summary>
internal sealed class RotateToken(TokenStore tokens)
{
    public void Map(RouteTable routes) => routes.Post("/v1/workspace/{ws}/tokens/{id}/rotate", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => Reply.Of(
        await tokens.Rotate(call.Caller, call.Segment("ws"), call.Segment("id")),
        issued => Reply.Ok(IssuedTokenBody.Of(issued), CredentialJson.Default.IssuedTokenBody));
}
