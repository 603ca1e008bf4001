using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>POST /v1/workspace/{ws}/project/{prj}/environment.</summary>
internal sealed class CreateEnvironment(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Post("/v1/workspace/{ws}/project/{prj}/environment", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (name, overrides) = (Names.Read(body, "name"), body.Truth("hasPersonalOverrides", absent: false));
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await structure.CreateEnvironment(call.Caller, call.Segment("ws"), call.Segment("prj"), name, overrides),
                made => Reply.Created(EnvironmentBody.Of(made), WorkspaceJson.Default.EnvironmentBody));
    }
}
