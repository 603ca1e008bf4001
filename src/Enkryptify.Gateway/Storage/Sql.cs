using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// One connection with its prepared statements kept. Parameters are positional (<c>?1</c>, <c>?2</c>, …). Used by one thread at a time.
/// <para>
/// Statements that are used over and over go to SQLite without Microsoft.Data.Sqlite's commands and readers between, which took a third of what a write costs
/// (docs/decisions/0048); the connection, scripts and errors are its own.
/// </para>
/// </summary>
internal sealed class Sql(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, Statement> prepared = new(StringComparer.Ordinal);

    /// <summary>Runs a statement that is used over and over; it stays prepared. <paramref name="text"/> must be a literal.</summary>
    /// <returns>Of a change, how many rows it changed.</returns>
    public int Execute(string text, params ReadOnlySpan<object?> arguments)
    {
        using var run = Prepared(text).Begin(arguments);
        while (run.Next())
        {
            // What it answers is not asked for.
        }

        return SQLitePCL.raw.sqlite3_changes(connection.Handle);
    }

    public List<T> Query<T>(string text, Func<Row, T> map, params ReadOnlySpan<object?> arguments)
    {
        using var run = Prepared(text).Begin(arguments);
        var rows = new List<T>();
        while (run.Next())
        {
            rows.Add(map(run.Row));
        }

        return rows;
    }

    /// <summary>The first row, or null.</summary>
    public T? First<T>(string text, Func<Row, T> map, params ReadOnlySpan<object?> arguments)
        where T : class
    {
        using var run = Prepared(text).Begin(arguments);
        return run.Next() ? map(run.Row) : null;
    }

    /// <summary>The first column of the first row; null where there is none, or it is not a whole number.</summary>
    public long? Number(string text, params ReadOnlySpan<object?> arguments)
    {
        using var run = Prepared(text).Begin(arguments);
        return run.Next() && run.Row.IsWhole(0) ? run.Row.GetInt64(0) : null;
    }

    public bool Any(string text, params ReadOnlySpan<object?> arguments)
    {
        using var run = Prepared(text).Begin(arguments);
        return run.Next();
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
        using var run = Prepared(text).Begin([]);
        return run.Next() ? run.Row.GetInt64(1) - run.Row.GetInt64(2) : 0;
    }

    /// <summary>Ends the statement that runs, from another thread.</summary>
    public void Interrupt() => SQLitePCL.raw.sqlite3_interrupt(connection.Handle);

    public void Dispose()
    {
        foreach (var statement in prepared.Values)
        {
            statement.Dispose();
        }

        prepared.Clear();
        connection.Dispose();
    }

    private Statement Prepared(string text)
    {
        if (!prepared.TryGetValue(text, out var statement))
        {
            statement = new Statement(connection.Handle ?? throw new ObjectDisposedException(nameof(Sql)), text);
            prepared.Add(text, statement);
        }

        return statement;
    }
}
