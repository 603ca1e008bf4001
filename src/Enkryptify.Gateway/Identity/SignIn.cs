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

    public async ValueTask<Result> Prove(string route, string email, Sensitive password, string? address, string requestId)
    {
        // What was typed is told only where it is an account's: people type passwords into this field too.
        var (account, hash) = accounts.WithHash(email);
        if (Wait(email, address) is { } wait)
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
                Failed(email, address);
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

    /// <summary>How long nobody may prove themselves with this account, or from this address; null when they may.</summary>
    public TimeSpan? Wait(string email, string? address)
    {
        var (account, site) = (byAccount.Wait(email), byAddress.Wait(ClientAddress.SiteOf(address)));
        return account > site ? account : site ?? account;
    }

    public void Failed(string email, string? address)
    {
        byAccount.Failed(email);
        byAddress.Failed(ClientAddress.SiteOf(address));
    }

    /// <summary>Break-glass: the local operator's reset also lifts the locks, every address's with them: the owner may share one with an attacker.</summary>
    public void Unlock(string email)
    {
        byAccount.Succeeded(email);
        byAddress.Clear();
    }
}
