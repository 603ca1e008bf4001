using System.Collections.Concurrent;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// How often what secrets expand to may have changed, for each workspace and, of its own secrets, for each project: secrets, structure or members. Who keeps
/// values read them under a generation that was asked <em>before</em> the read, and drops them when it has moved (invariant 7). Only the writer moves it,
/// after the commit and before the reply; but where a backend was changed and no commit could follow, who sent the change.
/// </summary>
internal sealed class Generations
{
    private readonly ConcurrentDictionary<Guid, long> byPlace = new();

    public long Of(Guid place) => byPlace.GetValueOrDefault(place);

    public void Move(Guid place) => byPlace.AddOrUpdate(place, 1, static (_, generation) => generation + 1);
}
