using System.Collections.Concurrent;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>
/// All workspaces in memory, as committed. Only the writer publishes a new tree, after the commit that changed it, so a reader can never
/// put an old state back (invariant 7).
/// </summary>
internal sealed class Structure : ITrees
{
    private readonly ConcurrentDictionary<Guid, WorkspaceTree> byId = new();
    private readonly ConcurrentDictionary<string, WorkspaceTree> bySlug = new(StringComparer.Ordinal);

    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<WorkspaceTree, WorkspaceTree> grafted = [];

    public IEnumerable<WorkspaceTree> All => byId.Values.Select(Grafted);

    /// <summary>Set once, before anything is served.</summary>
    public IRemoteWorkspaces? Remotes { get; set; }

    /// <summary>Moved by the writer beside what it publishes here.</summary>
    public Generations Generations { get; } = new();

    /// <summary>By slug or id: a slug never parses as a UUID.</summary>
    public WorkspaceTree? Find(string reference) =>
        Ids.TryParse(reference, out var id) ? Find(id) : bySlug.GetValueOrDefault(reference) is { } tree ? Grafted(tree) : null;

    public WorkspaceTree? Find(Guid id) => byId.GetValueOrDefault(id) is { } tree ? Grafted(tree) : null;

    /// <summary>
    /// A tree as it was loaded, with the structure of its backend where it has one: whoever looks a workspace up sees the remote ids and no
    /// others. Made anew when either of the two changed.
    /// </summary>
    public WorkspaceTree Grafted(WorkspaceTree loaded)
    {
        if (Remotes?.Of(loaded.Workspace) is not { } remote)
        {
            return loaded;
        }

        if (grafted.TryGetValue(loaded, out var known) && ReferenceEquals(known.Remote, remote))
        {
            return known;
        }

        var tree = loaded.Over(remote);
        grafted.AddOrUpdate(loaded, tree);
        return tree;
    }

    /// <summary>Called by the writer thread alone. <paramref name="tree"/> is null when the workspace was deleted.</summary>
    public void Publish(Guid id, WorkspaceTree? tree)
    {
        var old = byId.GetValueOrDefault(id);
        if (tree is null)
        {
            byId.TryRemove(id, out _);
        }
        else
        {
            byId[id] = tree;
            bySlug[tree.Workspace.Slug] = tree;
        }

        if (old is not null && old.Workspace.Slug != tree?.Workspace.Slug
            && bySlug.TryGetValue(old.Workspace.Slug, out var holder) && holder.Id == id)
        {
            bySlug.TryRemove(old.Workspace.Slug, out _);
        }
    }
}
