using System.Security.Cryptography;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>
/// Invariant 7 at its interleaving: a read of the old row begins, the change is committed, the read returns. Whoever asked meanwhile may still see
/// the old row; whoever asks next may not.
/// </summary>
public class LiveTests
{
    private static readonly Guid Id = Guid.Parse("0197a000-0000-7000-8000-000000000001");
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_read_that_raced_a_revocation_does_not_bring_the_credential_back()
    {
        var race = new Race(Credential(Digest("value")));
        var live = new LiveCredentials(race.Load, _ => Id);
        var reading = race.Begin(() => live.ById(Id));
        race.Row = race.Row with { RevokedAt = Now };
        live.Changed(Id);
        race.Return();
        Assert.Null((await reading)!.RevokedAt);

        Assert.Equal(Now, live.ById(Id)!.RevokedAt);
        Assert.Equal(2, race.Loads);
        Assert.Equal(Now, live.ById(Id)!.RevokedAt);
        Assert.Equal(2, race.Loads);
    }

    [Fact]
    public async Task A_read_that_raced_a_rotation_does_not_bring_the_old_digest_back()
    {
        var (old, rotated) = (Digest("old"), Digest("new"));
        var race = new Race(Credential(old));
        var live = new LiveCredentials(race.Load, digest => race.Row.Digest!.AsSpan().SequenceEqual(digest) ? Id : null);
        var reading = race.Begin(() => live.ByDigest(old));
        race.Row = race.Row with { Version = 2, Digest = rotated };
        live.Changed(Id);
        race.Return();
        Assert.Equal(1, (await reading)!.Version);

        Assert.Null(live.ByDigest(old));
        Assert.Equal(2, live.ByDigest(rotated)!.Version);
        Assert.Null(live.ByDigest(old));
        Assert.Equal(2, race.Loads);
    }

    /// <summary>The row that came with the digest is taken only while no change came between.</summary>
    [Fact]
    public void A_row_found_by_its_digest_counts_unless_a_change_came_between()
    {
        var race = new Race(Credential(Digest("value")));
        var live = new LiveCredentials(race.Load, _ => race.Row);
        Assert.Null(live.ByDigest(Digest("value"))!.RevokedAt);
        Assert.NotNull(live.ById(Id));
        Assert.Equal(0, race.Loads);

        LiveCredentials raced = null!;
        raced = new LiveCredentials(race.Load, _ =>
        {
            var found = race.Row;
            race.Row = race.Row with { RevokedAt = Now };
            raced.Changed(Id);
            return found;
        });
        Assert.Equal(Now, raced.ByDigest(Digest("value"))!.RevokedAt);
        Assert.Equal(Now, raced.ById(Id)!.RevokedAt);
        Assert.Equal(1, race.Loads);
    }

    /// <summary>The other half of the look-up: the old digest was found, then the rotation came, then the row is loaded.</summary>
    [Fact]
    public void An_old_digest_found_before_the_rotation_opens_nothing_after_it()
    {
        var (old, rotated) = (Digest("old"), Digest("new"));
        var race = new Race(Credential(old));
        LiveCredentials live = null!;
        live = new LiveCredentials(race.Load, _ =>
        {
            race.Row = race.Row with { Version = 2, Digest = rotated };
            live.Changed(Id);
            return Id;
        });
        Assert.Null(live.ByDigest(old));
    }

    [Fact]
    public void A_change_drops_what_is_held()
    {
        var race = new Race(Credential(Digest("value")));
        var live = new LiveCredentials(race.Load, _ => Id);
        Assert.Same(live.ById(Id), live.ById(Id));
        Assert.Equal(1, race.Loads);
        race.Row = race.Row with { RevokedAt = Now };
        live.Changed(Id);
        Assert.Equal(Now, live.ByDigest(Digest("value"))!.RevokedAt);
    }

    [Fact]
    public void What_does_not_exist_is_not_held()
    {
        var asked = 0;
        var live = new Live<int, string>(_ => asked++ == 0 ? null : "row", 10);
        Assert.Null(live.Get(1));
        Assert.Equal("row", live.Get(1));
        var digests = 0;
        var credentials = new LiveCredentials(_ => null, _ =>
        {
            digests++;
            return null;
        });
        Assert.Null(credentials.ByDigest(Digest("guess")));
        Assert.Null(credentials.ByDigest(Digest("guess")));
        Assert.Equal(2, digests);
    }

    [Fact]
    public void No_more_than_its_capacity_is_held()
    {
        var loads = 0;
        var live = new Live<int, string>(key =>
        {
            loads++;
            return $"{key}";
        }, 100);
        for (var key = 0; key < 1000; key++)
        {
            live.Get(key);
        }

        loads = 0;
        for (var key = 0; key < 1000; key++)
        {
            live.Get(key);
        }

        Assert.InRange(loads, 900, 1000);
    }

    private static Credential Credential(byte[] digest) => new(
        Id, Id, Id, CredentialType.Static, "machine", Permission.Read, Scope.Everything, 1, "ek_live_abcd", "24h", Now, null, null, null, null, digest);

    private static byte[] Digest(string text) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>A row and its reads. The read that <see cref="Begin"/> makes has its answer already and holds it back until <see cref="Return"/>.</summary>
    private sealed class Race(Credential row)
    {
        private readonly ManualResetEventSlim began = new();
        private readonly ManualResetEventSlim returned = new();
        private volatile bool holding;

        public Credential Row { get; set; } = row;

        public int Loads { get; private set; }

        public Credential? Load(Guid id)
        {
            var read = Row;
            Loads++;
            if (holding)
            {
                holding = false;
                began.Set();
                returned.Wait();
            }

            return read;
        }

        public Task<Credential?> Begin(Func<Credential?> ask)
        {
            holding = true;
            var asking = Task.Run(ask);
            began.Wait();
            return asking;
        }

        public void Return() => returned.Set();
    }
}
