using System.Diagnostics.CodeAnalysis;

namespace Enkryptify.Gateway;

/// <summary>
/// A map that holds at most <paramref name="capacity"/> entries and forgets the least used by halves: when the young half is full it becomes the
/// old one, and what was old and not asked for is gone. Not thread-safe: its owner holds a lock, so that a look-up can never bring back
/// what a removal took out.
/// </summary>
internal sealed class BoundedMap<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private Dictionary<TKey, TValue> young = [];
    private Dictionary<TKey, TValue> old = [];

    public int Count => young.Count + old.Count;

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
        if (young.Count >= capacity / 2)
        {
            Age();
        }

        young[key] = value;
    }

    public void Remove(TKey key)
    {
        if (!young.Remove(key))
        {
            old.Remove(key);
        }
    }

    /// <summary>Forgets what nobody asked for since the last time.</summary>
    public void Age() => (old, young) = (young, []);

    public void Clear() => (old, young) = ([], []);
}
