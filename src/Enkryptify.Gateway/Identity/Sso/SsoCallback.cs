using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>
/// GET /auth/sso/callback: where the provider sends the browser back. In this order: the state is one of ours, from this browser, and now used up;
/// the answer is this provider's; its code is redeemed; the ID token holds; the person has an account, or gets one. Then a dashboard session begins.
/// </summary>
internal sealed class SsoCallback(
    Provider provider, IdToken idToken, OpenSignIns open, SsoAccounts accounts, Sessions sessions, SsoCookie browser, SessionCookie cookie,
    string issuer, SsoEnd end)
{
    public const string Path = "/auth/sso/callback";
    private const int LongestCode = 4096;

    public void Map(RouteTable routes) => routes.Get(Path, RouteAccess.Anonymous("the provider's answer is the proof, checked here"), Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        // Nothing that came along is looked at, and nothing is sent out, before the state has proven to be ours.
        if (open.Take(One(call, "state"), browser.Take(call)) is not { } signIn)
        {
            return await end.Refuse(call, SsoRefusal.State);
        }

        if ((await Prove(call, signIn)).Refused(out var refusal, out var person))
        {
            return await end.Refuse(call, refusal);
        }

        return signIn.LinkTo is { } session ? await Link(call, session, person) : await SignIn(call, person);
    }

    private async ValueTask<Outcome<ProvenPerson>> Prove(Call call, OpenSignIn signIn)
    {
        if ((await provider.Metadata()).Refused(out var refusal, out var metadata))
        {
            return refusal;
        }

        // RFC 9207: an answer of another provider, mixed up by an attacker, would have us redeem its code here.
        if (call.Context.Request.Query.ContainsKey("iss") ? One(call, "iss") != issuer : metadata.NamesItself)
        {
            return SsoRefusal.Issuer;
        }

        if (call.Context.Request.Query.ContainsKey("error"))
        {
            return SsoRefusal.Denied;
        }

        if (One(call, "code") is not { Length: > 0 and <= LongestCode } code)
        {
            return SsoRefusal.Code;
        }

        return (await provider.Redeem(metadata, code, signIn.Verifier)).Refused(out refusal, out var token) ? refusal : await idToken.Judge(token, signIn.Nonce);
    }

    private async ValueTask<Reply> SignIn(Call call, ProvenPerson person)
    {
        if ((await accounts.Of(person, call.Address, call.RequestId)).Refused(out var refusal, out var account))
        {
            return await end.Refuse(call, refusal, person.Email ?? person.Subject);
        }

        // What the browser held before ends with this sign-in, and is never taken over.
        if (await cookie.Caller(call) is { } before)
        {
            await sessions.End(before, before.Session.Id);
        }

        var proof = SignInProof.Identity(account, person.Issuer, person.Subject);
        if ((await sessions.StartDashboard(proof, call.Address, call.Agent, call.RequestId)).Refused(out _, out var value))
        {
            return end.Shown(SsoResult.Failed(SsoRefusal.State));
        }

        cookie.Set(call.Context.Response, value);
        return end.Shown(SsoResult.SignedIn);
    }

    /// <summary>The session that asked for it must still be open: the dashboard's cookie itself does not come along from the provider's site.</summary>
    private async ValueTask<Reply> Link(Call call, Guid session, ProvenPerson person)
    {
        if (sessions.Find(session) is not { } signedIn)
        {
            return await end.Refuse(call, SsoRefusal.SignInFirst);
        }

        var linked = await accounts.Link(new LoginCaller(signedIn, call.Address, call.RequestId), person);
        return end.Shown(linked.Refusal is { } refusal ? SsoResult.Failed(refusal) : SsoResult.Linked);
    }

    /// <summary>A parameter that stands exactly once.</summary>
    private static string? One(Call call, string name) => call.Context.Request.Query[name] is { Count: 1 } values ? values[0] : null;
}
