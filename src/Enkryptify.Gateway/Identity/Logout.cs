using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>POST /v1/auth/cli/logout: ends this login at once; with <c>{"all": true}</c> all of the person's sessions and CLI tokens.</summary>
internal sealed class Logout(Sessions sessions)
{
    public void Map(RouteTable routes) => routes.Post("/v1/auth/cli/logout", RouteAccess.SignedIn, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        var all = false;
        if (call.HasBody)
        {
            if ((await call.Body()).Refused(out var malformed, out var body))
            {
                return Reply.Refused(malformed);
            }

            all = body.Truth("all", absent: false);
            if (body.Problem is { } problem)
            {
                return Reply.Refused(problem);
            }
        }

        return Reply.Of(all ? await sessions.EndEverywhere(call.Person) : await sessions.End(call.Person, call.Person.Session.Id), _ => Reply.Success());
    }
}
