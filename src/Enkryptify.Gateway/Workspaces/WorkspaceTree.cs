using System.Text.Json.Serialization;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>
/// One workspace as it stands after the last commit: its teams, projects, environments and members. Immutable and held in memory, so that
/// every decision is made on one consistent state without a query; <see cref="Structure"/> replaces it when a change commits.
/// </summary>
internal sealed class WorkspaceTree
{
    private readonly Dictionary<Guid, Team> teams;
    private readonly Dictionary<Guid, Project> projects;
    private readonly Dictionary<string, Project> projectsBySlug;
    private readonly Dictionary<Guid, Env> environments;
    private readonly Dictionary<Guid, Member> membersByUser;

    /// <param name="remote">Where the teams are from; null when they are of this gateway.</param>
    public WorkspaceTree(Workspace workspace, IReadOnlyList<Team> teams, IReadOnlyList<Member> members, RemoteState? remote = null)
    {
        Workspace = workspace;
        Remote = remote;
        Teams = teams;
        this.teams = teams.ToDictionary(team => team.Id);
        projects = teams.SelectMany(team => team.Projects).ToDictionary(project => project.Id);
        projectsBySlug = projects.Values.ToDictionary(project => project.Slug, StringComparer.Ordinal);
        environments = projects.Values.SelectMany(project => project.Environments).ToDictionary(environment => environment.Id);
        membersByUser = members.ToDictionary(member => member.UserId);
    }

    public Workspace Workspace { get; }

    public Guid Id => Workspace.Id;

    /// <summary>
    /// Not null when teams, projects, environments and secrets are those of a backend: none of their ids may then be looked up in the database,
    /// where another workspace may have the same.
    /// </summary>
    public RemoteState? Remote { get; }

    /// <summary>Whether teams, projects and environments are made and changed here.</summary>
    public bool TakesStructure => Remote is null;

    /// <summary>Whether secrets are made and changed here.</summary>
    public bool TakesSecrets => Remote is null or { Writable: true };

    public IReadOnlyList<Team> Teams { get; }

    public IEnumerable<Member> Members => membersByUser.Values;

    public Team? Team(Guid id) => teams.GetValueOrDefault(id);

    public Project? Project(Guid id) => projects.GetValueOrDefault(id);

    /// <summary>By slug or id: a slug never parses as a UUID (contract section 1).</summary>
    public Project? Project(string reference) =>
        Ids.TryParse(reference, out var id) ? Project(id) : projectsBySlug.GetValueOrDefault(reference);

    public Env? Environment(Guid id) => environments.GetValueOrDefault(id);

    /// <summary>An environment of this project, by id or name.</summary>
    public Env? Environment(Project project, string reference)
    {
        var environment = Ids.TryParse(reference, out var id) ? Environment(id) : project.Environment(reference);
        return environment?.ProjectId == project.Id ? environment : null;
    }

    /// <summary>The same workspace and members with the structure of a backend.</summary>
    public WorkspaceTree Over(RemoteState remote) => new(Workspace, remote.Teams, [.. membersByUser.Values], remote);

    public Member? MemberOf(Guid userId) => membersByUser.GetValueOrDefault(userId);

    public Place? PlaceOf(ScopeLevel level, Guid id) => level switch
    {
        ScopeLevel.Team => Team(id)?.Place,
        ScopeLevel.Project => Project(id)?.Place,
        _ => Environment(id)?.Place,
    };

    /// <summary>What this person may do here now, or null when they are no member.</summary>
    public Right? RightOf(Guid userId) =>
        userId == Workspace.OwnerId ? Right.Owner
        : MemberOf(userId) is { } member ? Right.OfMember(member.Role, member.Scope)
        : null;

    /// <summary>Whether who lent this role and scope could lend it still; null was nobody. An invitation opens nothing once they could not.</summary>
    public bool StillLent(Guid? lender, Role role, Scope scope) =>
        lender is { } user && RightOf(user) is { } right && right.Allows(Act.ManageMembers) && !Ceiling.Exceeds(right, role, scope, PlaceOf);
}

internal sealed record Workspace(Guid Id, string Slug, string Name, Guid OwnerId, DateTimeOffset CreatedAt);

internal sealed record Team(Guid Id, string Name, DateTimeOffset CreatedAt, IReadOnlyList<Project> Projects)
{
    [JsonIgnore]
    public Place Place => Place.OfTeam(Id);
}

internal sealed record Project(
    Guid Id, Guid TeamId, string Slug, string Name, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyList<Env> Environments)
{
    [JsonIgnore]
    public Place Place => Place.OfProject(TeamId, Id);

    public Env? Environment(string name) => Environments.FirstOrDefault(environment => environment.Name == name);
}

/// <summary>An environment. (The short name keeps it apart from <see cref="System.Environment"/>.)</summary>
internal sealed record Env(Guid Id, Guid TeamId, Guid ProjectId, string Name, bool HasPersonalOverrides, DateTimeOffset CreatedAt)
{
    [JsonIgnore]
    public Place Place => Place.OfEnvironment(TeamId, ProjectId, Id);
}

internal sealed record Member(Guid Id, Guid UserId, Role Role, Scope Scope);
