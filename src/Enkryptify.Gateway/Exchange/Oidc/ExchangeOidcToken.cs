using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Operations.Warnings;

namespace Enkryptify.Gateway.Exchange.Oidc;

/// <summary>
/// POST /v1/auth/oidc/exchange: a token that a trusted issuer signed, for a JWT of 15 minutes. Every refusal is the same 401; the audit entry says
/// which step failed, what the token said and what was expected.
/// </summary>
internal sealed class ExchangeOidcToken(OidcProof proof, TokenIssuer issuer, RateLimits limits, RefusalLog refusals, ExpiryHeader expiry)
{
    private const string Pattern = "/v1/auth/oidc/exchange";

    /// <summary>A token is at most 16 KiB; whoever sends much more is refused before it is read.</summary>
    private const int MaxBody = 64 * 1024;

    public void Map(RouteTable routes) => routes.Post(Pattern, RouteAccess.Anonymous("the token in the body is the proof, checked here"), Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if (call.Context.Request.ContentLength is > MaxBody)
        {
            // The rest may drain, so that the client reads the answer instead of a broken connection.
            call.Context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = 4 << 20;
            return await Refused(call, new Examination().Refuse("form", "malformed", $"a body of more than {MaxBody} bytes", "a token of at most 16384 characters"));
        }

        if (call.Context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxBody;
        }

        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (token, workspace) = (body.Text("token"), body.Text("workspaceId"));
        if (body.Problem is { } problem)
        {
            return Reply.Refused(problem);
        }

        var exam = await proof.Examine(token, workspace, call.Aborted).ConfigureAwait(false);
        if (exam.Outcome.Refused(out _, out var credential))
        {
            return await Refused(call, exam).ConfigureAwait(false);
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
        var jwt = await issuer.Issue(caller, exam.Evidence()).ConfigureAwait(false);
        expiry.Show(call.Context.Response, credential);
        return new TokenReply(jwt);
    }

    private async ValueTask<Reply> Refused(Call call, Examination exam)
    {
        await refusals.Refused(
            "POST " + Pattern, exam.Reason!, call.Address, call.RequestId, exam.ProvenSubject is { } subject ? (subject.Length <= 256 ? subject : subject[..256]) : null, exam.Workspace, exam.Evidence())
            .ConfigureAwait(false);
        return Reply.Refused(Refusal.Unauthenticated(exam.Reason!));
    }
}
