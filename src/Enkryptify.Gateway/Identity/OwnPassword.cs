using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Identity;

/// <summary>A person changes their own password, over the API or on the page. A stolen session must not be a way to guess it, so wrong ones count as failed sign-ins.</summary>
internal sealed class OwnPassword(Accounts accounts, Sessions sessions, SignIn signIn)
{
    /// <returns>With a 429 also how long to wait.</returns>
    public async ValueTask<(Outcome<Done> Outcome, TimeSpan Wait)> Change(LoginCaller caller, Sensitive current, Sensitive next)
    {
        var email = caller.User.Email;
        if (signIn.MustWait(email) is { } wait)
        {
            return (Refusal.RateLimited(), wait);
        }

        var outcome = await accounts.ChangePassword(caller, sessions, current, next);
        if (outcome.Refusal is { Kind: RefusalKind.Forbidden })
        {
            signIn.Failed(email);
        }

        return (outcome, default);
    }
}
