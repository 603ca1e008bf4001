using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// DELETE /v1/workspace/{ws}/project/{prj}/secret/{id}; with <c>?environmentId=</c> one environment's value, and with <c>personal=true</c> the
/// caller's own there.
/// </summary>
internal sealed class DeleteSecret(Vault vault)
{
    public void Map(RouteTable routes) => routes.Delete("/v1/workspace/{ws}/project/{prj}/secret/{id}", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if (SecretQueries.Environment(call).Refused(out var refusal, out var environment) || call.Flag("personal").Refused(out refusal, out var personal))
        {
            return Reply.Refused(refusal);
        }

        return personal && environment is null
            ? Reply.Refused(Refusal.Invalid("personal", "needs environmentId"))
            : Reply.Of(
                await vault.Delete(call.Caller, call.Segment("ws"), call.Segment("prj"), call.Segment("id"), environment, personal), _ => Reply.Success());
    }
}
