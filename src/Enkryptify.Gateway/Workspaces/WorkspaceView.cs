using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>
/// A workspace as one caller sees it. Everything that looks something up for a caller does so here, so that out of scope and missing are the
/// same "null" before any endpoint can tell them apart (contract section 1). Parents of something in scope are visible; nothing else of theirs is.
/// </summary>
internal sealed class WorkspaceView(WorkspaceTree tree, Right right)
{
    public WorkspaceTree Tree => tree;

    public Right Right => right;

    public Workspace Workspace => tree.Workspace;

    public IEnumerable<Team> Teams => tree.Teams.Where(Sees);

    public Team? Team(Guid id) => tree.Team(id) is { } team && Sees(team) ? team : null;

    public IEnumerable<Project> ProjectsOf(Team team) => team.Projects.Where(Sees);

    /// <summary>By slug or id.</summary>
    public Project? Project(string reference) => tree.Project(reference) is { } project && Sees(project) ? project : null;

    public IEnumerable<Env> EnvironmentsOf(Project project) => project.Environments.Where(Sees);

    /// <summary>By id; a name is accepted too (contract section 6).</summary>
    public Env? Environment(Project project, string reference) => tree.Environment(project, reference) is { } environment && Sees(environment) ? environment : null;

    public bool Sees(Env environment) => right.Covers(environment.Place);

    public bool Sees(Project project) => right.Covers(project.Place) || project.Environments.Any(Sees);

    public bool Sees(Team team) => right.Covers(team.Place) || team.Projects.Any(Sees);
}
