using System.Buffers.Text;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Enkryptify.Gateway.Storage;

/// <summary>A prepared statement. It runs once at a time, and forgets its arguments when it is done.</summary>
internal sealed class Statement : IDisposable
{
    /// <summary>Texts up to this many bytes are encoded on the stack.</summary>
    private const int ShortText = 512;

    private readonly sqlite3 connection;
    private readonly sqlite3_stmt handle;
    private readonly Row row;
    private bool running;

    public Statement(sqlite3 connection, string text)
    {
        this.connection = connection;
        Check(raw.sqlite3_prepare_v3(connection, text, raw.SQLITE_PREPARE_PERSISTENT, out handle, out var rest));
        if (handle.IsInvalid || rest.Trim().Length > 0)
        {
            handle.Dispose();
            throw new ArgumentException("There must be exactly one statement.", nameof(text));
        }

        row = new Row(handle);
    }

    public Run Begin(ReadOnlySpan<object?> arguments)
    {
        if (running)
        {
            throw new InvalidOperationException("A statement was run again while its rows were being read.");
        }

        running = true;
        try
        {
            var count = raw.sqlite3_bind_parameter_count(handle);
            if (count != arguments.Length)
            {
                throw new ArgumentException($"The statement takes {count} arguments, not {arguments.Length}.", nameof(arguments));
            }

            for (var i = 0; i < arguments.Length; i++)
            {
                Check(Bind(i + 1, arguments[i]));
            }
        }
        catch
        {
            End();
            throw;
        }

        return new Run(this);
    }

    public void Dispose() => handle.Dispose();

    private bool Next()
    {
        var result = raw.sqlite3_step(handle);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            Check(result);
        }

        return result == raw.SQLITE_ROW;
    }

    private void End()
    {
        // It gives the error of the last step once more.
        raw.sqlite3_reset(handle);
        raw.sqlite3_clear_bindings(handle);
        running = false;
    }

    /// <summary>In the database's form: ids as lower-case text, times as Unix milliseconds, truth as 0 and 1.</summary>
    private int Bind(int index, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(handle, index),
        string text => Bind(index, text),
        Guid id => Bind(index, id),
        DateTimeOffset time => raw.sqlite3_bind_int64(handle, index, time.ToUnixTimeMilliseconds()),
        bool truth => raw.sqlite3_bind_int64(handle, index, truth ? 1 : 0),
        long number => raw.sqlite3_bind_int64(handle, index, number),
        int number => raw.sqlite3_bind_int64(handle, index, number),
        byte[] bytes => Bind(index, bytes),
        ReadOnlyMemory<byte> bytes => Bind(index, bytes.Span),
        _ => throw new ArgumentException($"There is no form for {value.GetType().Name} in the database.", nameof(value)),
    };

    private int Bind(int index, Guid id)
    {
        Span<byte> text = stackalloc byte[36];
        id.TryFormat(text, out _, "D");
        return raw.sqlite3_bind_text(handle, index, text);
    }

    private int Bind(int index, string text)
    {
        // An empty span has no address, and would be bound as NULL.
        if (text.Length == 0)
        {
            return raw.sqlite3_bind_text(handle, index, text);
        }

        Span<byte> room = stackalloc byte[ShortText];
        return Encoding.UTF8.TryGetBytes(text, room, out var length)
            ? raw.sqlite3_bind_text(handle, index, room[..length])
            : raw.sqlite3_bind_text(handle, index, Encoding.UTF8.GetBytes(text));
    }

    private int Bind(int index, ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, index, 0) : raw.sqlite3_bind_blob(handle, index, bytes);

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection);

    /// <summary>One run of it: its rows, one after the other.</summary>
    public readonly ref struct Run(Statement statement)
    {
        /// <summary>The row that <see cref="Next"/> came to.</summary>
        public Row Row => statement.row;

        /// <returns>False when there is no further row.</returns>
        public bool Next() => statement.Next();

        public void Dispose() => statement.End();
    }
}

/// <summary>The columns of the row where a statement is, in the database's form. Holds only while it is mapped.</summary>
internal sealed class Row(sqlite3_stmt statement)
{
    public int FieldCount => raw.sqlite3_column_count(statement);

    public string GetName(int column) => raw.sqlite3_column_name(statement, column).utf8_to_string();

    public bool IsDBNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public bool IsWhole(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_INTEGER;

    public string GetString(int column) => Encoding.UTF8.GetString(Present(column));

    public long GetInt64(int column) => IsDBNull(column) ? throw Missing(column) : raw.sqlite3_column_int64(statement, column);

    public int GetInt32(int column) => checked((int)GetInt64(column));

    public Guid Id(int column) =>
        Present(column) is { Length: 36 } text && Utf8Parser.TryParse(text, out Guid id, out _, 'D') ? id : throw new FormatException($"Column {column} of a row is no id.");

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(GetInt64(column));

    public DateTimeOffset? TimeOrNull(int column) => IsDBNull(column) ? null : Time(column);

    public string? TextOrNull(int column) => IsDBNull(column) ? null : GetString(column);

    public byte[] Bytes(int column) => Present(column).ToArray();

    public bool Truth(int column) => GetInt64(column) != 0;

    /// <summary>A long, a double, a string, an array of bytes or DBNull.</summary>
    public object GetValue(int column) => raw.sqlite3_column_type(statement, column) switch
    {
        raw.SQLITE_INTEGER => GetInt64(column),
        raw.SQLITE_FLOAT => raw.sqlite3_column_double(statement, column),
        raw.SQLITE_TEXT => GetString(column),
        raw.SQLITE_BLOB => Bytes(column),
        _ => DBNull.Value,
    };

    /// <summary>Bytes of a blob, or of a text in UTF-8.</summary>
    private ReadOnlySpan<byte> Present(int column) => IsDBNull(column) ? throw Missing(column) : raw.sqlite3_column_blob(statement, column);

    private static InvalidOperationException Missing(int column) => new($"Column {column} of a row is NULL.");
}
