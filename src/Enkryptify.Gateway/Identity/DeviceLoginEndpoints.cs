using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// The device login of the <c>ek</c> CLI (contract section 3): POST …/device/code, POST …/device/token (polled), and for the person who decides
/// GET …/device/{userCode}, POST …/approve, POST …/deny. The CLI does not know <c>slow_down</c> and dies on 429, so polls of an open request
/// are never limited.
/// </summary>
internal sealed class DeviceLoginEndpoints(
    DeviceLogins logins, Sessions sessions, AuditTrail audit, RefusalLog refusals, RateLimits limits, string publicUrl, TimeProvider time)
{
    /// <summary>Not counted by the pipeline; what is polled without an open request is counted here.</summary>
    public const string TokenPath = "/v1/auth/device/token";

    private const string ClientId = "enkryptify-cli";

    /// <summary>Several times what a poll needs.</summary>
    private const int MaxPollBytes = 2048;

    private static readonly Refusal NoCode = Refusal.NotFound("Device code");
    private readonly SignInThrottle guesses = new(10, time);

    public void Map(RouteTable routes)
    {
        var open = RouteAccess.Anonymous("a device asks before anybody has signed in; a person decides");
        routes.Post("/v1/auth/device/code", open, Code);
        routes.Post(TokenPath, open, Token);
        routes.Get("/v1/auth/device/{userCode}", RouteAccess.SignedIn, Show);
        routes.Post("/v1/auth/device/{userCode}/approve", RouteAccess.SignedIn, call => Decide(call, approved: true));
        routes.Post("/v1/auth/device/{userCode}/deny", RouteAccess.SignedIn, call => Decide(call, approved: false));
    }

    private async ValueTask<Reply> Code(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        RequireClient(body);
        if (body.Problem is { } problem)
        {
            return Reply.Refused(problem);
        }

        if (logins.Open(call.Address, call.Agent) is not { } codes)
        {
            await refusals.Refused("POST /v1/auth/device/code", "too_many_open", call.Address, call.RequestId);
            return Login.Refused(call, Refusal.RateLimited(), DeviceLogins.Lifetime);
        }

        var page = publicUrl + "/oauth/device";
        return Reply.Ok(
            new DeviceCodeBody(
                codes.DeviceCode.Reveal(), codes.UserCode, page, $"{page}?user_code={codes.UserCode}", (int)DeviceLogins.Lifetime.TotalSeconds, DeviceLogins.IntervalSeconds),
            IdentityJson.Default.DeviceCodeBody);
    }

    /// <summary>Counts against the address like any request, but who polls a request of theirs is answered all the same.</summary>
    private async ValueTask<Reply> Token(Call call)
    {
        var state = limits.CountRequest(RequestFacts.Of(call.Context).Address);
        var exceeded = state is { Exceeded: true };

        // Beyond the limit nothing is read that is too long for a poll.
        var (known, reply) = exceeded && call.Context.Request.ContentLength is not <= MaxPollBytes ? (false, null) : await Poll(call);
        if (exceeded && !known)
        {
            RateLimits.Show(call.Context.Response, state);
            return Reply.Refused(Refusal.RateLimited());
        }

        RateLimits.Show(call.Context.Response, state is { } s ? s with { Exceeded = false } : null);
        return reply!;
    }

    /// <summary><c>Known</c> when it is about a code that was given out.</summary>
    private async ValueTask<(bool Known, Reply? Reply)> Poll(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return (false, Reply.Refused(malformed));
        }

        RequireClient(body);
        var deviceCode = new Sensitive(body.Text("deviceCode", 1, 256));
        if (body.Problem is { } problem)
        {
            return (false, Reply.Refused(problem));
        }

        var (known, error, approvedIn) = logins.Poll(deviceCode);
        if (approvedIn is null)
        {
            return (known, Failed(error!));
        }

        // The word of a session that was ended since (signed out everywhere, password reset, member removed) counts for nothing.
        if (sessions.Find(approvedIn.Id) is not { } session)
        {
            return (known, Failed("access_denied"));
        }

        var started = await sessions.StartLogin(SignInProof.Device(session), call.Address, call.Agent, call.RequestId);
        return (known, started.Refused(out _, out var token)
            ? Failed("access_denied")
            : Reply.Ok(new LoginBody(token.Reveal(), "Bearer", Sessions.LoginSeconds), IdentityJson.Default.LoginBody));
    }

    private static JsonReply<DeviceErrorBody> Failed(string error) => new(400, new DeviceErrorBody(error), IdentityJson.Default.DeviceErrorBody);

    private async ValueTask<Reply> Show(Call call)
    {
        if (Guess(call, out var refusal))
        {
            return Reply.Refused(refusal);
        }

        var found = logins.ByUserCode(call.Segment("userCode"));
        return found is null
            ? await NotFound(call)
            : Reply.Ok(new DeviceRequestBody(found.Address, found.Agent, found.AskedAt.UtcDateTime, found.ExpiresAt.UtcDateTime), IdentityJson.Default.DeviceRequestBody);
    }

    private async ValueTask<Reply> Decide(Call call, bool approved)
    {
        if (Guess(call, out var refusal))
        {
            return Reply.Refused(refusal);
        }

        var code = call.Segment("userCode");
        if (logins.ByUserCode(code) is null)
        {
            return await NotFound(call);
        }

        // It counts once its entry is committed, and never for a session that ended meanwhile.
        var draft = new AuditDraft(approved ? AuditAction.Approve : AuditAction.Deny, new AuditTarget("device-login"));
        return Reply.Of(
            await audit.Change<Done>(call.Person, draft, transaction =>
            {
                if (logins.Take(code) is not { } login)
                {
                    return NoCode;
                }

                draft.Add("askedFrom", login.Address);
                transaction.AfterCommit(() => logins.Decide(login, approved, call.Person.Session));
                return Done.Value;
            }),
            _ => Reply.Success());
    }

    /// <summary>Wrong codes are slowed by address and by the person who tries.</summary>
    private bool Guess(Call call, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Refusal? refusal)
    {
        var wait = guesses.Wait(ClientAddress.SiteOf(call.Address)) ?? guesses.Wait(call.Caller.Actor.Id!);
        refusal = wait is null ? null : Refusal.RateLimited();
        if (wait is { } pause)
        {
            Login.RetryAfter(call, pause);
        }

        return refusal is not null;
    }

    private async ValueTask<Reply> NotFound(Call call)
    {
        guesses.Failed(ClientAddress.SiteOf(call.Address));
        guesses.Failed(call.Caller.Actor.Id!);
        await refusals.Refused(call.Route, "unknown_user_code", call.Address, call.RequestId, call.Caller.Actor.Id);
        return Reply.Refused(NoCode);
    }

    private static void RequireClient(JsonFields body)
    {
        if (body.Text("clientId") != ClientId)
        {
            body.Complain("clientId", $"must be {ClientId}");
        }
    }
}

internal sealed record DeviceCodeBody(string DeviceCode, string UserCode, string VerificationUri, string VerificationUriComplete, int ExpiresIn, int Interval)
{
    public override string ToString() => "[redacted]";
}

/// <summary>The one error shape that is not ours: RFC 8628 section 3.5, as the CLI reads it.</summary>
internal sealed record DeviceErrorBody(string Error);

internal sealed record DeviceRequestBody(string? Address, string? Agent, DateTime AskedAt, DateTime ExpiresAt);
