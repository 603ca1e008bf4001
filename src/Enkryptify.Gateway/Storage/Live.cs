namespace Enkryptify.Gateway.Storage;

/// <summary>
/// Rows held in memory after first use, at most <paramref name="capacity"/>. What is here never outlives what it was read from (invariant 7): a
/// load enters only if no change of any row was applied since the read began, so a revocation cannot be undone by a read that raced it.
/// </summary>
internal sealed class Live<TKey, TRow>(Func<TKey, TRow?> load, int capacity)
    where TKey : notnull
    where TRow : class
{
    private readonly Lock gate = new();
    private readonly BoundedMap<TKey, TRow> rows = new(capacity);
    private long generation;

    public int Count
    {
        get
        {
            lock (gate)
            {
                return rows.Count;
            }
        }
    }

    public TRow? Get(TKey key)
    {
        long began;
        lock (gate)
        {
            if (rows.TryGet(key, out var known))
            {
                return known;
            }

            began = generation;
        }

        var loaded = load(key);
        lock (gate)
        {
            if (loaded is not null && began == generation)
            {
                rows.Put(key, loaded);
            }
        }

        return loaded;
    }

    /// <summary>Grows with every change of any row.</summary>
    public long Generation
    {
        get
        {
            lock (gate)
            {
                return generation;
            }
        }
    }

    /// <summary>Takes a row that was found in another way than by its key.</summary>
    /// <param name="began">The generation as asked before it was read.</param>
    /// <returns>The row, or null where a change came between: it has to be loaded anew.</returns>
    public TRow? Offer(TKey key, TRow row, long began)
    {
        lock (gate)
        {
            if (began != generation)
            {
                return null;
            }

            rows.Put(key, row);
            return row;
        }
    }

    /// <summary>A change of this row was committed. Called by the writer thread before the change is acknowledged.</summary>
    public void Changed(TKey key)
    {
        lock (gate)
        {
            generation++;
            rows.Remove(key);
        }
    }
}
