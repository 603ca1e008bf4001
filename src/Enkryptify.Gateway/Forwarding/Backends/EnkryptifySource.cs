using System.Text.Json;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// Another gateway, or the hosted service, by contract sections 5 and 6. Everything is asked for by id, so that no name becomes part of a path, and unresolved:
/// references are expanded here. An answer that is about something else than was asked is not used.
/// </summary>
internal sealed class EnkryptifySource : IBackendSource
{
    private const int MostTeams = 1_000;
    private const int MostProjects = 2_000;
    private const int MostEnvironments = 200;
    private const int MostSecrets = 20_000;
    private const int AtOnce = 4;

    private readonly BackendConfig config;
    private readonly BackendHttp http;
    private readonly BackendSession session;

    public EnkryptifySource(BackendConfig config, TimeProvider time)
    {
        this.config = config;
        _ = BackendHttp.Credential(config);
        http = new BackendHttp(config);
        session = new BackendSession(config, http, time);
    }

    /// <summary>How it is changed, where the operator allows that.</summary>
    public EnkryptifyWrites Writes => new(session);

    public DateTimeOffset? CredentialEnds => session.CredentialEnds;

    public async Task<RemoteStructure> Structure(CancellationToken limit)
    {
        var id = BackendJson.Read(await session.Get("/v1/workspace", limit).ConfigureAwait(false), WorkspaceId);
        var made = BackendJson.Read(await session.Get($"/v1/workspace/{id:D}/team", limit).ConfigureAwait(false), root => BackendJson.List(root, MostTeams)
            .DistinctBy(team => BackendJson.Id(team, "id")).ToDictionary(team => BackendJson.Id(team, "id"), team => BackendJson.Time(team, "createdAt")));
        var teams = BackendJson.Read(await session.Get($"/v1/workspace/{id:D}/project", limit).ConfigureAwait(false), root => BackendJson.List(root, MostTeams)
            .Select(team => Team(team, made)).ToList());
        var projects = teams.SelectMany(team => team.Projects).ToList();
        if (projects.Count > MostProjects)
        {
            throw BackendJson.Unexpected($"lists more than {MostProjects} projects");
        }

        var environments = new Dictionary<Guid, IReadOnlyList<Env>>();
        foreach (var some in projects.Chunk(AtOnce))
        {
            var asked = some.Select(async project => (project.Id, Environments: await Environments(id, project, limit).ConfigureAwait(false)));
            foreach (var (project, found) in await Task.WhenAll(asked).ConfigureAwait(false))
            {
                if (!environments.TryAdd(project, found))
                {
                    throw BackendJson.Unexpected("lists an id twice");
                }
            }
        }

        return new RemoteStructure(id, RemoteTrees.Checked(
            [.. teams.Select(team => team with { Projects = [.. team.Projects.Select(project => project with { Environments = environments[project.Id] })] })]));
    }

    public async Task<RemoteSecrets> Secrets(Guid workspace, Project project, Env environment, CancellationToken limit)
    {
        var path = $"/v1/workspace/{workspace:D}/project/{project.Id:D}/secret?environmentId={environment.Id:D}";
        return BackendJson.Read(await session.Get(path, limit).ConfigureAwait(false), root =>
        {
            var secrets = new List<RemoteSecret>();
            var leftOut = 0;
            foreach (var secret in BackendJson.List(root, MostSecrets))
            {
                if (Value(secret, environment) is not { } value)
                {
                    continue;
                }

                if (RemoteTrees.Secret(
                    BackendJson.Id(secret, "id"), BackendJson.OptionalText(secret, "name"), BackendJson.OptionalText(secret, "note"), BackendJson.OptionalText(secret, "type"),
                    BackendJson.OptionalText(secret, "dataType"), BackendJson.Time(secret, "createdAt"), BackendJson.Time(secret, "updatedAt"), value) is { } usable)
                {
                    secrets.Add(usable);
                }
                else
                {
                    leftOut++;
                }
            }

            return RemoteTrees.Checked(secrets, leftOut);
        });
    }

    public void Dispose()
    {
        session.Dispose();
        http.Dispose();
    }

    /// <summary>By the name that the operator wrote, among those that the credential opens. From here on it is asked for by its id.</summary>
    private Guid WorkspaceId(JsonElement root)
    {
        foreach (var workspace in BackendJson.List(root, MostTeams))
        {
            var id = BackendJson.Id(workspace, "id");
            if (Ids.TryParse(config.RemoteWorkspace, out var named) ? named == id : BackendJson.OptionalText(workspace, "slug") == config.RemoteWorkspace)
            {
                return id;
            }
        }

        throw new BackendRefusal(Answered.Missing);
    }

    private static Team Team(JsonElement team, Dictionary<Guid, DateTimeOffset> made)
    {
        var id = BackendJson.Id(team, "id");
        return new Team(id, BackendJson.Name(team, "name"), made.GetValueOrDefault(id, DateTimeOffset.UnixEpoch),
        [
            .. BackendJson.List(team.GetProperty("projects"), MostProjects).Select(project => new Project(
                BackendJson.Id(project, "id"), id, BackendJson.Name(project, "slug"), BackendJson.Name(project, "name"),
                BackendJson.Time(project, "createdAt"), BackendJson.Time(project, "updatedAt"), [])),
        ]);
    }

    private async Task<IReadOnlyList<Env>> Environments(Guid workspace, Project project, CancellationToken limit)
    {
        try
        {
            var body = await session.Get($"/v1/workspace/{workspace:D}/project/{project.Id:D}/environment", limit).ConfigureAwait(false);
            return BackendJson.Read(body, root => BackendJson.List(root, MostEnvironments)
                .Select(environment => new Env(
                    BackendJson.Id(environment, "id"), project.TeamId, project.Id, BackendJson.Name(environment, "name"), BackendJson.Flag(environment, "hasPersonalOverrides"),
                    DateTimeOffset.UnixEpoch)).ToList());
        }
        catch (BackendRefusal gone) when (gone.Kind is Answered.Missing or Answered.Forbidden)
        {
            // It went between the two requests; that says nothing of the workspace.
            return [];
        }
    }

    /// <summary>The shared value there. Personal ones are those of whoever made the gateway's credential, and nobody's here.</summary>
    private static string? Value(JsonElement secret, Env environment)
    {
        string? shared = null;
        foreach (var value in BackendJson.List(secret.GetProperty("values"), 1_000))
        {
            if (BackendJson.Id(value, "environmentId") != environment.Id)
            {
                throw BackendJson.Unexpected("is about another environment than was asked for");
            }

            if (!value.GetProperty("isPersonal").GetBoolean())
            {
                shared = value.GetProperty("value").GetString();
            }
        }

        return shared;
    }
}
