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

    public IEnumerable<WorkspaceTree> All => byId.Values;

    /// <summary>Moved by the writer beside what it publishes here.</summary>
    public Generations Generations { get; } = new();

    /// <summary>By slug or id: a slug never parses as a UUID.</summary>
    public WorkspaceTree? Find(string reference) =>
        Ids.TryParse(reference, out var id) ? Find(id) : bySlug.GetValueOrDefault(reference);

    public WorkspaceTree? Find(Guid id) => byId.GetValueOrDefault(id);

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
