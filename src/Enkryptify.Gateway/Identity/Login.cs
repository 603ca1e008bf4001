using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>POST /v1/auth/login: e-mail and password for a login JWT of 8 hours.</summary>
internal sealed class Login(SignIn signIn, Sessions sessions)
{
    private const string Pattern = "/v1/auth/login";

    public void Map(RouteTable routes) => routes.Post(Pattern, RouteAccess.Anonymous("e-mail and password are the proof, checked here"), Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (email, password) = Credentials(body);
        if (body.Problem is { } problem)
        {
            return Reply.Refused(problem);
        }

        var result = await signIn.Prove("POST " + Pattern, email, password, call);
        if (result.Refusal is { } refusal)
        {
            return Refused(call, refusal, result.Wait);
        }

        return Reply.Of(
            await sessions.StartLogin(result.Proof!, call.Address, call.Agent, call.RequestId),
            token => Reply.Ok(new LoginBody(token.Reveal(), "Bearer", Sessions.LoginSeconds), IdentityJson.Default.LoginBody));
    }

    public static (string Email, Sensitive Password) Credentials(JsonFields body) =>
        (body.Text("email", 1, 254).Trim().ToLowerInvariant(), new Sensitive(body.Text("password", 1, Passwords.MaxLength)));

    public static Reply Refused(Call call, Refusal refusal, TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
        {
            RetryAfter(call, wait);
        }

        return Reply.Refused(refusal);
    }

    public static void RetryAfter(Call call, TimeSpan wait) =>
        call.Context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
}

internal sealed record LoginBody(string AccessToken, string TokenType, int ExpiresIn)
{
    public override string ToString() => "[redacted]";
}
