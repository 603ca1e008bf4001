using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Overview;

/// <summary>GET /: the workspaces of whoever is signed in. With one alone, that one. GET /w/{ws} leads to its first page.</summary>
internal sealed class ChooseWorkspace(Shells shells, StructureStore structure)
{
    public void Map(RouteTable routes)
    {
        routes.Get("/", RouteAccess.Page, Show);
        routes.Get("/w/{ws}", RouteAccess.Page, call => ValueTask.FromResult<Reply>(new SeeOther($"/w/{Uri.EscapeDataString(call.Segment("ws"))}/credentials")));
    }

    private async ValueTask<Reply> Show(Call call) => Reply.Of(await structure.Workspaces(call.Person), all => all.Count == 1
        ? new SeeOther($"/w/{all[0].Slug}/credentials")
        : new PageReply(new Slices.Dashboard_Overview_ChooseWorkspaceView { Shell = shells.Plain(call, "Workspaces", Section.Overview), Model = all }));
}
