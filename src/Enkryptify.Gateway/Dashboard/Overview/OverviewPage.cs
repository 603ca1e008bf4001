using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Exchange;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Operations;

namespace Enkryptify.Gateway.Dashboard.Overview;

/// <summary>
/// GET /w/{ws}/overview: what ends soon, what was refused and why, exchanges by the hour, health. Of the log only who may read it whole sees anything; everybody
/// else sees how their own credentials stand.
/// </summary>
internal sealed class OverviewPage(Shells shells, CredentialList credentials, AuditGlances glances, ExchangeCounts counts, Readiness readiness)
{
    public void Map(RouteTable routes) => routes.Get("/w/{ws}/overview", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call)
    {
        var workspace = call.Segment("ws");
        if ((await shells.InWorkspace(call, "Overview", Section.Overview)).Refused(out var refusal, out var shell)
            || (await credentials.Standing(call.Person, workspace, CredentialWords.Soon)).Refused(out refusal, out var standing))
        {
            return Reply.Refused(refusal);
        }

        var view = shell.Workspace!;
        Traffic? traffic = null;
        if (view.Right.May(Act.ReadAudit, Place.Workspace))
        {
            var from = counts.From;
            if ((await glances.Look(call.Person, workspace, from, ExchangeCounts.Hours, counts.Since)).Refused(out refusal, out var glance))
            {
                return Reply.Refused(refusal);
            }

            traffic = new Traffic(glance, from, [.. counts.Of(view.Tree.Id).Zip(glance.Exchanges, (memory, log) => memory + log)]);
        }

        var warnings = IssuersPage.MayManage(view) ? readiness.IssuerKeys().Where(warning => warning.Issuer.WorkspaceId == view.Tree.Id) : [];
        return new PageReply(new Slices.Dashboard_Overview_OverviewView { Shell = shell, Model = new OverviewModel(standing, traffic, readiness.Check(), [.. warnings]) });
    }
}

/// <param name="Traffic">Null for whoever may not read the log of the whole workspace.</param>
/// <param name="Checks">Each with what is wrong, or null.</param>
internal sealed record OverviewModel(
    CredentialStanding Standing, Traffic? Traffic, IReadOnlyList<(string Name, string? Problem)> Checks, IReadOnlyList<KeyWarning> Warnings);

/// <param name="From">The beginning of the first hour.</param>
/// <param name="Exchanges">By the hour, the one that runs last.</param>
internal sealed record Traffic(AuditGlance Glance, DateTimeOffset From, IReadOnlyList<long> Exchanges)
{
    public long Sum => Exchanges.Sum();

    public long Peak => Exchanges.Max();
}
