using System.Globalization;
using System.Text;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>Everything that the database holds, as text, to show that a request changed nothing.</summary>
internal static class TableDump
{
    /// <summary>
    /// All rows of all tables. Left out: the audit log, which tells of refused requests too; <c>meta</c>, which counts its frames; and the time of
    /// a credential's last use, which any request with its JWT moves.
    /// </summary>
    public static string Of(TestGateway gateway)
    {
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        var dump = new StringBuilder();
        foreach (var table in sql.Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('audit_frame', 'meta') ORDER BY name", row => row.GetString(0)))
        {
            var rows = sql.Query($"SELECT * FROM {table}", row => string.Join('|', Enumerable.Range(0, row.FieldCount)
                .Where(column => row.GetName(column) != "last_used_at")
                .Select(column => row.GetValue(column) is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(row.GetValue(column), CultureInfo.InvariantCulture))));
            dump.Append("== ").AppendLine(table).AppendJoin('\n', rows.Order(StringComparer.Ordinal)).AppendLine();
        }

        return dump.ToString();
    }
}
