using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Dashboard.SignIn;

/// <summary>POST /sign-out: ends this browser's session.</summary>
internal sealed class SignOut(Sessions sessions, SessionCookie cookie)
{
    public void Map(RouteTable routes) => routes.Post("/sign-out", RouteAccess.Page, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        cookie.Clear(call.Context.Response);
        return Reply.Of(await sessions.End(call.Person, call.Person.Session.Id), _ => new SeeOther("/sign-in"));
    }
}
