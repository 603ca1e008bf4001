using System.Globalization;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>
/// GET /w/{ws}/projects/{prj}: the secrets of a project, names as rows and environments as columns. It shows that there are values, and opens none. With
/// many environments some are chosen (<c>environment</c>, as often as there are); <c>find</c> is a part of the name.
/// </summary>
internal sealed class SecretsPage(ProjectPlaces places, Vault vault)
{
    /// <summary>Columns shown when nobody has chosen.</summary>
    public const int DefaultColumns = 4;

    /// <summary>Columns shown at most: a page of 100 rows stays a page.</summary>
    public const int MaxColumns = 8;

    public void Map(RouteTable routes) => routes.Get("/w/{ws}/projects/{prj}", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call)
    {
        if ((await places.Find(call)).Refused(out var refusal, out var place))
        {
            return Reply.Refused(refusal);
        }

        var find = call.QueryText("find");
        var page = int.TryParse(call.QueryText("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : 1;
        if ((await vault.Outlines(call.Person, call.Segment("ws"), call.Segment("prj"), find, page, Paged<SecretOutline>.Size)).Refused(out refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var chosen = Chosen(call, place);
        var query = chosen.Select(environment => ("environment", environment.Id.ToString("D"))).ToList();
        if (find.Length > 0)
        {
            query.Add(("find", find));
        }

        var columns = chosen.Count > 0 ? chosen : [.. place.Environments.Take(DefaultColumns)];
        return new PageReply(new Slices.Dashboard_Secrets_SecretsView
        {
            Shell = place.Shell,
            Model = new SecretsModel(place, new Paged<SecretOutline>(found.Items, found.Page, found.Total, place.Path(), query), find, columns),
        });
    }

    /// <summary>The environments that the address names, in the project's order. What is out of sight is not there to be chosen.</summary>
    private static List<Env> Chosen(Call call, ProjectPlace place)
    {
        var named = call.Context.Request.Query["environment"].OfType<string>().Take(64).Select(text => Ids.TryParse(text, out var id) ? id : Guid.Empty).ToHashSet();
        return [.. place.Environments.Where(environment => named.Contains(environment.Id)).Take(MaxColumns)];
    }
}

internal sealed record SecretsModel(ProjectPlace Place, Paged<SecretOutline> Secrets, string Find, IReadOnlyList<Env> Columns);
