namespace Enkryptify.Gateway.Tests.Access;

/// <summary>
/// Section 1 of the contract, read aloud: words for roles and answers, sets of ids, loops over everything. Written without the program's own rules,
/// and shares no type with them, so that a mistake would have to be made twice.
/// </summary>
internal static class NaiveOracle
{
    public const string Yes = "yes";
    public const string Forbidden = "403";
    public const string Missing = "404";

    /// <summary>What a workspace holds. Ids alone: names grant nothing.</summary>
    public sealed record World(IReadOnlyList<Guid> Teams, IReadOnlyList<(Guid Id, Guid Team)> Projects, IReadOnlyList<(Guid Id, Guid Project)> Environments);

    /// <summary>The scope as it stands in a request.</summary>
    public sealed record Reach(bool All, IReadOnlyList<Guid> Teams, IReadOnlyList<Guid> Projects, IReadOnlyList<Guid> Environments);

    public sealed record Person(string Role, Reach Reach);

    /// <summary>A credential and the person who made it, as that person is now: null when removed.</summary>
    public sealed record Key(string Permission, Reach Reach, Person? Creator);

    /// <summary>The environments that a scope holds: a union that cascades downward.</summary>
    public static HashSet<Guid> Environments(World world, Reach reach)
    {
        var found = new HashSet<Guid>();
        foreach (var (environment, project) in world.Environments)
        {
            foreach (var (candidate, team) in world.Projects)
            {
                if (candidate == project && (reach.All || reach.Teams.Contains(team) || reach.Projects.Contains(project) || reach.Environments.Contains(environment)))
                {
                    found.Add(environment);
                }
            }
        }

        return found;
    }

    /// <summary>The projects that a scope holds whole, with the environments that they will have later.</summary>
    public static HashSet<Guid> WholeProjects(World world, Reach reach) =>
        [.. world.Projects.Where(project => reach.All || reach.Teams.Contains(project.Team) || reach.Projects.Contains(project.Id)).Select(project => project.Id)];

    public static HashSet<Guid> WholeTeams(World world, Reach reach) =>
        [.. world.Teams.Where(team => reach.All || reach.Teams.Contains(team))];

    /// <summary>What a person may do to secrets of one environment.</summary>
    /// <param name="deed"><c>read</c>, <c>write</c> (a value that all see), or <c>personal</c> (a value of their own).</param>
    public static string MayTouchSecrets(World world, Person? person, string deed, Guid environment)
    {
        if (person is null || !Environments(world, person.Reach).Contains(environment))
        {
            return Missing;
        }

        return (deed, person.Role) switch
        {
            ("read" or "personal", "admin" or "developer" or "member") => Yes,
            ("write", "admin" or "developer") => Yes,
            ("write", "member") => Forbidden,
            _ => throw new ArgumentException($"{deed} by {person.Role}"),
        };
    }

    /// <summary>The same for a credential: what its permission and scope let through, of what its creator may do now.</summary>
    public static string MayTouchSecrets(World world, Key key, string deed, Guid environment)
    {
        if (key.Creator is null || !Environments(world, key.Reach).Contains(environment))
        {
            return Missing;
        }

        var creator = MayTouchSecrets(world, key.Creator, deed, environment);
        return creator != Yes ? creator : deed == "read" || (deed == "write" && key.Permission == "read-write") ? Yes : Forbidden;
    }

    /// <summary>
    /// Whether one scope lies within another, now and whatever is created later: every project gets an environment that is not there yet, every team
    /// a project, the workspace a team, and then the environments are counted out.
    /// </summary>
    public static bool Within(World world, Reach asked, Reach held)
    {
        var (newTeam, made) = (Unborn(0), 0);
        List<Guid> teams = [.. world.Teams, newTeam];
        List<(Guid Id, Guid Team)> projects = [.. world.Projects, .. teams.Select(team => (Unborn(++made), team))];
        List<(Guid Id, Guid Project)> environments = [.. world.Environments, .. projects.Select(project => (Unborn(++made), project.Id))];
        var later = new World(teams, projects, environments);
        return Environments(later, asked).IsSubsetOf(Environments(later, held));
    }

    /// <summary>Whether all that a scope lists is there, each id as the kind that it is listed as.</summary>
    public static bool IsThere(World world, Reach reach) =>
        reach.All || (reach.Teams.All(world.Teams.Contains) && reach.Projects.All(id => world.Projects.Any(project => project.Id == id))
            && reach.Environments.All(id => world.Environments.Any(environment => environment.Id == id)));

    /// <summary>
    /// Whether this person may make a credential of this permission and scope: at most what they may do themselves. What is not there is nobody's to
    /// lend but theirs who have everything (to whom it is a mistake in the request, not a lack of right).
    /// </summary>
    public static bool MayMake(World world, Person person, string permission, Reach reach) =>
        (permission == "read" || person.Role != "member") && Within(world, reach, person.Reach) && (person.Reach.All || IsThere(world, reach));

    /// <summary>Whether this person's right holds all of another's: who may edit or remove whom.</summary>
    public static bool Covers(World world, Person one, Person other) => Rank(one.Role) >= Rank(other.Role) && Within(world, other.Reach, one.Reach);

    private static int Rank(string role) => role switch
    {
        "member" => 1,
        "developer" => 2,
        "admin" => 3,
        _ => throw new ArgumentException(role),
    };

    private static Guid Unborn(int number) => new(number, 0x00FF, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>What shows of the workspace to a scope: what it holds, and the parents that one has to pass on the way there.</summary>
    public static (HashSet<Guid> Teams, HashSet<Guid> Projects, HashSet<Guid> Environments) Visible(World world, Reach reach)
    {
        var environments = Environments(world, reach);
        var projects = WholeProjects(world, reach);
        foreach (var (environment, project) in world.Environments)
        {
            if (environments.Contains(environment))
            {
                projects.Add(project);
            }
        }

        var teams = WholeTeams(world, reach);
        foreach (var (project, team) in world.Projects)
        {
            if (projects.Contains(project))
            {
                teams.Add(team);
            }
        }

        return (teams, projects, environments);
    }

    /// <summary>For a credential, what shows to both: to it and to its creator as they are now.</summary>
    public static (HashSet<Guid> Teams, HashSet<Guid> Projects, HashSet<Guid> Environments) Visible(World world, Key key)
    {
        if (key.Creator is null)
        {
            return ([], [], []);
        }

        // The common part of two scopes is itself a scope: of each thing that one of them names, keep it when the other holds it too.
        var common = new Reach(
            key.Reach.All && key.Creator.Reach.All,
            [.. WholeTeams(world, key.Reach).Intersect(WholeTeams(world, key.Creator.Reach))],
            [.. WholeProjects(world, key.Reach).Intersect(WholeProjects(world, key.Creator.Reach))],
            [.. Environments(world, key.Reach).Intersect(Environments(world, key.Creator.Reach))]);
        return Visible(world, common);
    }
}
