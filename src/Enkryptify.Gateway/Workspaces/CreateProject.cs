using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>POST /v1/workspace/{ws}/project.</summary>
internal sealed class CreateProject(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Post("/v1/workspace/{ws}/project", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (name, slug, team) = (Names.Read(body, "name"), Names.ReadSlug(body, "slug"), body.Id("teamId"));
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await structure.CreateProject(call.Caller, call.Segment("ws"), name, slug, team),
                made => Reply.Created(ProjectBody.Of(made), WorkspaceJson.Default.ProjectBody));
    }
}
