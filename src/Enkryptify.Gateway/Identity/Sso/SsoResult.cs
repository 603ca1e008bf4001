using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>What a browser is told that comes back from the provider. How that looks is the dashboard's (<c>Dashboard/SignIn/SsoResultPage.cs</c>).</summary>
/// <param name="GoesOn">
/// The end of a sign-in is a page and not a redirect: the browser came here from the provider's site, and a redirect would still count as that site's, so
/// the dashboard's <c>SameSite=Strict</c> cookie would stay behind. From this page it goes on by itself.
/// </param>
internal sealed record SsoResult(int Status, string Title, string Message, string Link, bool GoesOn)
{
    public static readonly SsoResult SignedIn = new(200, "Signed in", "You are signed in.", "Continue", GoesOn: true);

    public static readonly SsoResult Linked = new(200, "Linked", "Your account is linked to the identity provider.", "Continue", GoesOn: true);

    public static SsoResult Failed(Refusal refusal) => new(RefusalReply.StatusOf(refusal.Kind), "Not signed in", refusal.Message, "Back", GoesOn: false);
}

/// <summary>How the two halves of the flow end.</summary>
internal sealed class SsoEnd(RefusalLog refusals, Func<SsoResult, Reply> page)
{
    public Reply Shown(SsoResult result) => page(result);

    public async ValueTask<Reply> Refuse(Call call, Refusal refusal, string? subject = null)
    {
        await refusals.Refused($"{call.Context.Request.Method} {call.Route}", refusal.Code, call.Address, call.RequestId, subject);
        return page(SsoResult.Failed(refusal));
    }
}

/// <summary>Sends the browser to the provider. The address, with state in it, is told to nobody and stored nowhere.</summary>
internal sealed class ToProvider(Uri url) : Reply
{
    public override Task Write(HttpContext context, string requestId)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = url.AbsoluteUri;
        return Task.CompletedTask;
    }
}
