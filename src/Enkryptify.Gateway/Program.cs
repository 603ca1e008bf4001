using Microsoft.Data.Sqlite;
SQLitePCL.Batteries_V2.Init();
var c = new SqliteConnection("Data Source=:memory:"); c.Open();
var cmd = c.CreateCommand(); cmd.CommandText = "select sqlite_version()"; Console.WriteLine(cmd.ExecuteScalar());
