namespace Enkryptify.Gateway.Tests;

/// <summary>The map never grows beyond its bound, and what is asked for stays.</summary>
public class BoundedMapTests
{
    [Fact]
    public void Holds_no_more_than_its_capacity_and_keeps_what_is_asked_for()
    {
        var map = new BoundedMap<int, string>(100);
        map.Put(-1, "asked");
        for (var key = 0; key < 10_000; key++)
        {
            map.Put(key, "once");
            Assert.True(map.TryGet(-1, out _));
            Assert.InRange(map.Count, 1, 100);
        }

        Assert.False(map.TryGet(0, out _));
        Assert.True(map.TryGet(9_999, out _));
    }

    [Fact]
    public void Aging_forgets_what_was_not_asked_for_since_the_last_time()
    {
        var map = new BoundedMap<int, string>(100);
        map.Put(1, "asked");
        map.Put(2, "not asked");
        map.Age();
        Assert.True(map.TryGet(1, out _));
        map.Age();
        Assert.True(map.TryGet(1, out _));
        Assert.False(map.TryGet(2, out _));
        map.Age();
        map.Age();
        Assert.Equal(0, map.Count);
    }

    [Fact]
    public void What_is_removed_is_gone_from_both_halves()
    {
        var map = new BoundedMap<int, string>(100);
        map.Put(1, "one");
        map.Age();
        map.Put(2, "two");
        map.Put(1, "anew");
        map.Remove(1);
        map.Remove(2);
        Assert.Equal(0, map.Count);
    }
}
