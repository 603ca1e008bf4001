using System.Buffers.Text;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>GET /.well-known/jwks.json (RFC 7517): the next, the current, and previous keys while their tokens live.</summary>
internal sealed class GetJwks(SigningKeys keys)
{
    public void Map(RouteTable routes) => routes.Get("/.well-known/jwks.json", RouteAccess.Anonymous("public keys"), Handle);

    private ValueTask<Reply> Handle(Call call)
    {
        call.Context.Response.Headers.CacheControl = "public, max-age=300";
        return ValueTask.FromResult(Reply.Ok(new JwksBody([.. keys.Now.Published.Select(JwkBody.Of)]), IdentityJson.Default.JwksBody));
    }
}

internal sealed record JwksBody(IReadOnlyList<JwkBody> Keys);

internal sealed record JwkBody(string Kty, string Use, string Alg, string Crv, string Kid, string X, string Y)
{
    public static JwkBody Of(SigningKey key) => new(
        "EC", "sig", "ES256", "P-256", key.Id, Base64Url.EncodeToString(key.Parameters.Q.X), Base64Url.EncodeToString(key.Parameters.Q.Y));
}
