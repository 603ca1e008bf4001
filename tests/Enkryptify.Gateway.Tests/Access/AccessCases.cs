using CsCheck;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;
using static Enkryptify.Gateway.Tests.Access.NaiveOracle;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>
/// Someone makes a credential in a workspace; then they, and the workspace, change; then something is asked. <see cref="CreatorLater"/> is null when
/// they were removed. Scopes name what is there, what is not, and what is of another kind.
/// </summary>
internal sealed record AccessCase(World World, World Later, Person Creator, Person? CreatorLater, Key Key, string Deed, Guid Target, Person Other)
{
    private static readonly Guid User = Id(9, 1);
    private static readonly Guid WorkspaceId = Id(8, 1);

    /// <summary>Every so often the creator is the workspace's owner, who stays one and has everything.</summary>
    private static readonly Person TheOwner = new("admin", new Reach(true, [], [], []));

    private static readonly Gen<Reach> Reaches = Gen.Select(
        Gen.Int[0, 4], Gen.Int[0, 3].Array[0, 1], Gen.Int[0, 5].Array[0, 2], Gen.Int[0, 9].Array[0, 3], Gen.Int[0, 19],
        (all, teams, projects, environments, mixed) => new Reach(
            all == 0, [.. teams.Select(n => Id(mixed == 0 ? 2 : 1, n))], [.. projects.Select(n => Id(mixed == 1 ? 3 : 2, n))], [.. environments.Select(n => Id(mixed == 2 ? 1 : 3, n))]));

    private static readonly Gen<Person> Persons = Gen.Select(Gen.OneOf("admin", "developer", "member"), Reaches, (role, reach) => new Person(role, reach));

    private static readonly Gen<World> Worlds = Gen.Select(
        Gen.Int[1, 3], Gen.Int[0, 2].Array[1, 5], Gen.Int[0, 4].Array[1, 9],
        (teams, projects, environments) => new World(
            [.. Enumerable.Range(0, teams).Select(n => Id(1, n))],
            [.. projects.Select((team, n) => (Id(2, n), Id(1, team % teams)))],
            [.. environments.Select((project, n) => (Id(3, n), Id(2, project % projects.Length)))]));

    public static readonly Gen<AccessCase> All = Gen.Select(
        Worlds, Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9]), Persons, Gen.Select(Persons, Gen.Int[0, 15]), Gen.Select(Gen.OneOf("read", "read-write"), Reaches),
        Gen.Select(Gen.OneOf("read", "write", "personal"), Gen.Int[0, 99]), Persons,
        (world, change, creator, next, lent, asked, other) =>
        {
            var later = Changed(world, change.Item1, change.Item2);
            (Person Now, Person? Then) creators = next.Item2 switch
            {
                0 => (TheOwner, TheOwner),
                1 => (creator, null),
                < 9 => (creator, creator),
                < 11 => (creator, creator with { Role = next.Item1.Role }),
                < 13 => (creator, creator with { Reach = next.Item1.Reach }),
                _ => (creator, next.Item1),
            };
            return new AccessCase(
                world, later, creators.Now, creators.Then, new Key(lent.Item1, lent.Item2, creators.Then), asked.Item1, later.Environments[asked.Item2 % later.Environments.Count].Id, other);
        });

    /// <summary>The program's tree before and after.</summary>
    public WorkspaceTree Tree => TreeOf(World, Creator);

    public WorkspaceTree TreeLater => TreeOf(Later, CreatorLater);

    public Scope Scope => ScopeOf(Key.Reach);

    public Permission Permission => AccessNames.ParsePermission(Key.Permission)!.Value;

    public Caller Login { get; } = new LoginCaller(
        new Session(Id(7, 1), User, SessionKind.Login, null, null, default, default, default, null, new Account(User, "creator@acme.test", "Creator", true)), null, "");

    public Caller Machine => new CredentialCaller(
        new Credential(
            Id(6, 1), WorkspaceId, User, CredentialType.Static, "machine", Permission, Scope, 1, null, null, default, null, null, null, null, null),
        null, "");

    public static Right RightOf(Person person) => Right.OfMember(AccessNames.ParseRole(person.Role)!.Value, ScopeOf(person.Reach));

    public static Scope ScopeOf(Reach reach) => reach.All ? Scope.Everything : Scope.Of(reach.Teams, reach.Projects, reach.Environments);

    private static WorkspaceTree TreeOf(World world, Person? creator)
    {
        var environments = world.Environments.ToLookup(environment => environment.Project, environment => environment.Id);
        var projects = world.Projects.ToLookup(project => project.Team, project => project.Id);
        return new WorkspaceTree(
            new Workspace(WorkspaceId, "acme", "acme", creator == TheOwner ? User : Id(9, 2), default),
            [.. world.Teams.Select(team => new Team(team, $"{team}", default, [.. projects[team].Select(project => new Project(
                project, team, $"p-{project}", $"{project}", default, default, [.. environments[project].Select(environment => new Env(
                    environment, team, project, $"{environment}", true, default))]))]))],
            creator is null || creator == TheOwner ? [] : [new Member(Id(5, 1), User, AccessNames.ParseRole(creator.Role)!.Value, ScopeOf(creator.Reach))]);
    }

    /// <summary>One thing that happens to a workspace: a project moves to another team, one goes, an environment goes or comes; or nothing.</summary>
    private static World Changed(World world, int what, int which)
    {
        var (project, team) = (world.Projects[which % world.Projects.Count].Id, world.Teams[which % world.Teams.Count]);
        var changed = what switch
        {
            0 => world with { Projects = [.. world.Projects.Select(one => one.Id == project ? (project, team) : one)] },
            1 => world with { Projects = [.. world.Projects.Where(one => one.Id != project)], Environments = [.. world.Environments.Where(one => one.Project != project)] },
            2 => world with { Environments = [.. world.Environments.Skip(1)] },
            3 => world with { Environments = [.. world.Environments, (Id(3, 9), project)] },
            _ => world,
        };
        return changed.Environments.Count == 0 ? world : changed;
    }

    private static Guid Id(int kind, int number) => new(number, (short)kind, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
