using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>A project as a page stands in it: its paths, its tabs, what the person may do there.</summary>
internal sealed record ProjectPlace(Shell Shell, Project Project)
{
    public WorkspaceView View => Shell.Workspace!;

    public IReadOnlyList<Env> Environments { get; } = [.. Shell.Workspace!.EnvironmentsOf(Project)];

    public bool MayManage => View.Tree.TakesStructure && View.Right.May(Act.ManageStructure, Project.Place);

    /// <summary>Whether some environment of it can be written.</summary>
    public bool MayWriteSome => Environments.Any(MayWrite);

    public bool MayWrite(Env environment) => View.Tree.TakesSecrets && View.Right.May(Act.WriteSecrets, environment.Place);

    /// <summary>A file changes many secrets as one, which no backend does.</summary>
    public bool MayImport => View.Tree.Remote is null && MayWriteSome;

    /// <summary>Why nothing of it can be written by this person here.</summary>
    public Refusal NotWritten => View.Tree.TakesSecrets ? Lookup.NotAllowed : Lookup.ReadOnly;

    /// <summary>A path in this project; the project itself without one.</summary>
    public string Path(string rest = "") => Shell.Path("projects/" + Project.Slug + (rest.Length == 0 || rest[0] == '?' ? rest : "/" + rest));

    public IReadOnlyList<(string Label, string Path)> Crumbs(bool inside = true) => inside
        ? [("Projects", Shell.Path("projects")), (Project.Name, Path())]
        : [("Projects", Shell.Path("projects"))];

    /// <summary>The project's title and tabs.</summary>
    /// <param name="here">The path of the tab that this is.</param>
    public Markup Head(string here, Markup? actions = null) => Markup.Of(
        $"""
        <div class="head"><h1>{Parts.Name(Project.Name)}</h1>{actions}</div>
        <nav class="tabs" aria-label="Project">{Tab("", "Secrets", here)}{Tab("environments", "Environments", here)}{(MayManage ? Tab("edit", "Settings", here) : Markup.None)}</nav>
        """);

    private Markup Tab(string path, string label, string here) => Markup.Of(
        $"""<a href="{Path(path)}"{Markup.Attribute("aria-current", path == here ? "page" : null)}>{label}</a>""");
}

/// <summary>Finds the project of a path; out of the person's sight it is missing.</summary>
internal sealed class ProjectPlaces(Shells shells)
{
    public async ValueTask<Outcome<ProjectPlace>> Find(Call call, string? title = null)
    {
        if ((await shells.InWorkspace(call, title ?? "Project", Section.Projects)).Refused(out var refusal, out var shell))
        {
            return refusal;
        }

        return shell.Workspace!.Project(call.Segment("prj")) is { } project
            ? new ProjectPlace(shell with { Title = title is null ? project.Name : $"{title} · {project.Name}" }, project)
            : Lookup.NoProject;
    }

    /// <summary>The project, for who may change what it is.</summary>
    public async ValueTask<Outcome<ProjectPlace>> Managed(Call call, string title) =>
        (await Find(call, title)).Refused(out var refusal, out var place) ? refusal
        : place.MayManage ? place
        : place.View.Tree.TakesStructure ? Lookup.NotAllowed
        : Lookup.ReadOnly;
}
