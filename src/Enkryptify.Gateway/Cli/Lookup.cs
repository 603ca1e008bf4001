using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>
/// From what an operator typed to the one thing meant: an id, else a slug, else a name. Ids and slugs are unique where they are looked up, names need not be:
/// several of the same name are an error that lists their ids, never a guess.
/// </summary>
internal sealed class Lookup(AdminClient client)
{
    /// <param name="given">Null where the option was left out, which is enough when there is exactly one workspace.</param>
    /// <param name="cancel">Ends the request.</param>
    public async Task<Place> WorkspaceAsync(string? given, CancellationToken cancel)
    {
        List<Place> all = await ListAsync(AdminPaths.Workspaces, cancel);
        if (given is not null)
        {
            return Pick("workspace", all, given);
        }

        return all switch
        {
            [Place only] => only,
            [] => throw new CommandFailure(ExitCode.NotFound, "there is no workspace yet", "enkryptify-gateway workspace create --name NAME --slug SLUG"),
            _ => throw new CommandFailure(ExitCode.Usage, "there are several workspaces: name one with --workspace", $"one of: {string.Join(", ", all)}"),
        };
    }

    public async Task<Place> TeamAsync(Place workspace, string given, CancellationToken cancel) =>
        Pick("team", await ListAsync(AdminPaths.Teams(workspace), cancel), given);

    public async Task<Place> ProjectAsync(Place workspace, string given, CancellationToken cancel) =>
        Pick("project", await ProjectsAsync(workspace, cancel), given);

    public async Task<Place> EnvironmentAsync(Place workspace, Place project, string given, CancellationToken cancel) =>
        Pick("environment", await EnvironmentsAsync(workspace, project, cancel), given);

    /// <summary>The API lists projects below their teams; here they are one list.</summary>
    public async Task<List<Place>> ProjectsAsync(Place workspace, CancellationToken cancel)
    {
        JsonElement teams = await client.GetAsync(AdminPaths.Projects(workspace), cancel);
        return [.. teams.Items().SelectMany(team => team.Items("projects")).Select(Place.From)];
    }

    public Task<List<Place>> TeamsAsync(Place workspace, CancellationToken cancel) => ListAsync(AdminPaths.Teams(workspace), cancel);

    public Task<List<Place>> EnvironmentsAsync(Place workspace, Place project, CancellationToken cancel) =>
        ListAsync(AdminPaths.Environments(workspace, project), cancel);

    internal static Place Pick(string kind, IReadOnlyList<Place> all, string given)
    {
        Place? exact = all.FirstOrDefault(place => string.Equals(place.Id, given, StringComparison.OrdinalIgnoreCase))
            ?? all.FirstOrDefault(place => place.Slug == given);
        if (exact is not null)
        {
            return exact;
        }

        Place[] named = [.. all.Where(place => place.Name == given)];
        return named switch
        {
            [Place one] => one,
            [] => throw new CommandFailure(
                ExitCode.NotFound, $"there is no {kind} {given}", all.Count is > 0 and <= 20 ? $"there is: {string.Join(", ", all)}" : null),
            _ => throw new CommandFailure(
                ExitCode.Error, $"{named.Length} {kind}s are named {given}", $"name one by its id: {string.Join(", ", named.Select(place => place.Id))}"),
        };
    }

    private async Task<List<Place>> ListAsync(string path, CancellationToken cancel) => [.. (await client.GetAsync(path, cancel)).Items().Select(Place.From)];
}
