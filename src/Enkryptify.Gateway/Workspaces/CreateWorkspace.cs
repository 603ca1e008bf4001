using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>POST /v1/workspace: the local operator alone. <c>ownerEmail</c> names the owner's account; without it the host's first account.</summary>
internal sealed class CreateWorkspace(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Post("/v1/workspace", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (name, slug, owner) = (Names.Read(body, "name"), Names.ReadSlug(body, "slug"), body.OptionalText("ownerEmail", 3, 254));
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await structure.CreateWorkspace(call.Caller, name, slug, owner),
                made => Reply.Created(WorkspaceBody.Of(made), WorkspaceJson.Default.WorkspaceBody));
    }
}
