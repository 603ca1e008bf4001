using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// What a change works with, on the writer thread: the connection, the trees as this batch has made them so far, and what is to happen once the
/// commit has succeeded. What an undone item left here is dropped with it, but for its audit entries.
/// </summary>
internal sealed class WriteTransaction(Sql sql, Structure structure) : ITrees
{
    private readonly Dictionary<Guid, WorkspaceTree?> changedTrees = [];
    private readonly List<Action> afterCommit = [];
    private readonly List<Action> itemAfterCommit = [];
    private readonly HashSet<Guid> itemTrees = [];
    private readonly HashSet<Guid> itemSecrets = [];
    private readonly HashSet<Guid> changedSecrets = [];

    public Sql Sql => sql;

    public List<AuditEntry> Entries { get; } = [];

    public IEnumerable<WorkspaceTree> All =>
        structure.All.Where(tree => !changedTrees.ContainsKey(tree.Id)).Concat(changedTrees.Values.OfType<WorkspaceTree>().Select(structure.Grafted));

    public void Audit(AuditEntry entry) => Entries.Add(entry);

    /// <summary>Runs on the writer thread after the commit and before the reply: it may only touch memory and must not throw.</summary>
    public void AfterCommit(Action action) => itemAfterCommit.Add(action);

    /// <summary>The structure or the members of this workspace were changed by the item.</summary>
    public void TreeChanged(Guid workspace) => itemTrees.Add(workspace);

    /// <summary>Secrets of this workspace, or project, were, or may have been, changed by the item.</summary>
    public void SecretsChanged(Guid place) => itemSecrets.Add(place);

    public WorkspaceTree? Find(Guid id) =>
        !changedTrees.TryGetValue(id, out var tree) ? structure.Find(id)
        : tree is null ? null
        : structure.Grafted(tree);

    public WorkspaceTree? Find(string reference)
    {
        if (Ids.TryParse(reference, out var id))
        {
            return Find(id);
        }

        var changed = changedTrees.Values.FirstOrDefault(tree => tree?.Workspace.Slug == reference);
        return changed is not null ? structure.Grafted(changed) : (structure.Find(reference) is { } tree && !changedTrees.ContainsKey(tree.Id) ? tree : null);
    }

    /// <summary>The item ended: its effects count, or are forgotten.</summary>
    public void EndItem(bool kept)
    {
        if (kept)
        {
            foreach (var id in itemTrees)
            {
                changedTrees[id] = TreeLoader.Load(sql, id);
            }

            changedSecrets.UnionWith(itemSecrets);
            afterCommit.AddRange(itemAfterCommit);
        }

        itemTrees.Clear();
        itemSecrets.Clear();
        itemAfterCommit.Clear();
    }

    public void Committed()
    {
        // Before the trees: who sees a right that came with this batch finds no row kept from before it.
        foreach (var place in changedSecrets)
        {
            structure.Generations.Move(place);
        }

        foreach (var project in changedTrees.Values.OfType<WorkspaceTree>().SelectMany(tree => tree.Teams).SelectMany(team => team.Projects))
        {
            structure.Generations.Move(project.Id);
        }

        foreach (var (id, tree) in changedTrees)
        {
            structure.Publish(id, tree);
        }

        // After the trees: who sees the new generation of a workspace sees its tree too.
        foreach (var workspace in changedTrees.Keys)
        {
            structure.Generations.Move(workspace);
        }

        foreach (var action in afterCommit)
        {
            action();
        }
    }

    public void Clear()
    {
        changedTrees.Clear();
        changedSecrets.Clear();
        afterCommit.Clear();
        Entries.Clear();
    }
}
