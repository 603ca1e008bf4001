using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Storage;

/// <summary>Where trees are found: the committed ones (<see cref="Structure"/>), or those of a write in progress (<see cref="WriteTransaction"/>).</summary>
internal interface ITrees
{
    /// <summary>By slug or id.</summary>
    WorkspaceTree? Find(string reference);

    WorkspaceTree? Find(Guid id);

    IEnumerable<WorkspaceTree> All { get; }
}
