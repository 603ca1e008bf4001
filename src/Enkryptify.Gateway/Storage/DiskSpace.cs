using Enkryptify.Gateway.Access;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// Watches the free space where the data directory is, and says which writes still go through. A <see cref="Reserve"/> of real blocks is given up when a
/// write meets a full disk, or shortly before, and taken again when there is room: so revocations, and for a while reads, outlast whoever filled the disk.
/// <code>
/// free ≥ min_free                              Enough   (after it was less: an eighth more, so that it does not flap)
/// free &lt; min_free                              Low      changes are refused
/// free &lt; 1 MiB, or a write found no room       the reserve is given up; then
///   free ≥ half of the reserve                 Low      reads and revocations live on it
///   free &lt; half of the reserve                 Spent    what is left is for revocations
/// </code>
/// </summary>
internal sealed class DiskSpace(string directory, long minFree, long reserveBytes, Func<string, long>? ask = null)
{
    /// <summary>Less than this and the next writes would fail: the reserve goes now.</summary>
    public const long Tight = 1 << 20;

    public static readonly Refusal Refused = new(
        RefusalKind.Unavailable, "disk_full", "The gateway's disk is nearly full: changes are refused until there is room; nothing was changed");

    private readonly Lock gate = new();
    private readonly Reserve reserve = new(directory, reserveBytes);
    private volatile SpaceLevel level;
    private long free;

    /// <summary>For who opens a database without serving: nothing is watched, nothing is refused.</summary>
    public static DiskSpace Unwatched(string directory) => new(directory, 0, 0, static _ => long.MaxValue);

    public SpaceLevel Level => level;

    /// <summary>At the last look.</summary>
    public long Free => Interlocked.Read(ref free);

    public long MinFree => minFree;

    public long ReserveBytes => reserveBytes;

    public bool IsReserveHeld => reserve.IsHeld;

    /// <summary>What is wrong, for readiness, which anybody may ask; null while there is room.</summary>
    public string? Problem => level switch
    {
        SpaceLevel.Enough => null,
        SpaceLevel.Low => "the disk is nearly full: changes are refused",
        _ => "the disk is full: only revocations go through",
    };

    public bool Admits(SpaceUse use) => use == SpaceUse.Needed || level == SpaceLevel.Enough || (level == SpaceLevel.Low && use == SpaceUse.Records);

    /// <summary>Looks, gives the reserve up or takes it again, and sets the level. Each second, and before anything is opened.</summary>
    public void Check() => Look(isFull: false);

    /// <summary>A write met a full disk.</summary>
    public void Exhausted() => Look(isFull: true);

    /// <summary>Whether it was the lack of room that failed, in whichever way it shows.</summary>
    public static bool IsFull(Exception error) => error switch
    {
        StorageFullException => true,

        // 4874: the shared-memory file beside the write-ahead log could not grow. The transaction is undone, as with 13.
        SqliteException sqlite => sqlite.SqliteErrorCode == SqliteFull || sqlite.SqliteExtendedErrorCode == SqliteNoRoomForSharedMemory,
        IOException io => io.HResult is NoSpaceLeft or QuotaExceeded,
        _ => false,
    };

    private void Look(bool isFull)
    {
        lock (gate)
        {
            var now = Ask();
            if (isFull && now >= Math.Max(minFree, Tight))
            {
                // Another file system, such as that of temporary files: the reserve would not help.
                return;
            }

            if (reserve.IsHeld && (isFull || now < Tight))
            {
                reserve.GiveUp();
                now = Ask();
            }
            else if (!reserve.IsHeld && reserveBytes > 0 && now >= minFree + reserveBytes && reserve.Take())
            {
                now = Ask();
            }

            Interlocked.Exchange(ref free, now);
            level = LevelOf(now);
        }
    }

    private SpaceLevel LevelOf(long now)
    {
        if (reserve.IsHeld || reserveBytes == 0)
        {
            var enough = level == SpaceLevel.Enough ? minFree : minFree + (minFree / 8);
            return now >= enough ? SpaceLevel.Enough : now >= Tight || reserve.IsHeld ? SpaceLevel.Low : SpaceLevel.Spent;
        }

        // Without its reserve the gateway is short of room whatever else is free, until it can be taken again.
        return now >= reserveBytes / 2 ? SpaceLevel.Low : SpaceLevel.Spent;
    }

    private long Ask()
    {
        try
        {
            return ask?.Invoke(directory) ?? new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Who cannot be asked is not believed to be full: a write that fails says so itself.
            return long.MaxValue;
        }
    }

    private const int SqliteFull = 13;
    private const int SqliteNoRoomForSharedMemory = 10 | (19 << 8);
    private const int NoSpaceLeft = 28;
    private const int QuotaExceeded = 122;
}
