using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Secrets;

/// <summary>GET /v1/workspace/{ws}/project/{prj}/secret: complete, no paging.</summary>
internal sealed class ListSecrets(Vault vault)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace/{ws}/project/{prj}/secret", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => SecretQueries.Read(call).Refused(out var refusal, out var query)
        ? Reply.Refused(refusal)
        : Reply.Of(
            await vault.List(call.Caller, query).ConfigureAwait(false),
            list => Reply.Ok([.. list.Select(secret => SecretBody.Of(secret, query.Environment))], SecretJson.Default.IReadOnlyListSecretBody));
}
