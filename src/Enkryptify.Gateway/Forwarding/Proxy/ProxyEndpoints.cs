using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>The two wire forms of contract section 7: <c>POST /proxy</c> answers as the upstream did, <c>POST /proxy/{ws}/{prj}/{environmentId}</c> with an envelope.</summary>
internal sealed class ProxyEndpoints(ProxyCalls calls, ProxyRequestReader reader)
{
    public void Map(RouteTable routes)
    {
        routes.Post("/proxy", RouteAccess.Proven, new CodedErrors(), Verbatim);
        routes.Post("/proxy/{ws}/{prj}/{environmentId}", RouteAccess.Proven, new PlainErrors(), InEnvelope);
    }

    private async ValueTask<Reply> Verbatim(Call call)
    {
        if ((await reader.WithConfig(call)).Refused(out var refusal, out var request))
        {
            return Reply.Refused(refusal);
        }

        return Reply.Of(await calls.Stream(call.Caller, request, call.Aborted), answer => new VerbatimReply(answer));
    }

    private async ValueTask<Reply> InEnvelope(Call call)
    {
        if ((await reader.WithPath(call)).Refused(out var refusal, out var request))
        {
            return Reply.Refused(refusal);
        }

        return Reply.Of(await calls.Whole(call.Caller, request, call.Aborted), envelope => new BytesReply("application/json; charset=utf-8", envelope.Json));
    }
}
