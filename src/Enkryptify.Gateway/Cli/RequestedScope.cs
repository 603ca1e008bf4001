using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>The scope asked for on a command line, with every name turned into an id.</summary>
internal sealed record RequestedScope(bool All, IReadOnlyList<string> Teams, IReadOnlyList<string> Projects, IReadOnlyList<string> Environments)
{
    public static async Task<RequestedScope> ResolveAsync(
        Lookup find, Place workspace, bool all, string[] teams, string[] projects, string[] environments, CancellationToken cancel)
    {
        List<string> teamIds = [];
        if (teams.Length > 0)
        {
            List<Place> known = await find.TeamsAsync(workspace, cancel);
            teamIds.AddRange(teams.Select(team => Lookup.Pick("team", known, team).Id));
        }

        List<string> projectIds = [];
        List<string> environmentIds = [];
        if (projects.Length > 0 || environments.Length > 0)
        {
            List<Place> known = await find.ProjectsAsync(workspace, cancel);
            projectIds.AddRange(projects.Select(project => Lookup.Pick("project", known, project).Id));
            foreach (string environment in environments)
            {
                environmentIds.Add(await EnvironmentAsync(find, workspace, known, environment, cancel));
            }
        }

        return new RequestedScope(all, [.. teamIds.Distinct()], [.. projectIds.Distinct()], [.. environmentIds.Distinct()]);
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("scope"u8);
        writer.WriteBoolean("all"u8, All);
        writer.WriteStrings("teams", Teams);
        writer.WriteStrings("projects", Projects);
        writer.WriteStrings("environments", Environments);
        writer.WriteEndObject();
    }

    /// <summary><c>project/environment</c>, or an environment's id, which the gateway checks. A slug holds no slash, so the first one separates.</summary>
    private static async Task<string> EnvironmentAsync(Lookup find, Place workspace, List<Place> projects, string given, CancellationToken cancel)
    {
        if (Ids.TryParse(given, out Guid id))
        {
            return id.ToString("D");
        }

        if (given.Split('/', 2) is not [{ Length: > 0 } project, { Length: > 0 } environment])
        {
            throw new CommandFailure(ExitCode.Usage, $"--environment {given}: name it as project/environment, or by its id");
        }

        return (await find.EnvironmentAsync(workspace, Lookup.Pick("project", projects, project), environment, cancel)).Id;
    }
}
