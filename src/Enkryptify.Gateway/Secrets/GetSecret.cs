using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Secrets;

/// <summary>GET /v1/workspace/{ws}/project/{prj}/secret/{key}: by name; an id also works.</summary>
internal sealed class GetSecret(Vault vault)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/project/{prj}/secret/{key}", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => SecretQueries.Read(call).Refused(out var refusal, out var query)
        ? Reply.Refused(refusal)
        : Reply.Of(
            await vault.Get(call.Caller, query, call.Segment("key")).ConfigureAwait(false),
            secret => Reply.Ok(SecretBody.Of(secret, query.Environment), SecretJson.Default.SecretBody));
}
