using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Secrets;

/// <summary>DELETE /v1/workspace/{ws}/project/{prj}/secret/{id}; with <c>?environmentId=</c> one environment's value.</summary>
internal sealed class DeleteSecret(Vault vault)
{
    public void Map(RouteTable routes) => routes.Delete("/v1/workspace/{ws}/project/{prj}/secret/{id}", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => SecretQueries.Environment(call).Refused(out var refusal, out var environment)
        ? Reply.Refused(refusal)
        : Reply.Of(
            await vault.Delete(call.Caller, call.Segment("ws"), call.Segment("prj"), call.Segment("id"), environment), _ => Reply.Success());
}
