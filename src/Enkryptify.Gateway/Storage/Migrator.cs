using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// Numbered scripts, forward only, each in its own transaction; <c>PRAGMA user_version</c> is the number of the last one. A database of an
/// earlier version is copied beside itself before its first script runs.
/// </summary>
internal static class Migrator
{
    /// <summary>'EKGW': so that a file of another program is refused by name, not by a failing query.</summary>
    private const int ApplicationId = 0x454B4757;

    public static IReadOnlyList<(int Number, string Name)> Scripts { get; } =
        [.. typeof(Migrator).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("migrations/", StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan("migrations/".Length, 4), CultureInfo.InvariantCulture), name))
            .Order()];

    /// <summary>The schema version this program writes.</summary>
    public static int Latest => Scripts[^1].Number;

    /// <summary>Refuses what is not ours or is newer, before anything is written to it, were it only the journal mode.</summary>
    public static void Recognise(Sql sql, string path)
    {
        if (!IsEmpty(sql) && Number(sql, "PRAGMA application_id") != ApplicationId)
        {
            throw new StorageException($"{path} is a SQLite database, but not one of this program.");
        }

        if (Number(sql, "PRAGMA user_version") is var version && version > Latest)
        {
            throw new StorageException(
                $"{path} has schema version {version}, this program knows up to {Latest}: it was written by a newer version. Run that version, or restore a backup made before the upgrade.");
        }
    }

    public static void Run(Sql sql, string path)
    {
        var version = Number(sql, "PRAGMA user_version");
        if (version < Latest && !IsEmpty(sql))
        {
            var copy = string.Create(CultureInfo.InvariantCulture, $"{path}.before-{Latest}");
            if (!File.Exists(copy))
            {
                // Under its own name only when it is whole.
                var next = copy + ".new";
                File.Delete(next);
                sql.Script($"VACUUM INTO '{next.Replace("'", "''", StringComparison.Ordinal)}'");
                File.Move(next, copy);
            }
        }

        foreach (var (number, name) in Scripts.Where(script => script.Number > version))
        {
            using var reader = new StreamReader(typeof(Migrator).Assembly.GetManifestResourceStream(name)!);
            try
            {
                sql.Script(string.Create(
                    CultureInfo.InvariantCulture,
                    $"BEGIN IMMEDIATE;\n{reader.ReadToEnd()}\nPRAGMA application_id = {ApplicationId};\nPRAGMA user_version = {number};\nCOMMIT;"));
            }
            catch (SqliteException error)
            {
                throw new StorageException($"{path}: migration {number} failed and was undone: {error.Message}", error);
            }
        }
    }

    private static bool IsEmpty(Sql sql) => Number(sql, "SELECT count(*) FROM sqlite_schema") == 0;

    private static int Number(Sql sql, string query) => int.Parse(sql.Text(query), CultureInfo.InvariantCulture);
}
