using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// What a person does with a device's code, over the API and on the page: see who asks, approve or deny, once. Wrong codes are slowed by address and by
/// the person who tries, in both places together.
/// </summary>
internal sealed class DeviceDecisions(DeviceLogins logins, AuditTrail audit, RefusalLog refusals, TimeProvider time)
{
    private static readonly Refusal NoCode = Refusal.NotFound("Device code");
    private readonly SignInThrottle guesses = new(10, time);

    /// <summary>An open request, by the code that a person typed.</summary>
    public async ValueTask<Outcome<DeviceLogin>> Find(Call call, string userCode) =>
        MustWait(call) ?? (logins.ByUserCode(userCode) is { } found ? found : (Outcome<DeviceLogin>)await Unknown(call));

    public async ValueTask<Outcome<Done>> Decide(Call call, string userCode, bool approved)
    {
        if ((await Find(call, userCode)).Refused(out var refusal, out var asked))
        {
            return refusal;
        }

        // The entry first: what cannot be written down does not happen.
        var draft = new AuditDraft(approved ? AuditAction.Approve : AuditAction.Deny, new AuditTarget("device-login"));
        draft.Add("askedFrom", asked.Address);
        await audit.Record(call.Person, draft);
        return logins.Decide(userCode, approved, call.Person.Session) is null ? await Unknown(call) : Done.Value;
    }

    private Outcome<DeviceLogin>? MustWait(Call call)
    {
        if ((guesses.Wait(call.Network) ?? guesses.Wait(call.Caller.Actor.Id!)) is not { } pause)
        {
            return null;
        }

        Login.RetryAfter(call, pause);
        return Refusal.RateLimited();
    }

    private async ValueTask<Refusal> Unknown(Call call)
    {
        guesses.Failed(call.Network);
        guesses.Failed(call.Caller.Actor.Id!);
        await refusals.Refused(call.Route, "unknown_user_code", call.Address, call.RequestId, call.Caller.Actor.Id);
        return NoCode;
    }
}
