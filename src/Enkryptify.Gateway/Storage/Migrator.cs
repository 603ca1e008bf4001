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

    public static void Run(Sql sql, string path)
    {
        var application = int.Parse(sql.Text("PRAGMA application_id"), CultureInfo.InvariantCulture);
        var version = int.Parse(sql.Text("PRAGMA user_version"), CultureInfo.InvariantCulture);
        var empty = sql.Text("SELECT count(*) FROM sqlite_schema") == "0";
        if (!empty && application != ApplicationId)
        {
            throw new StorageException($"{path} is a SQLite database, but not one of this program.");
        }

        if (version > Latest)
        {
            throw new StorageException(
                $"{path} has schema version {version}, this program knows up to {Latest}: it was written by a newer version. Run that version, or restore a backup made before the upgrade.");
        }

        if (version < Latest && !empty)
        {
            var copy = string.Create(CultureInfo.InvariantCulture, $"{path}.before-{Latest}");
            if (!File.Exists(copy))
            {
                sql.Script($"VACUUM INTO '{copy.Replace("'", "''", StringComparison.Ordinal)}'");
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
}
