using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// A person proves themselves with e-mail and password. What is answered, and what is computed, is the same for an account that exists and one that
/// does not; whoever keeps being wrong waits, per account and per address.
/// </summary>
internal sealed class SignIn(Accounts accounts, Passwords passwords, RefusalLog refusals, TimeProvider time)
{
    private readonly SignInThrottle byAccount = new(5, time);
    private readonly SignInThrottle byAddress = new(20, time);

    /// <param name="Wait">With a 429: when to come back.</param>
    public readonly record struct Result(SignInProof? Proof, Refusal? Refusal, TimeSpan Wait);

    public async ValueTask<Result> Prove(string route, string email, Sensitive password, Call call)
    {
        // The audit log names accounts, never what was typed: people type passwords into the wrong field.
        var (account, hash) = accounts.WithHash(email);
        var (from, address, requestId) = (call.Network, call.Address, call.RequestId);
        if (Longer(byAccount.Wait(email), byAddress.Wait(from)) is { } wait)
        {
            await refusals.Refused(route, "locked", address, requestId, account?.Email);
            return new Result(null, Refusal.RateLimited(), wait);
        }

        switch (passwords.Verify(hash, password))
        {
            case null:
                await refusals.Refused(route, "busy", address, requestId);
                return new Result(null, Refusal.RateLimited(), TimeSpan.FromSeconds(1));
            case false:
                byAccount.Failed(email);
                byAddress.Failed(from);
                await refusals.Refused(route, "wrong_password", address, requestId, account?.Email);
                return new Result(null, Refusal.Unauthenticated("wrong_password") with { Code = "invalid_credentials", Message = "Invalid e-mail or password" }, default);
            default:
                byAccount.Succeeded(email);
                if (passwords.IsOutdated(hash!))
                {
                    hash = await accounts.Rehash(account!, hash!, password);
                }

                return new Result(SignInProof.Password(account!, hash!), null, default);
        }
    }

    /// <summary>How long this account must wait before its password may be tried again, or null.</summary>
    public TimeSpan? MustWait(string email) => byAccount.Wait(email);

    public void Failed(string email) => byAccount.Failed(email);

    /// <summary>Break-glass: the local operator's reset also lifts the locks, every address's with them: the owner may share one with an attacker.</summary>
    public void Unlock(string email)
    {
        byAccount.Succeeded(email);
        byAddress.Clear();
    }

    private static TimeSpan? Longer(TimeSpan? one, TimeSpan? other) => one > other ? one : other ?? one;
}
