using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>POST /v1/workspace/{ws}/team.</summary>
internal sealed class CreateTeam(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Post("/v1/workspace/{ws}/team", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var name = Names.Read(body, "name");
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await structure.CreateTeam(call.Caller, call.Segment("ws"), name),
                made => Reply.Created(TeamBody.Of(made, 0), WorkspaceJson.Default.TeamBody));
    }
}
