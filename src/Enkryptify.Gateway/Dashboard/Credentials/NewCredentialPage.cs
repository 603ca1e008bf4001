using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>GET /w/{ws}/credentials/new: which kind.</summary>
internal sealed class NewCredentialPage(Shells shells)
{
    public void Map(RouteTable routes) => routes.Get("/w/{ws}/credentials/new", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call) => Reply.Of(
        await shells.InWorkspace(call, "Create credential", Section.Credentials),
        shell => new PageReply(new Slices.Dashboard_Credentials_NewCredentialView { Shell = shell, Model = default }));
}
