namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>Calls under way, bounded for each workspace, so that one cannot take every connection and all memory. A workspace without calls costs nothing.</summary>
internal sealed class WorkspaceSlots(int most)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, int> taken = [];

    /// <summary>A place, to be disposed; null when there is none.</summary>
    public IDisposable? Take(Guid workspace)
    {
        lock (gate)
        {
            var count = taken.GetValueOrDefault(workspace);
            if (count >= most)
            {
                return null;
            }

            taken[workspace] = count + 1;
            return new Slot(this, workspace);
        }
    }

    private void Leave(Guid workspace)
    {
        lock (gate)
        {
            if (--taken[workspace] == 0)
            {
                taken.Remove(workspace);
            }
        }
    }

    private sealed class Slot(WorkspaceSlots slots, Guid workspace) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0)
            {
                slots.Leave(workspace);
            }
        }
    }
}
