using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>Secrets kept in memory count only under the generation that was asked before they were read (invariant 7), and within their bound.</summary>
public class RecentSecretsTests
{
    private static readonly Guid Project = Guid.Parse("0197a000-0000-7000-8000-000000000001");
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123);
    private readonly Generations generations = new();

    [Fact]
    public void Gives_back_what_was_kept_to_the_last_field()
    {
        var recent = Recent(1 << 20);
        var row = Row("ÜBER-größe_1") with { Note = "two\nlines ✓", Type = "build-time", DataType = "json" };
        ValueRow[] values =
        [
            Value(row, "0197a000-0000-7000-8000-00000000000a") with { Version = 7, Face = new Face("a face", "runtime", "odd", At.AddDays(1)) },
            Value(row, "0197a000-0000-7000-8000-00000000000b"),
        ];
        recent.Keep(Project, recent.Generation(Project), row, values);

        var found = recent.Find(Project, row.Name)!;
        Assert.Equal(row, found.Row);
        Assert.Equal(2, found.Values.Count);
        for (var i = 0; i < values.Length; i++)
        {
            var value = Assert.IsType<ValueRow>(found.Values[i].Value);
            Assert.Equal(row, found.Values[i].Secret);
            Assert.Equal(values[i].Sealed, value.Sealed);
            Assert.Equal(values[i], value, Comparer);
        }
    }

    [Fact]
    public void A_secret_without_values_is_known_as_such()
    {
        var recent = Recent(1 << 20);
        recent.Keep(Project, recent.Generation(Project), Row("BARE"), []);
        Assert.Empty(recent.Find(Project, "BARE")!.Values);
    }

    [Fact]
    public void What_was_read_before_a_change_is_never_found_after_it()
    {
        var recent = Recent(1 << 20);
        var began = recent.Generation(Project);
        recent.Keep(Project, began, Row("KEY"), []);
        Assert.NotNull(recent.Find(Project, "KEY"));

        generations.Move(Project);
        Assert.Null(recent.Find(Project, "KEY"));

        // The read that raced the change comes home late.
        recent.Keep(Project, began, Row("KEY"), []);
        Assert.Null(recent.Find(Project, "KEY"));
        recent.Keep(Project, recent.Generation(Project), Row("KEY"), []);
        Assert.NotNull(recent.Find(Project, "KEY"));
    }

    [Fact]
    public void A_name_is_that_of_its_project_alone()
    {
        var recent = Recent(1 << 20);
        var other = Guid.Parse("0197a000-0000-7000-8000-000000000002");
        recent.Keep(Project, 0, Row("KEY"), []);
        Assert.Null(recent.Find(other, "KEY"));
        Assert.Null(recent.Find(Project, "key"));
        Assert.Null(recent.Find(Project, new string('K', 5_000)));

        // A change in another project leaves it alone.
        generations.Move(other);
        Assert.NotNull(recent.Find(Project, "KEY"));
    }

    [Fact]
    public void Holds_no_more_than_its_bytes_and_forgets_what_nobody_asks_for()
    {
        const int Capacity = 1 << 20;
        var recent = Recent(Capacity);
        recent.Keep(Project, 0, Row("ASKED"), []);
        for (var i = 0; i < 10_000; i++)
        {
            var row = Row($"KEY_{i}");
            recent.Keep(Project, 0, row, [Value(row, "0197a000-0000-7000-8000-00000000000a")]);
            Assert.NotNull(recent.Find(Project, "ASKED"));
        }

        // An entry takes 150 bytes and more.
        Assert.InRange(recent.Count, 1_000, Capacity / 150);
        Assert.Null(recent.Find(Project, "KEY_0"));
        Assert.NotNull(recent.Find(Project, "KEY_9999"));
    }

    [Fact]
    public void Keeps_nothing_large_and_nothing_at_all_when_off()
    {
        var recent = Recent(1 << 20);
        var row = Row("LARGE");
        recent.Keep(Project, 0, row, [Value(row, "0197a000-0000-7000-8000-00000000000a") with { Sealed = new byte[64 * 1024] }]);
        Assert.Null(recent.Find(Project, "LARGE"));

        var off = Recent(0);
        off.Keep(Project, 0, Row("KEY"), []);
        Assert.Null(off.Find(Project, "KEY"));
    }

    [Fact]
    public void Is_not_known_while_its_key_is_not_open()
    {
        var isOpen = true;
        var recent = new RecentSecrets(generations, id => isOpen ? id.ToString("N") : null, 1 << 20);
        var row = Row("KEY");
        recent.Keep(Project, 0, row, [Value(row, "0197a000-0000-7000-8000-00000000000a")]);
        isOpen = false;
        Assert.Null(recent.Find(Project, "KEY"));
        isOpen = true;
        Assert.NotNull(recent.Find(Project, "KEY"));
    }

    private RecentSecrets Recent(long capacity) => new(generations, static id => id.ToString("N"), capacity);

    private static readonly IEqualityComparer<ValueRow> Comparer = EqualityComparer<ValueRow>.Create(
        static (a, b) => a is not null && b is not null && (a.Secret, a.Environment, a.Owner, a.Version, a.KeyId, a.UpdatedAt, a.Face) == (b.Secret, b.Environment, b.Owner, b.Version, b.KeyId, b.UpdatedAt, b.Face));

    private static SecretRow Row(string name) => new(Guid.Parse("0197a000-0000-7000-8000-0000000000ff"), name, "", "runtime", "text", At, At.AddHours(1));

    private static ValueRow Value(SecretRow of, string environment) =>
        new(of.Id, Guid.Parse(environment), "", 1, "0197a00000007000800000000000cafe", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], At.AddMinutes(1), null);
}
