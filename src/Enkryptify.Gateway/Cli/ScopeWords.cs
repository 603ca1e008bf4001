using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>A scope of ids, told in names: <c>team platform; environment demo/production</c>.</summary>
internal sealed class ScopeWords
{
    /// <summary>Environments are listed project by project; beyond this many requests the rest stay ids.</summary>
    private const int ProjectsAsked = 200;

    private readonly Dictionary<string, string> _names = [];

    /// <summary>Asks only for the kinds of names that these scopes use.</summary>
    public static async Task<ScopeWords> LoadAsync(Lookup find, Place workspace, IReadOnlyList<JsonElement> scopes, CancellationToken cancel)
    {
        ScopeWords words = new();
        if (Ids(scopes, "teams").Count > 0)
        {
            words.Learn(await find.TeamsAsync(workspace, cancel));
        }

        HashSet<string> environments = Ids(scopes, "environments");
        if (environments.Count > 0 || Ids(scopes, "projects").Count > 0)
        {
            List<Place> projects = await find.ProjectsAsync(workspace, cancel);
            words.Learn(projects);
            foreach (Place project in projects.Take(ProjectsAsked))
            {
                if (environments.Count == 0)
                {
                    break;
                }

                foreach (Place environment in await find.EnvironmentsAsync(workspace, project, cancel))
                {
                    words._names[environment.Id] = $"{project}/{environment.Name}";
                    environments.Remove(environment.Id);
                }
            }
        }

        return words;
    }

    public string Of(JsonElement scope)
    {
        if (scope.Flag("all"))
        {
            return "everything";
        }

        string[] parts = [.. Part(scope, "teams", "team"), .. Part(scope, "projects", "project"), .. Part(scope, "environments", "environment")];
        return parts.Length == 0 ? "nothing" : string.Join("; ", parts);
    }

    private IEnumerable<string> Part(JsonElement scope, string member, string kind)
    {
        string[] named = [.. scope.Items(member).Select(id => id.ToString()).Select(id => _names.GetValueOrDefault(id, id))];
        return named.Length == 0 ? [] : [$"{kind}{(named.Length == 1 ? "" : "s")} {string.Join(", ", named)}"];
    }

    private void Learn(IEnumerable<Place> places)
    {
        foreach (Place place in places)
        {
            _names[place.Id] = place.ToString();
        }
    }

    // What stands beside "everything" is never shown, so it is not worth a request.
    private static HashSet<string> Ids(IReadOnlyList<JsonElement> scopes, string member) =>
        [.. scopes.Where(scope => !scope.Flag("all")).SelectMany(scope => scope.Items(member)).Select(id => id.ToString())];
}
