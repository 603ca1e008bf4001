using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Credentials;

/// <summary>POST /v1/workspace/{ws}/tokens/cli: for a signed-in person, a JWT that reads one environment for 8 hours.</summary>
internal sealed class CreateCliToken(CliTokens tokens)
{
    public void Map(RouteTable routes) => routes.Post("/v1/workspace/{ws}/tokens/cli", RouteAccess.SignedIn, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var environment = body.Id("environmentId");
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await tokens.Create(call.Person, call.Segment("ws"), environment),
                token => Reply.Ok(new CliTokenBody(token.Reveal()), CredentialJson.Default.CliTokenBody));
    }
}

internal sealed record CliTokenBody(string Token)
{
    public override string ToString() => "[redacted]";
}
