using System.Globalization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>GET /w/{ws}/projects: the teams, their projects and environments, and how much is in each, as far as the person sees them.</summary>
internal sealed class ProjectsPage(Shells shells, Vault vault)
{
    public void Map(RouteTable routes) => routes.Get("/w/{ws}/projects", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call)
    {
        if ((await shells.InWorkspace(call, "Projects", Section.Projects)).Refused(out var refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        return Reply.Of(
            await vault.Counts(call.Person, call.Segment("ws")),
            counts => new PageReply(new Slices.Dashboard_Projects_ProjectsView { Shell = shell, Model = new ProjectsModel(shell.Workspace!, counts) }));
    }
}

/// <param name="Counts">Secrets by environment.</param>
internal sealed record ProjectsModel(WorkspaceView View, IReadOnlyDictionary<Guid, int> Counts)
{
    public bool MayManage(Place place) => View.Tree.TakesStructure && View.Right.May(Act.ManageStructure, place);

    /// <summary>Secrets of a backend are not counted: that would take reading them.</summary>
    public string Count(Env environment) => View.Tree.Remote is not null ? "\u2013" : Counts.GetValueOrDefault(environment.Id).ToString("N0", CultureInfo.InvariantCulture);
}
