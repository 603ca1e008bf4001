using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.LoadTests;

/// <summary>What the disk gives without group commit: SQLite in WAL mode, synchronous=FULL, one row a commit, one connection, three seconds.</summary>
internal static class SingleCommits
{
    public static double PerSecond(string directory)
    {
        var folder = Directory.CreateTempSubdirectory("ek-commits-").FullName;
        var file = Path.Combine(directory == Path.GetTempPath() ? folder : directory, $"commits-{Environment.ProcessId}.db");
        try
        {
            using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT) STRICT";
            command.ExecuteNonQuery();
            command.CommandText = "INSERT INTO row (text) VALUES ('a row of about as many bytes as a sealed value with its frame of the audit log has')";
            var (start, commits) = (Stopwatch.GetTimestamp(), 0);
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < 3)
            {
                command.ExecuteNonQuery();
                commits++;
            }

            return commits / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            foreach (var part in new[] { file, file + "-wal", file + "-shm" })
            {
                File.Delete(part);
            }

            Directory.Delete(folder, recursive: true);
        }
    }
}
