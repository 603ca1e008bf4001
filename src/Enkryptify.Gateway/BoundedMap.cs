using System.Diagnostics.CodeAnalysis;

namespace Enkryptify.Gateway;

/// <summary>
/// A map that holds at most <paramref name="capacity"/> entries and forgets the least used by halves: when the young half is full it becomes the
/// old one, and what was old and not asked for is gone. Not thread-safe: its owner holds a lock, so that a look-up can never bring back
/// what a removal took out.
/// </summary>
/// <param name="weigh">What an entry takes of the capacity; 1 unless said.</param>
internal sealed class BoundedMap<TKey, TValue>(long capacity, Func<TValue, long>? weigh = null)
    where TKey : notnull
{
    private Dictionary<TKey, TValue> young = [];
    private Dictionary<TKey, TValue> old = [];
    private long youngWeight;
    private long oldWeight;

    public int Count => young.Count + old.Count;

    /// <summary>Of all entries.</summary>
    public long Weight => youngWeight + oldWeight;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (young.TryGetValue(key, out value))
        {
            return true;
        }

        if (!old.TryGetValue(key, out value))
        {
            return false;
        }

        Put(key, value);
        return true;
    }

    public void Put(TKey key, TValue value)
    {
        Remove(key);
        if (youngWeight >= capacity / 2)
        {
            (old, young) = (young, []);
            (oldWeight, youngWeight) = (youngWeight, 0);
        }

        young[key] = value;
        youngWeight += WeightOf(value);
    }

    public void Remove(TKey key)
    {
        if (young.Remove(key, out var value))
        {
            youngWeight -= WeightOf(value);
        }
        else if (old.Remove(key, out value))
        {
            oldWeight -= WeightOf(value);
        }
    }

    public void Clear()
    {
        young = [];
        old = [];
        youngWeight = oldWeight = 0;
    }

    private long WeightOf(TValue value) => weigh?.Invoke(value) ?? 1;
}
