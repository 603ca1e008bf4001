using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// One connection with its prepared statements kept. Parameters are positional (<c>?1</c>, <c>?2</c>, …). Used by one thread at a time. Only
/// synchronous calls: the <c>*Async</c> methods of Microsoft.Data.Sqlite run synchronously all the same.
/// </summary>
internal sealed class Sql(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> prepared = new(StringComparer.Ordinal);

    /// <summary>Runs a statement that is used over and over; it stays prepared. <paramref name="text"/> must be a literal.</summary>
    public int Execute(string text, params ReadOnlySpan<object?> arguments) => Bind(text, arguments).ExecuteNonQuery();

    public List<T> Query<T>(string text, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> arguments)
    {
        using var reader = Bind(text, arguments).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    /// <summary>The first row, or null.</summary>
    public T? First<T>(string text, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> arguments)
        where T : class
    {
        using var reader = Bind(text, arguments).ExecuteReader();
        return reader.Read() ? map(reader) : null;
    }

    public long? Number(string text, params ReadOnlySpan<object?> arguments) =>
        Bind(text, arguments).ExecuteScalar() is long number ? number : null;

    public bool Any(string text, params ReadOnlySpan<object?> arguments)
    {
        using var reader = Bind(text, arguments).ExecuteReader();
        return reader.Read();
    }

    /// <summary>Runs a script once, without keeping it prepared.</summary>
    public void Script(string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    public string Text(string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }

    /// <summary>Pages of the write-ahead log that are not yet in the database, after a <c>PRAGMA wal_checkpoint</c> of the kind that <paramref name="text"/> says.</summary>
    public long WaitingPages(string text)
    {
        using var reader = Bind(text, []).ExecuteReader();
        return reader.Read() ? reader.GetInt64(1) - reader.GetInt64(2) : 0;
    }

    /// <summary>Ends the statement that runs, from another thread.</summary>
    public void Interrupt() => SQLitePCL.raw.sqlite3_interrupt(connection.Handle);

    public void Dispose()
    {
        foreach (var command in prepared.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private SqliteCommand Bind(string text, ReadOnlySpan<object?> arguments)
    {
        if (!prepared.TryGetValue(text, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = text;
            for (var i = 0; i < arguments.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = "?" + (i + 1).ToString(CultureInfo.InvariantCulture) });
            }

            prepared.Add(text, command);
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            command.Parameters[i].Value = Stored(arguments[i]);
        }

        return command;
    }

    /// <summary>The database's form: ids as lower-case text, times as Unix milliseconds, truth as 0 and 1.</summary>
    private static object Stored(object? value) => value switch
    {
        null => DBNull.Value,
        Guid id => id.ToString("D"),
        DateTimeOffset time => time.ToUnixTimeMilliseconds(),
        bool truth => truth ? 1L : 0L,
        _ => value,
    };
}

/// <summary>Columns in the database's form.</summary>
internal static class Columns
{
    public static Guid Id(this SqliteDataReader row, int column) => Guid.ParseExact(row.GetString(column), "D");

    public static DateTimeOffset Time(this SqliteDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    public static DateTimeOffset? TimeOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    public static string? TextOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static byte[] Bytes(this SqliteDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static bool Truth(this SqliteDataReader row, int column) => row.GetInt64(column) != 0;
}
