using Enkryptify.Gateway.Secrets;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>Entries in a ring of bytes: what is found is what was put last, whatever was put and forgotten between.</summary>
public class ByteRingTests
{
    private const int Pieces = 4;

    /// <summary>Entries of all lengths, put, put anew, removed and asked for, beside a dictionary that forgets nothing.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, Pieces)]
    [InlineData(3, Pieces)]
    public void What_is_found_is_what_was_put_last(ulong seed, int pieces)
    {
        int Draw(int below) => (int)(((seed = (seed * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407) >> 33) % (ulong)below);

        var ring = new ByteRing((long)pieces * ByteRing.PieceBytes);
        var known = new Dictionary<ulong, byte[]>();
        for (var turn = 0; turn < 60_000; turn++)
        {
            var number = (ulong)Draw(3_000);
            switch (Draw(10))
            {
                case 0:
                    ring.Remove(number);
                    known.Remove(number);
                    break;
                case < 5:
                    var entry = new byte[1 + Draw(Draw(50) == 0 ? ByteRing.MostBytes : 900)];
                    entry.AsSpan().Fill((byte)turn);
                    ring.Put(number, entry);
                    known[number] = entry;
                    Assert.Equal(entry, ring.Find(number));
                    break;
                default:
                    var found = ring.Find(number);
                    Assert.True(found.IsEmpty || found.SequenceEqual(known.GetValueOrDefault(number)), $"turn {turn}");
                    break;
            }
        }

        var there = known.Count(entry => ring.Find(entry.Key).SequenceEqual(entry.Value));
        Assert.Equal(ring.Count, there);
        Assert.True(there > 100 * pieces, $"{there} entries are left");
    }

    [Fact]
    public void Forgets_the_oldest_that_nobody_asked_for()
    {
        var ring = new ByteRing(Pieces * ByteRing.PieceBytes);
        var entry = new byte[1024];
        for (ulong number = 0; number < 5_000; number++)
        {
            ring.Put(number, entry);
            Assert.False(ring.Find(7).IsEmpty && number >= 7);
        }

        Assert.True(ring.Find(100).IsEmpty);
        Assert.False(ring.Find(4_999).IsEmpty);
        Assert.InRange(ring.Count, (Pieces - 1) * 250, Pieces * 256);
    }

    [Fact]
    public void What_was_asked_for_in_vain_is_forgotten_like_the_rest()
    {
        var ring = new ByteRing(Pieces * ByteRing.PieceBytes);
        for (ulong number = 0; number < 3_000; number++)
        {
            ring.Put(number, new byte[1024]);
            ring.Find(7);
            ring.Disregard(7);
        }

        Assert.True(ring.Find(7).IsEmpty);
    }

    /// <summary>Also when everything is asked for all the time there is room for what is new.</summary>
    [Fact]
    public void Makes_room_where_everything_is_asked_for()
    {
        var ring = new ByteRing(Pieces * ByteRing.PieceBytes);
        var entry = new byte[1024];
        for (ulong number = 0; number < 3_000; number++)
        {
            ring.Put(number, entry);
            for (var older = number < 900 ? 0 : number - 900; older < number; older++)
            {
                ring.Find(older);
            }

            Assert.False(ring.Find(number).IsEmpty);
        }
    }

    /// <summary>What changes over and over takes no more room for it, and pushes nothing out.</summary>
    [Fact]
    public void An_entry_put_anew_stays_where_it_lies()
    {
        var ring = new ByteRing(Pieces * ByteRing.PieceBytes);
        for (ulong number = 0; number < 900; number++)
        {
            ring.Put(number, new byte[1024]);
        }

        for (var turn = 0; turn < 10_000; turn++)
        {
            ring.Put((ulong)(turn % 900), new byte[1024 - (turn % 24)]);
        }

        Assert.Equal(900, ring.Count);
        Assert.Equal(1024 - (9_999 % 24), ring.Find(9_999 % 900).Length);
    }

    [Fact]
    public void Takes_no_entry_that_it_cannot_hold() => Assert.Throws<ArgumentOutOfRangeException>(() => new ByteRing(1).Put(1, new byte[ByteRing.MostBytes + 1]));
}
