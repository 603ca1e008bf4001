using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Operations.Metrics;

/// <summary>
/// GET /metrics, for Prometheus: at the admin socket; on the network only to who shows <c>metrics.token</c>, and without that setting it is no route there.
/// </summary>
internal sealed class GetMetrics
{
    private const string Pattern = "/metrics";
    private const int LeastTokenLength = 16;

    private readonly GatewayMetrics metrics;
    private readonly RefusalLog refusals;
    private readonly byte[]? digest;

    /// <exception cref="UnusableSettingException">The token cannot be read, or is short enough to be guessed.</exception>
    public GetMetrics(GatewayMetrics metrics, MetricsConfig config, RefusalLog refusals)
    {
        (this.metrics, this.refusals) = (metrics, refusals);
        if (config.Token is { } reference)
        {
            var token = ReferencedSecret.Text(reference, "metrics token").Reveal();
            digest = token.Length >= LeastTokenLength
                ? Digest(token)
                : throw new UnusableSettingException($"metrics.token: {reference} holds fewer than {LeastTokenLength} characters. Make one with: openssl rand -hex 24");
        }
    }

    public void Map(RouteTable routes) => routes.Get(Pattern, RouteAccess.Anonymous("the admin socket or the token of the metrics is the proof, checked here"), Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if (!call.AtAdminSocket)
        {
            if (digest is null)
            {
                return Reply.Refused(new Refusal(RefusalKind.NotFound, "route_not_found", "No such route"));
            }

            if (Bearer.Of(call.Context.Request) is not { } token || !CryptographicOperations.FixedTimeEquals(Digest(token), digest))
            {
                await refusals.Refused("GET " + Pattern, "wrong_metrics_token", call.Address, call.RequestId).ConfigureAwait(false);
                return Reply.Refused(Refusal.Unauthenticated("wrong_metrics_token"));
            }
        }

        var page = new MetricsText();
        metrics.Gather(page);
        return new BytesReply(MetricsText.ContentType, page.ToBytes());
    }

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
