using System.Collections.Concurrent;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// How often what secrets expand to may have changed, for each workspace: its secrets, its structure or its members. Who keeps values read them under a
/// generation that was asked <em>before</em> the read, and drops them when it has moved (invariant 7). Only the writer moves it, after the commit and
/// before the reply.
/// </summary>
internal sealed class Generations
{
    private readonly ConcurrentDictionary<Guid, long> byWorkspace = new();

    public long Of(Guid workspace) => byWorkspace.GetValueOrDefault(workspace);

    public void Move(Guid workspace) => byWorkspace.AddOrUpdate(workspace, 1, static (_, generation) => generation + 1);
}
