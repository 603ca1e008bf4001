using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>POST /v1/user/password: break-glass. The local operator sets a password, which also confirms the e-mail, lifts a lock and ends all sessions.</summary>
internal sealed class ResetPassword(Accounts accounts, Sessions sessions, SignIn signIn)
{
    public void Map(RouteTable routes) => routes.Post("/v1/user/password", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (email, password) = (Accounts.ReadEmail(body, "email"), Passwords.Read(body, "password"));
        if (body.Problem is { } problem)
        {
            return Reply.Refused(problem);
        }

        var outcome = await accounts.ResetPassword(call.Caller, sessions, email, password);
        if (outcome.Refusal is null)
        {
            signIn.Unlock(email);
        }

        return Reply.Of(outcome, _ => Reply.Success());
    }
}
