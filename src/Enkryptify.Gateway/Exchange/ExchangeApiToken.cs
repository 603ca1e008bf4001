using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Operations.Warnings;

namespace Enkryptify.Gateway.Exchange;

/// <summary>POST /v1/auth/exchange: an API token for a JWT of 15 minutes. The hot path.</summary>
internal sealed class ExchangeApiToken(ApiTokenProof proof, TokenIssuer issuer, RateLimits limits, RefusalLog refusals, ExpiryHeader expiry)
{
    private const string Pattern = "/v1/auth/exchange";

    public void Map(RouteTable routes) => routes.Post(Pattern, RouteAccess.Anonymous("the API token in the header is the proof, checked here"), Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        var outcome = Bearer.Of(call.Context.Request) is not { } token ? Refusal.Unauthenticated("no_token")
            : token.StartsWith(ApiToken.Mark, StringComparison.Ordinal) ? proof.Verify(new Sensitive(token))
            : Refusal.Unauthenticated("not_an_api_token");
        if (outcome.Refused(out var refusal, out var credential))
        {
            await refusals.Refused("POST " + Pattern, refusal.Reason!, call.Address, call.RequestId).ConfigureAwait(false);
            return Reply.Refused(refusal);
        }

        var state = limits.CountExchange(credential.Id);
        RateLimits.Show(call.Context.Response, state);
        if (state is { Exceeded: true })
        {
            await refusals.Refused("POST " + Pattern, "rate_limit_exceeded", call.Address, call.RequestId, credential.Id.ToString("D")).ConfigureAwait(false);
            return Reply.Refused(Refusal.RateLimited());
        }

        var caller = new CredentialCaller(credential, call.Address, call.RequestId);
        RequestFacts.Of(call.Context).Actor = caller.Actor;
        var jwt = await issuer.Issue(caller).ConfigureAwait(false);
        expiry.Show(call.Context.Response, credential);
        return new TokenReply(jwt);
    }
}
