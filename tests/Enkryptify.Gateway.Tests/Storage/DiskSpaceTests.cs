using Enkryptify.Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>The levels, and the reserve that is given up and taken again. How much is free is the test's to say.</summary>
public sealed class DiskSpaceTests : IDisposable
{
    private const long Mib = 1 << 20;
    private const long MinFree = 64 * Mib;
    private const long Held = 4 * Mib;
    private readonly string directory = Directory.CreateTempSubdirectory("ekds-").FullName;
    private long free = 1000 * Mib;

    private string ReservePath => Path.Combine(directory, Reserve.FileName);

    [Fact]
    public void With_room_everything_goes_and_the_reserve_is_of_real_blocks()
    {
        var space = Make();
        Assert.Equal((SpaceLevel.Enough, true, null), (space.Level, space.IsReserveHeld, space.Problem));
        Assert.Equal(Held, new FileInfo(ReservePath).Length);
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(ReservePath));
        Assert.True(AllocatedBytes(ReservePath) >= Held);
        Assert.All(Enum.GetValues<SpaceUse>(), use => Assert.True(space.Admits(use)));
    }

    [Fact]
    public void Below_the_line_changes_are_refused_and_an_eighth_above_it_they_are_taken_again()
    {
        var space = Make();
        Set(space, MinFree - 1);
        Assert.Equal(SpaceLevel.Low, space.Level);
        Assert.Equal([false, true, true], Enum.GetValues<SpaceUse>().Select(space.Admits));
        Assert.Contains("changes are refused", space.Problem, StringComparison.Ordinal);
        Set(space, MinFree);
        Assert.Equal(SpaceLevel.Low, space.Level);
        Set(space, MinFree + (MinFree / 8));
        Assert.Equal(SpaceLevel.Enough, space.Level);
    }

    [Fact]
    public void A_disk_that_is_all_but_full_gets_the_reserve_and_its_second_half_is_for_revocations()
    {
        var space = Make();
        Set(space, 100);
        Assert.False(space.IsReserveHeld);
        Assert.Equal(0, new FileInfo(ReservePath).Length);
        Set(space, Held);
        Assert.Equal(SpaceLevel.Low, space.Level);
        Set(space, (Held / 2) - 1);
        Assert.Equal(SpaceLevel.Spent, space.Level);
        Assert.Equal([false, false, true], Enum.GetValues<SpaceUse>().Select(space.Admits));
        Assert.Contains("only revocations", space.Problem, StringComparison.Ordinal);

        // Room for all but the reserve is not room enough.
        Set(space, MinFree + Held - 1);
        Assert.Equal((SpaceLevel.Low, false), (space.Level, space.IsReserveHeld));
        Set(space, MinFree + (MinFree / 8) + Held);
        Assert.Equal((SpaceLevel.Enough, true), (space.Level, space.IsReserveHeld));
        Assert.Equal(Held, new FileInfo(ReservePath).Length);
    }

    [Fact]
    public void A_write_that_found_no_room_gives_the_reserve_up_at_once()
    {
        var space = Make();
        free = 2 * Mib;
        space.Exhausted();
        Assert.Equal((SpaceLevel.Low, false), (space.Level, space.IsReserveHeld));
    }

    /// <summary>The file system of temporary files, for one.</summary>
    [Fact]
    public void Another_disk_that_is_full_costs_no_reserve()
    {
        var space = Make();
        space.Exhausted();
        Assert.Equal((SpaceLevel.Enough, true), (space.Level, space.IsReserveHeld));
    }

    [Fact]
    public void A_reserve_of_another_size_is_made_anew_and_a_truncated_one_is_not_held()
    {
        _ = Make();
        File.WriteAllBytes(ReservePath, []);
        free = 0;
        Assert.False(Make().IsReserveHeld);
        free = 1000 * Mib;
        Assert.True(Make().IsReserveHeld);
    }

    [Theory]
    [InlineData(13, 13, true)]
    [InlineData(10, 10 | (19 << 8), true)]
    [InlineData(10, 10 | (4 << 8), false)]
    [InlineData(11, 11, false)]
    public void A_full_disk_is_told_from_a_broken_one(int code, int extended, bool isFull) =>
        Assert.Equal(isFull, DiskSpace.IsFull(new SqliteException("", code, extended)));

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private DiskSpace Make()
    {
        var space = new DiskSpace(directory, MinFree, Held, _ => free);
        space.Check();
        return space;
    }

    private void Set(DiskSpace space, long bytes)
    {
        free = bytes;
        space.Check();
    }

    /// <summary>As stat counts them: blocks of 512.</summary>
    private static long AllocatedBytes(string path)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true })!;
        return long.Parse(stat.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture) * 512;
    }
}
