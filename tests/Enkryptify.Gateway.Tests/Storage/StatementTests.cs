using System.Text;
using Enkryptify.Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>Statements that stay prepared: what goes in comes out, and nothing of one run is left for the next.</summary>
public sealed class StatementTests : IDisposable
{
    private static readonly Guid Id = Guid.Parse("0197a000-0000-7000-8000-00000000000a");
    private readonly Sql sql;

    public StatementTests()
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection("Data Source=:memory:;Pooling=False");
        connection.Open();
        sql = new Sql(connection);
    }

    public void Dispose() => sql.Dispose();

    public static TheoryData<object?, string, object> Values => new()
    {
        { null, "null", DBNull.Value },
        { 7, "integer", 7L },
        { long.MinValue, "integer", long.MinValue },
        { true, "integer", 1L },
        { false, "integer", 0L },
        { "", "text", "" },
        { "größe ✓ 🔑\n", "text", "größe ✓ 🔑\n" },
        { "a'; DROP TABLE x; --", "text", "a'; DROP TABLE x; --" },
        { Id, "text", "0197a000-0000-7000-8000-00000000000a" },
        { DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123), "integer", 1_800_000_000_123L },
        { Array.Empty<byte>(), "blob", Array.Empty<byte>() },
        { new byte[] { 0, 255, 0 }, "blob", new byte[] { 0, 255, 0 } },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_comes_out_as_it_went_in(object? value, string type, object stored)
    {
        Assert.Equal(type, sql.First("SELECT typeof(?1)", row => row.GetString(0), value));
        Assert.Equal(stored, sql.First("SELECT ?1", row => row.GetValue(0), value));
    }

    [Theory]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(70_000)]
    public void Long_values_too(int length)
    {
        var text = new string('ü', length);
        Assert.Equal(text, sql.First("SELECT ?1", row => row.GetString(0), text));
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(bytes, sql.First("SELECT ?1", row => row.Bytes(0), (object)new ReadOnlyMemory<byte>(bytes)));
    }

    [Fact]
    public void Columns_are_read_in_their_form()
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123);
        var row = sql.First(
            "SELECT ?1, ?2, ?3, ?4, ?5",
            row => Tuple.Create(row.Id(0), row.Time(1), row.Truth(2), row.TextOrNull(3), row.TimeOrNull(4)), Id, at, true, null, null);
        Assert.Equal(Tuple.Create(Id, at, true, (string?)null, (DateTimeOffset?)null), row);
        Assert.Throws<InvalidOperationException>(() => sql.Query("SELECT NULL", row => row.GetString(0)));
        Assert.Throws<InvalidOperationException>(() => sql.Query("SELECT NULL", row => row.GetInt64(0)));
        Assert.Throws<FormatException>(() => sql.Query("SELECT '0197a000-0000-7000-8000-00000000000a '", row => row.Id(0)));
        Assert.Throws<OverflowException>(() => sql.Query("SELECT 4294967296", row => row.GetInt32(0)));
    }

    [Fact]
    public void Says_how_many_rows_a_change_changed()
    {
        sql.Execute("CREATE TABLE one (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
        Assert.Equal(3, sql.Execute("INSERT INTO one (name) VALUES ('a'), ('b'), ('c')"));
        Assert.Equal(2, sql.Execute("DELETE FROM one WHERE name > ?1", "a"));
        Assert.Equal(0, sql.Execute("DELETE FROM one WHERE name > ?1", "a"));
    }

    /// <summary>After an error, an exception of the mapping, or rows that nobody read to their end.</summary>
    [Fact]
    public void A_run_that_ended_early_leaves_the_statement_usable_and_nothing_of_its_arguments()
    {
        sql.Execute("CREATE TABLE one (name TEXT UNIQUE)");
        const string Insert = "INSERT INTO one (name) VALUES (?1)";
        Assert.Equal(1, sql.Execute(Insert, "a"));
        Assert.Equal(19, Assert.Throws<SqliteException>(() => sql.Execute(Insert, "a")).SqliteErrorCode);
        Assert.Equal(1, sql.Execute(Insert, "b"));

        const string All = "SELECT name FROM one ORDER BY name";
        Assert.Throws<InvalidTimeZoneException>(() => sql.Query<string>(All, _ => throw new InvalidTimeZoneException()));
        Assert.Equal("a", sql.First(All, row => row.GetString(0)));
        Assert.Equal(["a", "b"], sql.Query(All, row => row.GetString(0)));

        Assert.Throws<ArgumentException>(() => sql.Execute(Insert));
        Assert.Throws<ArgumentException>(() => sql.Execute(Insert, "c", "d"));
        Assert.Throws<ArgumentException>(() => sql.Execute(Insert, 1.5m));
        Assert.False(sql.Any("SELECT 1 FROM one WHERE name IS NULL"));
    }

    /// <summary>The writer chooses durability for each batch by statements that stay prepared.</summary>
    [Fact]
    public void A_pragma_takes_effect_each_time()
    {
        for (var turn = 0; turn < 3; turn++)
        {
            sql.Execute("PRAGMA synchronous = FULL");
            Assert.Equal(2, sql.Number("PRAGMA synchronous"));
            sql.Execute("PRAGMA synchronous = NORMAL");
            Assert.Equal(1, sql.Number("PRAGMA synchronous"));
        }
    }

    [Fact]
    public void A_statement_is_not_run_while_its_own_rows_are_read()
    {
        const string Two = "SELECT 1 UNION SELECT 2";
        Assert.Throws<InvalidOperationException>(() => sql.Query(Two, _ => sql.Any(Two)));
        Assert.Equal([1, 2], sql.Query(Two, row => row.GetInt64(0)));
    }

    [Theory]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("")]
    public void Only_one_statement_is_prepared(string text) => Assert.Throws<ArgumentException>(() => sql.Execute(text));

    [Fact]
    public void What_is_no_SQL_is_an_error_that_says_where() =>
        Assert.Contains("syntax error", Assert.Throws<SqliteException>(() => sql.Execute("SELEC 1")).Message, StringComparison.Ordinal);
}
