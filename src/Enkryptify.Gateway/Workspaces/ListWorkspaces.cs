using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>GET /v1/workspace: a credential sees its own workspace only.</summary>
internal sealed class ListWorkspaces(StructureStore structure)
{
    public void Map(RouteTable routes) => routes.Get("/v1/workspace", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call) => Reply.Of(
        await structure.Workspaces(call.Caller),
        list => Reply.Ok([.. list.Select(WorkspaceBody.Of)], WorkspaceJson.Default.IReadOnlyListWorkspaceBody));
}

internal sealed record WorkspaceBody(Guid Id, string Name, string Slug, Guid OwnerId)
{
    public static WorkspaceBody Of(Workspace workspace) => new(workspace.Id, workspace.Name, workspace.Slug, workspace.OwnerId);
}
