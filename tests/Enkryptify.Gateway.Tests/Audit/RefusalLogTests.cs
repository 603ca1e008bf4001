using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage;

namespace Enkryptify.Gateway.Tests.Audit;

public sealed class RefusalLogTests : IDisposable
{
    private readonly TestStore store = TestStore.Open();
    private readonly RefusalLog log;

    public RefusalLogTests() => log = new RefusalLog(store.Writer, store.Clock);

    [Fact]
    public async Task The_first_of_a_kind_is_written_at_once_and_the_rest_of_its_minute_as_a_count()
    {
        for (var i = 0; i < 500; i++)
        {
            await Refuse();
        }

        Assert.Equal([1], Counts());
        await log.FlushAsync(all: false);
        Assert.Equal([1], Counts());
        store.Clock.Advance(TimeSpan.FromMinutes(1));
        await log.FlushAsync(all: false);
        Assert.Equal([1, 499], Counts());
    }

    [Fact]
    public async Task There_is_at_most_one_entry_a_minute_and_none_is_lost()
    {
        var refused = 0;
        for (var second = 0; second < 600; second += 5)
        {
            await Refuse();
            refused++;
            store.Clock.Advance(TimeSpan.FromSeconds(5));
            await log.FlushAsync(all: false);
        }

        var written = Entries().Select(entry => entry["time"]!.GetValue<DateTimeOffset>()).ToList();
        Assert.InRange(written.Count, 9, 11);
        Assert.All(written.Zip(written.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromMinutes(1)));
        await log.FlushAsync(all: true);
        Assert.Equal(refused, Counts().Sum());
    }

    [Fact]
    public async Task After_a_quiet_minute_the_next_is_written_at_once_again()
    {
        await Refuse();
        store.Clock.Advance(TimeSpan.FromMinutes(2));
        await log.FlushAsync(all: false);
        Assert.Equal([1], Counts());
        await Refuse();
        Assert.Equal([1, 1], Counts());
    }

    [Fact]
    public async Task Another_route_reason_address_or_subject_is_another_kind()
    {
        await log.Refused("GET /a", "unknown", "192.0.2.1", "r1");
        await log.Refused("GET /b", "unknown", "192.0.2.1", "r2");
        await log.Refused("GET /a", "expired", "192.0.2.1", "r3");
        await log.Refused("GET /a", "unknown", "192.0.2.2", "r4");
        await log.Refused("GET /a", "unknown", "192.0.2.2", "r5", "someone");
        await log.Refused("GET /a", "unknown", "192.0.2.1", "r6");
        Assert.Equal(["r1", "r2", "r3", "r4", "r5"], Entries().Select(entry => (string)entry["requestId"]!));
        var entry = Entries()[4];
        Assert.Equal(("REFUSE", "denied", "unknown", "anonymous", "GET /a", "192.0.2.2", "someone"), (
            (string)entry["action"]!, (string)entry["outcome"]!, (string)entry["reason"]!, (string)entry["actor"]!["kind"]!, (string)entry["target"]!["name"]!,
            (string)entry["address"]!, (string)entry["data"]!["subject"]!));
    }

    [Fact]
    public async Task Kinds_are_bounded_and_what_comes_beyond_shares_one()
    {
        var writes = new List<Task>();
        for (var i = 0; i < RefusalLog.MaxKeys + 1000; i++)
        {
            writes.Add(log.Refused("GET /a", "unknown", $"2001:db8::{i:x}", null).AsTask());
        }

        await Task.WhenAll(writes);
        Assert.Equal(RefusalLog.MaxKeys + 1, Entries().Count);
        Assert.Equal("other", (string)Entries().Single(entry => entry["address"] is null)["reason"]!);
        await log.FlushAsync(all: true);
        Assert.Equal(RefusalLog.MaxKeys + 1000, Counts().Sum());
        Assert.Equal(RefusalLog.MaxKeys + 2, Entries().Count);

        // Once the flood is over there is room again.
        store.Clock.Advance(TimeSpan.FromMinutes(2));
        await log.FlushAsync(all: false);
        await log.Refused("GET /a", "unknown", "192.0.2.7", null);
        Assert.Equal("192.0.2.7", (string)Entries()[^1]["address"]!);
    }

    [Fact]
    public async Task Refusals_and_flushes_at_once_lose_no_count()
    {
        using var stop = new CancellationTokenSource();
        var flushing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                store.Clock.Advance(TimeSpan.FromMinutes(1));
                await log.FlushAsync(all: false);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await Refuse();
            }
        })));
        await stop.CancelAsync();
        await flushing;
        await log.FlushAsync(all: true);
        Assert.Equal(8000, Counts().Sum());
    }

    [Fact]
    public async Task A_count_that_could_not_be_written_is_kept_for_the_next_try()
    {
        await Refuse();
        await Refuse();
        store.Tamper("CREATE TRIGGER broken BEFORE INSERT ON audit_frame BEGIN SELECT RAISE(ABORT, 'broken'); END");
        store.Clock.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => log.FlushAsync(all: false));
        store.Tamper("DROP TRIGGER broken");
        await log.FlushAsync(all: true);
        Assert.Equal([1, 1], Counts());
    }

    public void Dispose() => store.Dispose();

    private ValueTask Refuse() => log.Refused("POST /v1/auth/exchange", "unknown", "192.0.2.1", "request");

    private List<JsonNode> Entries() => store.Database.Readers.Read(sql => sql.Query("SELECT entries FROM audit_frame ORDER BY first_seq", row => Encoding.UTF8.GetString(row.Bytes(0))))
        .SelectMany(frame => frame.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(line => JsonNode.Parse(line)!).ToList();

    private IEnumerable<long> Counts() => Entries().Select(entry => (long)entry["data"]!["count"]!);
}
