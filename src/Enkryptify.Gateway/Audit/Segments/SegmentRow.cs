using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Audit.Segments;

/// <summary>What the database knows of a segment: where in the chain it belongs, and whether retention deleted its file.</summary>
/// <param name="Deletion">The signed statement; null while the file is there.</param>
internal sealed record SegmentRow(
    long First, long Last, byte[] Previous, byte[] Head, byte[] Digest, long Bytes, DateTimeOffset NewestAt, DateTimeOffset SealedAt, DateTimeOffset? DeletedAt, string? Deletion)
{
    private const string Columns = "first_seq, last_seq, previous, head, digest, bytes, newest_at, sealed_at, deleted_at, deletion";

    public string Name => SegmentFolder.NameOf(First, Last);

    /// <summary>A copy from before there were segments has no such table.</summary>
    public static bool AreKnown(Sql sql) => sql.Any("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit_segment'");

    public static SegmentRow? Next(Sql sql, long after) =>
        sql.First($"SELECT {Columns} FROM audit_segment WHERE first_seq > ?1 ORDER BY first_seq LIMIT 1", Of, after);

    public static SegmentRow? Newest(Sql sql) => sql.First($"SELECT {Columns} FROM audit_segment ORDER BY first_seq DESC LIMIT 1", Of);

    public static SegmentRow? OldestKept(Sql sql) =>
        sql.First($"SELECT {Columns} FROM audit_segment WHERE deletion IS NULL ORDER BY first_seq LIMIT 1", Of);

    /// <summary>The files that must be there.</summary>
    public static IReadOnlyList<string> KeptNames(Sql sql) =>
        sql.Query("SELECT first_seq, last_seq FROM audit_segment WHERE deletion IS NULL ORDER BY first_seq", row => SegmentFolder.NameOf(row.GetInt64(0), row.GetInt64(1)));

    public static SegmentRow? Find(Sql sql, long first) => sql.First($"SELECT {Columns} FROM audit_segment WHERE first_seq = ?1", Of, first);

    public void Insert(Sql sql) => sql.Execute(
        "INSERT INTO audit_segment (first_seq, last_seq, previous, head, digest, bytes, newest_at, sealed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        First, Last, Previous, Head, Digest, Bytes, NewestAt, SealedAt);

    private static SegmentRow Of(Row row) => new(
        row.GetInt64(0), row.GetInt64(1), row.Bytes(2), row.Bytes(3), row.Bytes(4), row.GetInt64(5), row.Time(6), row.Time(7), row.TimeOrNull(8), row.TextOrNull(9));
}
