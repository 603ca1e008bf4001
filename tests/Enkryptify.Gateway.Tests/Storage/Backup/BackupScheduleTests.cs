using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage.Backup;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Enkryptify.Gateway.Tests.Storage.Backup;

/// <summary>When the schedule makes one, what it does when it cannot, and what it deletes.</summary>
public sealed class BackupScheduleTests
{
    private static readonly BackupKey Key = BackupKey.Of(MasterKey.Of(new byte[32], "test"));

    [Fact]
    public async Task One_is_made_when_the_newest_is_old_enough_and_the_newest_few_are_kept()
    {
        using var backing = new Backing();
        await using var gateway = await TestGateway.Start(("backup.directory", backing.Root), ("backup.keep", "2"));
        var loop = Loop(gateway, 6);
        Assert.True(await loop.Once());
        string[] first = [.. Files(backing)];
        Assert.Single(first);
        Assert.False(await loop.Once());
        gateway.Clock.Advance(TimeSpan.FromHours(6) - TimeSpan.FromSeconds(1));
        Assert.False(await loop.Once());
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await loop.Once());
        Assert.Equal(2, Files(backing).Count());

        // Made by hand, half made, or somebody else's: none of these is the schedule's to delete.
        Assert.Null((await Backing.Make(gateway, backing.In("by-hand.ekbackup")))["problem"]);
        File.WriteAllText(backing.In("notes.txt"), "");
        gateway.Clock.Advance(TimeSpan.FromHours(6));
        Assert.True(await loop.Once());
        Assert.DoesNotContain(first[0], Files(backing));
        Assert.True(File.Exists(backing.In("by-hand.ekbackup")) && File.Exists(backing.In("notes.txt")));
    }

    [Fact]
    public async Task After_a_failure_it_is_tried_again_later_and_later_and_a_success_ends_that()
    {
        using var backing = new Backing();
        var place = backing.In("away");
        await using var gateway = await TestGateway.Start(("backup.directory", place));
        var loop = Loop(gateway, 24);
        Assert.True(await loop.Once());
        Directory.Delete(place, recursive: true);
        File.WriteAllText(place, "a file where the directory is to be");
        gateway.Clock.Advance(TimeSpan.FromHours(24));
        var waits = new List<int>();
        Assert.True(await loop.Once());
        for (var minutes = 0; waits.Count < 8; minutes++)
        {
            if (await loop.Once())
            {
                waits.Add(minutes);
                minutes = 0;
            }

            gateway.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], waits);
        Assert.Contains("enkryptify_backup_failures_total 9", (await gateway.Operator.Get("/metrics")).Body, StringComparison.Ordinal);
        File.Delete(place);
        gateway.Clock.Advance(TimeSpan.FromHours(1));
        Assert.True(await loop.Once());
        Assert.Single(Directory.GetFiles(place));
        Assert.False(await loop.Once());
    }

    [Fact]
    public async Task Off_unless_asked_for()
    {
        await using var gateway = await TestGateway.Start();
        gateway.Clock.Advance(TimeSpan.FromDays(400));
        Assert.False(await Loop(gateway, null).Once());
        Assert.False(Directory.Exists(gateway.Gateway.Backups.Directory));
    }

    [Fact]
    public void Retention_deletes_what_the_schedule_made_of_this_store_and_nothing_else()
    {
        using var backing = new Backing();
        const string store = "0123456789abcdef0123456789abcdef";
        const string sameEnd = "ffffffffffffffff0123456789abcdef";
        string Put(string name, BackupOrigin origin, string of, int day)
        {
            var path = backing.In(name);
            File.WriteAllBytes(path, BackupHeader.Make(origin, Key, of, Guid.AllBitsSet, new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero)).Header.ToBytes());
            return path;
        }

        string Name(int day, string of = store) => BackupFile.NameOf(of, new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero));
        var scheduled = Enumerable.Range(10, 5).Select(day => Put(Name(day), BackupOrigin.Schedule, store, day)).ToList();
        string[] others =
        [
            Put(Name(1), BackupOrigin.Operator, store, 1), Put(Name(2), BackupOrigin.Schedule, sameEnd, 2), Put("enkryptify-deadbeef-20260103T000000Z.ekbackup", BackupOrigin.Schedule, "deadbeefdeadbeefdeadbeefdeadbeef", 3),
            Put("mine.ekbackup", BackupOrigin.Schedule, store, 4), Put(Name(5) + ".old", BackupOrigin.Schedule, store, 5),
        ];
        var damaged = Put(Name(6), BackupOrigin.Schedule, store, 6);
        File.WriteAllBytes(damaged, [.. File.ReadAllBytes(damaged).Select((one, i) => i == 60 ? (byte)(one ^ 1) : one)]);

        BackupRetention.Apply(backing.Root, store, 3, NullLogger.Instance);

        Assert.Equal([.. others.Append(damaged).Concat(scheduled[2..]).Order(StringComparer.Ordinal)], Directory.GetFiles(backing.Root).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Half_files_of_this_store_are_removed_and_others_stay()
    {
        using var backing = new Backing();
        const string store = "0123456789abcdef0123456789abcdef";
        var mine = backing.In($".{BackupFile.NameOf(store, DateTimeOffset.UnixEpoch)}.partial");
        string[] others = [backing.In(BackupFile.NameOf(store, DateTimeOffset.UnixEpoch)), backing.In(".other.ekbackup.partial"), backing.In($".{BackupFile.NameOf("deadbeefdeadbeefdeadbeefdeadbeef", DateTimeOffset.UnixEpoch)}.partial")];
        foreach (var path in others.Append(mine))
        {
            File.WriteAllText(path, "");
        }

        BackupFile.RemoveLeftOver(backing.Root, store);
        Assert.Equal(others.Order(StringComparer.Ordinal), Directory.GetFiles(backing.Root).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Files(Backing backing) => Directory.GetFiles(backing.Root, "enkryptify-*.ekbackup");

    /// <summary>One that nobody but the test winds up: the gateway's own is off.</summary>
    private static BackupLoop Loop(TestGateway gateway, int? hours) => new(
        gateway.Gateway.Backups, gateway.Config.Backup with { Every = hours is { } every ? TimeSpan.FromHours(every) : null }, gateway.Clock, NullLogger<BackupLoop>.Instance);
}
