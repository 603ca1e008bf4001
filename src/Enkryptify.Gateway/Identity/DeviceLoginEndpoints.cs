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
    DeviceLogins logins, DeviceDecisions decisions, Sessions sessions, RefusalLog refusals, RateLimits limits, string publicUrl)
{
    /// <summary>Not counted by the pipeline; what is polled without an open request is counted here.</summary>
    public const string TokenPath = "/v1/auth/device/token";

    private const string ClientId = "enkryptify-cli";

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

        if (logins.Open(call.Network, call.Address, call.Agent) is not { } codes)
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

    private async ValueTask<Reply> Token(Call call)
    {
        // Counted before anything is read; only a poll of an open request at the CLI's pace goes on beyond the limit.
        var state = limits.CountRequest(RequestFacts.Of(call.Context).Address);
        RateLimits.Show(call.Context.Response, state is { } shown ? shown with { Exceeded = false } : null);
        var exceeded = state is { Exceeded: true };
        if ((await call.Body()).Refused(out var problem, out var body))
        {
            return exceeded ? Limited(call, state) : Reply.Refused(problem);
        }

        RequireClient(body);
        var deviceCode = new Sensitive(body.Text("deviceCode", 1, 256));
        if (body.Problem is { } invalid)
        {
            return exceeded ? Limited(call, state) : Reply.Refused(invalid);
        }

        if (exceeded && !logins.IsPaced(deviceCode))
        {
            return Limited(call, state);
        }

        var (error, approver) = logins.Poll(deviceCode);
        if (approver is null)
        {
            return new JsonReply<DeviceErrorBody>(400, new DeviceErrorBody(error!), IdentityJson.Default.DeviceErrorBody);
        }

        var started = await sessions.StartLogin(SignInProof.Device(approver), call.Address, call.Agent, call.RequestId);
        return started.Refused(out _, out var token)
            ? new JsonReply<DeviceErrorBody>(400, new DeviceErrorBody("access_denied"), IdentityJson.Default.DeviceErrorBody)
            : Reply.Ok(new LoginBody(token.Reveal(), "Bearer", Sessions.LoginSeconds), IdentityJson.Default.LoginBody);
    }

    private static Reply Limited(Call call, RateState? state)
    {
        RateLimits.Show(call.Context.Response, state);
        return Reply.Refused(Refusal.RateLimited());
    }

    private async ValueTask<Reply> Show(Call call) => Reply.Of(await decisions.Find(call, call.Segment("userCode")), found => Reply.Ok(
        new DeviceRequestBody(found.Address, found.Agent, found.AskedAt.UtcDateTime, found.ExpiresAt.UtcDateTime), IdentityJson.Default.DeviceRequestBody));

    private async ValueTask<Reply> Decide(Call call, bool approved) =>
        Reply.Of(await decisions.Decide(call, call.Segment("userCode"), approved), _ => Reply.Success());

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
