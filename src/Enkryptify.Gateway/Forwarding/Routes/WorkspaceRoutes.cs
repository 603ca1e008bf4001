using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// The legacy routes that inject a workspace's secrets, with their upstreams' health, for its admins. An admin of narrower scope sees those of
/// environments in sight.
/// </summary>
internal sealed class WorkspaceRoutes(LegacyRoutes routes, Database database, AuditTrail audit)
{
    public ValueTask<Outcome<IReadOnlyList<RouteBody>>> List(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("route"));
        return audit.Read<IReadOnlyList<RouteBody>>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ManageAllowList, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var status = routes.Status();
            List<RouteBody> listed = [.. status.Routes
                .Where(route => route.WorkspaceId == view.Tree.Id && view.Project(route.Project) is { } project && view.Environment(project, route.Environment) is not null)
                .Select(route => RouteBody.Of(route, status.Clusters.First(cluster => cluster.Name == route.Cluster)))];
            draft.Add("count", listed.Count);
            return listed;
        });
    }
}
